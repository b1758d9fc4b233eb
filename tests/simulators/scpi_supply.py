"""The simulated power supply of labmcp-scpi on a loopback socket: prints its port, ends with its standard input.

Run by the Python of an environment that has `requirements.txt`.
"""

import asyncio
import contextlib
import sys

from labmcp_scpi.simulator import DMMPowerSupplySimulator


async def main() -> None:
    instrument = DMMPowerSupplySimulator(seed=0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # drivers are killed
            while line := await reader.readline():
                answer = instrument.handle(line.decode().strip())
                if answer is not None:
                    writer.write(f"{answer}\n".encode("latin-1"))
                    await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

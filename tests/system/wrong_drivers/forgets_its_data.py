"""It has its data until it is started again."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    recorded: tuple[str, ...] = ()

    def begin(self, order: dict[str, str]) -> None:
        self.recorded = (*self.recorded, order["command"])
        super().begin(order)

    def data(self, command: str) -> bytes:
        return super().data(command) if command in self.recorded else b""


if __name__ == "__main__":
    Wrong().run()

"""It sends outcomes for ever, acknowledged or not."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def acknowledged(self, command: str, digest: str) -> None:
        """Not heard."""


if __name__ == "__main__":
    Wrong().run()

"""It says that it speaks 1.1, and hears no heartbeat."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def beat(self, number: int, at: str) -> None:
        """It could."""


if __name__ == "__main__":
    Wrong().run()

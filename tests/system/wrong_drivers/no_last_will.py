"""It vanishes without a word."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def will(self) -> None:
        """Nothing is left."""


if __name__ == "__main__":
    Wrong().run()

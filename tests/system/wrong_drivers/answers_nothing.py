"""It does not answer when it is asked."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def asked(self, command: str) -> None:
        """Not heard."""


if __name__ == "__main__":
    Wrong().run()

"""It obeys whoever speaks."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def stale(self, epoch: int) -> str:
        return ""


if __name__ == "__main__":
    Wrong().run()

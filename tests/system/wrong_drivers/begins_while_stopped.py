"""It says that it obeys the stop, and begins all the same."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def held(self) -> str:
        return ""


if __name__ == "__main__":
    Wrong().run()

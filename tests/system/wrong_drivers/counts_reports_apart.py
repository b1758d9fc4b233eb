"""It numbers its states, and its reports by another count."""

from typing import Any

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    reports = 0

    def report(self, command: str, at: str = "", **more: Any) -> None:
        shared, self.sequence = self.sequence, self.reports
        super().report(command, at, **more)
        self.reports, self.sequence = self.sequence, shared


if __name__ == "__main__":
    Wrong().run()

"""What was begun and has no outcome it does again at its start, which it has not declared."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def settle(self) -> None:
        """Left to the connection."""

    def birth(self) -> None:
        super().birth()
        for command, entry in self.ledger["commands"].items():
            if entry["outcome"] is None:
                self.later(0.2, self.begin, {"command": command})


if __name__ == "__main__":
    Wrong().run()

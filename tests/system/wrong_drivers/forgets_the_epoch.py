"""It knows the newest daemon until it is started again."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def settle(self) -> None:
        super().settle()
        self.ledger["epoch"] = 0


if __name__ == "__main__":
    Wrong().run()

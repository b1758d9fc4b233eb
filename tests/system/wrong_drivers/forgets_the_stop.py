"""It obeys a stop until it is started again."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def settle(self) -> None:
        self.ledger["stop"] = ""
        super().settle()


if __name__ == "__main__":
    Wrong().run()

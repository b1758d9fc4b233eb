"""It is locked until it is started again."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def settle(self) -> None:
        self.ledger["lock"] = ""
        super().settle()


if __name__ == "__main__":
    Wrong().run()

"""It trusts the broker with its outcome."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def send_until_acked(self, command: str, wait_s: float = 0.0) -> None:
        self.send_outcome(command)


if __name__ == "__main__":
    Wrong().run()

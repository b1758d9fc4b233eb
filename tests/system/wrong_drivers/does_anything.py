"""It takes an order for what it cannot do."""

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def strange(self, order: Json) -> str:
        return ""


if __name__ == "__main__":
    Wrong().run()

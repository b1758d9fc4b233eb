"""The same order again is a new order to it."""

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def known(self, order: Json) -> None:
        self.begin(order)


if __name__ == "__main__":
    Wrong().run()

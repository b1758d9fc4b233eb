"""It looks at no deadline."""

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def late(self, order: Json) -> str:
        return ""


if __name__ == "__main__":
    Wrong().run()

"""It takes any volume."""

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def beyond(self, order: Json) -> str:
        return ""


if __name__ == "__main__":
    Wrong().run()

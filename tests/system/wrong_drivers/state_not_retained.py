"""Its state is gone for whoever connects later."""

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def say(self, leaf: str, body: Json, *, retain: bool = False) -> None:
        super().say(leaf, body, retain=retain and leaf != "state")


if __name__ == "__main__":
    Wrong().run()

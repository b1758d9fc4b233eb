"""It says what it is when it connects, and never again."""

from tests.system.wrong_drivers.correct import Correct


class Wrong(Correct):
    def controlled(self, action: str, who: str) -> None:
        if action != "rebirth":
            super().controlled(action, who)


if __name__ == "__main__":
    Wrong().run()

"""It writes a command down when it has ended; killed before that, it never saw it."""

from tests.system.wrong_drivers.correct import Correct, Json


class Wrong(Correct):
    def begin(self, order: Json) -> None:
        saved, self.file = self.file, self.file.with_name("nowhere")
        super().begin(order)
        self.file = saved


if __name__ == "__main__":
    Wrong().run()

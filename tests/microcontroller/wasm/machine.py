"""A board's pins: each writes what it is set to into a file, the physical log."""

import bridge


class Pin:
    OUT = 1

    def __init__(self, number, mode=0, value=None):
        self.number = number

    def value(self, level):
        bridge.pin(self.number, level)


class ADC:
    def __init__(self, pin):
        pass

    def read_uv(self):
        return 213375

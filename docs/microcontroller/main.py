"""A heated stirrer on a small board: a relay on pin 5, an analogue thermometer (10 mV a degree) on pin 34."""

from labd_wire import DeviceError, Station
from machine import ADC, Pin

STEP_MS = 200


class Heater:
    """What it is and what it can do. An action is a generator: it yields (milliseconds to wait, part that is done)."""

    make, model = "self-made", "heater 1"
    safe_state = "the relay is open"
    watchdog_s = 60
    channels = {"temperature": ("degC", 5000)}
    capabilities = {
        "heat": {
            "description": "Heat for a while.",
            "arguments": {"duration": {"unit": "s", "low": 0, "high": 600}},
            "results": {"temperature": {"unit": "degC"}},
            "typical_s": 300,
            "maximum_s": 900,
            "cancellable": True,
        },
    }

    def __init__(self):
        self.relay = Pin(5, Pin.OUT, value=0)
        self.adc = ADC(Pin(34))

    def temperature(self):
        """In degrees Celsius."""
        return self.adc.read_uv() / 10000

    def make_safe(self):
        """Open the relay."""
        self.relay.value(0)

    def heat(self, duration):
        """Close the relay for a while."""
        left_ms = duration * 1000
        self.relay.value(1)
        try:
            while left_ms > 0:
                if self.temperature() > 90:
                    raise DeviceError("hotter than 90 degrees")
                yield min(left_ms, STEP_MS), None
                left_ms -= STEP_MS
        finally:
            self.relay.value(0)
        return {"temperature": self.temperature()}


if __name__ == "__main__":
    from config import HOST, NAME, WORKCELL  # and, on a board without a clock, ntptime.settime()

    Station(Heater(), HOST, WORKCELL, NAME).run()

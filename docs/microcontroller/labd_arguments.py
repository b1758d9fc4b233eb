"""An order's arguments, compared with what the descriptor says of them, before anything moves."""


class Refused(Exception):
    """Nothing may move; the message says why, `reason` is the wire's."""

    def __init__(self, message, reason="arguments"):
        super().__init__(message)
        self.reason = reason


def fitted(slots, given):
    """The arguments, compared with their limits. Raises `Refused`."""
    for name in given:
        if name not in slots:
            raise Refused("There is no argument %s." % name)
    arguments = {}
    for name, slot in slots.items():
        value = given.get(name)
        if value is None:
            if not slot.get("optional"):
                raise Refused("%s is missing." % name)
            continue
        if slot.get("type", "number") == "number":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e30:
                raise Refused("%s is no number." % name)
            if value < slot.get("low", value) or value > slot.get("high", value):
                raise Refused("%s is %s, beyond its limits." % (name, value))
        elif not isinstance(value, str) or value not in slot.get("options", (value,)):
            raise Refused("%s is %s, which is none of its values." % (name, value))
        arguments[name] = value
    return arguments

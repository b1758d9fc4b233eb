"""JSON as the wire hashes it: sorted keys, no spaces, ASCII, and numbers that mean the same on every board.

MicroPython's own `json.dumps` has neither sorted keys nor ASCII escapes, and prints a number as the board's floating point
has it. A hash over such a text would be another one at the daemon.
"""

import json

loads = json.loads
DECIMALS = 4
WHOLE_FROM = 1e10
"""From here on without decimals: with more than fifteen digits a number would be printed otherwise elsewhere."""
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def dumps(value):
    """The canonical JSON of a value, as bytes. Raises `ValueError` for NaN, infinity and what is no JSON."""
    return text(value).encode()


def text(value):
    """The canonical JSON of a value."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return '"' + "".join(character(each) for each in value) + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(text(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(text(key) + ":" + text(value[key]) for key in sorted(value)) + "}"
    raise ValueError("no JSON: %s" % type(value))


def number(value):
    """A number with few decimals, and at least one."""
    if not abs(value) < 1e15:
        raise ValueError("no number of the wire: %s" % value)
    if abs(value) >= WHOLE_FROM:
        return "%.0f.0" % value
    whole, part = ("%.*f" % (DECIMALS, value)).split(".")
    return "%s.%s" % (whole, part.rstrip("0") or "0")


def character(each):
    """One character, escaped where it is not ASCII."""
    code = ord(each)
    if each in SHORT:
        return SHORT[each]
    if 32 <= code < 127:
        return each
    if code > 0xFFFF:
        code -= 0x10000
        return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
    return "\\u%04x" % code

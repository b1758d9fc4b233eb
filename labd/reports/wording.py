"""How names, units and methods read to a person. What comes from a file is escaped: plotly reads a little HTML."""

from __future__ import annotations

import html
import textwrap

_UNITS = {
    "degC": "°C",
    "degF": "°F",
    "delta_degC": "K",
    "degree_Celsius": "°C",
    "percent": "%",
    "dimensionless": "",
    "ohm": "Ω",
    "minute": "min",
    "hour": "h",
    "second": "s",
}
_METHODS = {"sobol": "first look (Sobol)", "random": "random", "person": "a person"}


def words(name: str) -> str:
    """A name as words.

    >>> words("residence_time")
    'residence time'
    """
    return shown(name.replace("_", " ").strip())


def unit_in_words(unit: str) -> str:
    """A unit as it is written by hand.

    >>> unit_in_words("degC"), unit_in_words("uL/min"), unit_in_words("g/m**2")
    ('°C', 'µL/min', 'g/m²')
    """
    text = "/".join(_part(part) for part in unit.replace("**2", "²").replace("**3", "³").replace(" ", "").split("/"))
    return shown(text)


def _part(part: str) -> str:
    micro = len(part) in (2, 3) and part.startswith("u") and part[1].isalpha()
    return _UNITS.get(part, f"µ{part[1:]}" if micro else part)


def axis_title(name: str, unit: str) -> str:
    """The title of an axis: words, and the unit in brackets.

    >>> axis_title("reactor_temperature", "degC")
    'Reactor temperature (°C)'
    """
    text = words(name)
    text = text[:1].upper() + text[1:]
    return f"{text} ({unit_in_words(unit)})" if unit_in_words(unit) else text


def method_in_words(method: str) -> str:
    """A planner's method as the legend shows it."""
    return _METHODS.get(method, shown(method))


def shown(text: str, width: int = 60) -> str:
    """Any text as plotly shows it literally, in lines of at most `width` characters.

    >>> shown("<b>a & b</b>")
    '&lt;b&gt;a &amp; b&lt;/b&gt;'
    """
    return "<br>".join(html.escape(line, quote=False) for line in textwrap.wrap(text, width)) if text else ""

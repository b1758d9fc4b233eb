"""What was found out about a driver, rule by rule."""

from __future__ import annotations

from labd.domain.value import Value


class Violated(Exception):
    """The driver breaks the rule that is being looked at; the message says what was seen."""


class Skipped(Exception):
    """The rule cannot be looked at with this driver; the message says why, and what would help."""


class RuleReport(Value):
    """What became of one rule."""

    id: str
    title: str
    passed: bool
    skipped: bool = False
    message: str = ""
    """What was seen, where the rule is broken or was skipped."""
    remedy: str = ""
    """What to do about a broken rule."""


class DriverReport(Value):
    """What became of all rules that were asked for."""

    driver: str
    rules: tuple[RuleReport, ...]
    passed: bool
    """Whether no rule is broken. A skipped rule breaks nothing."""

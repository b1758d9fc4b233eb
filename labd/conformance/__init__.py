"""The conformance kit: whether a driver, in any language, keeps the wire. It speaks as the daemon does and looks on."""

from labd.conformance.checking import check
from labd.conformance.report import DriverReport, RuleReport
from labd.conformance.rules import RULES, Broker
from labd.conformance.subject import Choice, Launch

__all__ = ["RULES", "Broker", "Choice", "DriverReport", "Launch", "RuleReport", "check"]

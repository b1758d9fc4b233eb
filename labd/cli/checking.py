"""`labd driver check`: the conformance kit, with embedded brokers in a temporary directory.

Put together here and not in `labd.daemon`, which a driver host does not have.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from labd.adapters.broker import EmbeddedBroker
from labd.conformance import Choice, DriverReport, Launch, RuleReport, check


def check_driver(
    launch: Launch, choice: Choice, wanted: Sequence[str] = (), *, tell: Callable[[RuleReport], None] = lambda _: None
) -> DriverReport:
    """What became of each wanted rule; `tell` hears of each as it is found out.

    Raises `InvalidInput`, and `Unavailable` without a broker.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # we kill the broker
    return asyncio.run(_checked(launch, choice, wanted, tell))


async def _checked(
    launch: Launch, choice: Choice, wanted: Sequence[str], tell: Callable[[RuleReport], None]
) -> DriverReport:
    found = []
    with tempfile.TemporaryDirectory(prefix="labd-check-") as directory:
        async for report in check(launch, Path(directory), EmbeddedBroker, choice, wanted):
            found.append(report)
            tell(report)
    passed = all(each.passed or each.skipped for each in found)
    return DriverReport(driver=" ".join(launch.command), rules=tuple(found), passed=passed)

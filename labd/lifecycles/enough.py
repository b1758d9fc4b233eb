"""Whether a campaign has done enough: the rules of its protocol, each with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from labd.lifecycles.campaign import Campaign
from labd.lifecycles.caps import reached


class Enough(NamedTuple):
    """A rule that is met."""

    rule: Literal["trials", "hours", "cost", "material", "target", "improvement"]
    reason: str
    gives_up: bool
    """Whether trials of which nothing has begun are given up, and not done."""


def enough(campaign: Campaign, at: datetime) -> Enough | None:
    """The rule that says that nothing more is to be asked for; None where none does."""
    stopping = campaign.protocol.stopping
    cap = reached(stopping, campaign.spent, campaign.started, at)
    if cap:
        return Enough(cap[0], cap[1], gives_up=True)
    if campaign.target_reached:
        return Enough("target", "the target was reached", gives_up=campaign.protocol.problem.settings.ahead > 0)
    if campaign.expects_little and stopping.improvement_below is not None:
        unit = campaign.protocol.outcomes[campaign.protocol.problem.objectives[0].outcome].unit
        least = f"{stopping.improvement_below:g} {unit}".rstrip()
        words = f"an improvement of less than {least} was expected {campaign.little} times in a row"
        return Enough("improvement", words, gives_up=True)
    if campaign.budget_left == 0:
        return Enough("trials", f"{campaign.trials} trials were made", gives_up=False)
    return None

"""The questions that a campaign's planner was asked, out of the journal, so that they can be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labd.domain import events as e
from labd.domain.effects import RequestSuggestions
from labd.domain.identifiers import CampaignId
from labd.domain.problem import Suggestion
from labd.lifecycles.decisions.planning import request
from labd.lifecycles.fold import evolve
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.turns import UNASKED

LATE = "+late"
"""In the method of a suggestion: a strategy was given up by the clock, which no replay can tell."""


class Answered(NamedTuple):
    """A question, and what was answered."""

    question: RequestSuggestions
    suggestions: tuple[Suggestion, ...]

    @property
    def is_repeatable(self) -> bool:
        """Whether the same answer is to be expected: of the planner, in time."""
        mine = self.question.share.kind not in UNASKED | {"service"}
        return mine and not any(LATE in each.method for each in self.suggestions)


def answered(events: Iterable[e.Event]) -> Iterator[tuple[CampaignId, Answered]]:
    """Every question that was answered, as it was put: when it was asked, or, where a daemon began anew before the
    answer, as that one asked it again. The events are the whole journal, in order."""
    state = Laboratory()
    asked: dict[CampaignId, RequestSuggestions] = {}
    for event in events:
        if isinstance(event, e.SuggestionsMade) and event.request is not None and event.campaign in asked:
            yield event.campaign, Answered(asked.pop(event.campaign), event.suggestions)
        state = evolve(state, event)
        if isinstance(event, e.SuggestionsRequested):
            asked[event.campaign] = request(state, state.campaigns[event.campaign])
        elif isinstance(event, e.DaemonStarted):
            waiting = (each for each in state.campaigns.values() if each.request is not None)
            asked |= {each.id: request(state, each) for each in waiting}

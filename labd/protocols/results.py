"""Which results there are, and by which names expressions and the analysis speak of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labd.domain.capability import Capability, Slot
from labd.protocols.drafts import Draft
from labd.protocols.findings import instead

OF_PARAMETERS, OF_CONTROLS = "parameters", "controls"
"""An input `parameters.<name>` is the trial's parameter, and `controls.<name>.<step>.<result>` what a control gave; so
no step can be called this."""


@dataclass(frozen=True, slots=True)
class Results:
    """What the steps give."""

    drafts: Sequence[Draft]
    capabilities: Mapping[str, Capability | None]
    """By step; None: not known."""
    named: Sequence[str]
    """All names of the file, of wrong steps too."""

    def givers(self, called: str) -> list[Draft]:
        """The steps that give what goes by that name: one, its stand-ins, its iterations."""
        exact = [each for each in self.drafts if each.name == called and each.prefix]
        return exact or [each for each in self.drafts if each.called == called]

    def slot(self, called: str, result: str) -> Slot:
        """What kind of value it is."""
        capabilities = (self.capabilities[each.name] for each in self.givers(called))
        slots = (each.results[result] for each in capabilities if each and result in each.results)
        return next(slots, Slot())

    def wrong(self, called: str, result: str, *, behind: bool = False) -> tuple[str, str] | None:
        """What is wrong with a result, and the remedy: the name alone, or the step and the name `behind` it."""
        givers = self.givers(called)
        own = next((each for each in self.drafts if each.name == called), None)
        if not givers:
            if own is not None:
                message = f"What {called} gives goes by the name of {own.called}."
                return message, f"Write {'' if behind else 'steps.'}{own.called}.{result}."
            known = [each.called for each in self.drafts if not each.recovers]
            return (f"There is no step {called}.", instead(called, known)) if called not in self.named else None
        for each in givers:
            capability = self.capabilities[each.name]
            if capability is None or result in capability.results:
                continue
            if each.instead_of and each.name != called:
                message = (
                    f"{each.name.removeprefix(each.prefix)}, which stands in for {called}, gives no result {result}."
                )
                return message, f"Let another step stand in, whose capability gives {result}."
            known = [f"{called}.{name}" if behind else name for name in capability.results]
            remedy = instead(f"{called}.{result}" if behind else result, known)
            return f"{capability.name} gives no result {result}.", remedy
        return None

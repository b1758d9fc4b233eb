"""The screener: its word counts, and where it has none a person must look."""

import asyncio

import pytest

from labd.adapters.screener import FunctionScreener
from labd.domain.errors import InvalidInput, Unavailable
from labd.domain.hazard import Hazard, HazardPolicy
from labd.domain.matter import Stock
from labd.domain.steps import Step
from labd.orchestrator.admission import admitted
from tests.scenery import WORKCELL, protocol

HERE = "tests.unit.adapters.screening"
RISKY = protocol().model_copy(update={"hazard": Hazard(materials=("azide",))})


async def test_its_word_counts() -> None:
    screener = FunctionScreener()
    asked = (RISKY, protocol())
    said = await asyncio.gather(*(screener.screen(f"{HERE}:strict", each) for each in asked))
    assert said == [("it handles azide",), ()]


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("breaks", "the list of agents is gone"),
        ("chatters", "not iterable"),
        ("missing", "has no attribute 'missing'"),
    ],
)
async def test_one_that_fails_is_unavailable(function: str, why: str) -> None:
    with pytest.raises(Unavailable, match=why):
        await FunctionScreener().screen(f"{HERE}:{function}", RISKY)


async def test_one_that_hangs_is_ended() -> None:
    with pytest.raises(Unavailable, match="did not answer within"):
        await FunctionScreener(within_s=0.05).screen(f"{HERE}:hangs", RISKY)


class Played:
    """Says what it is told to."""

    def __init__(self, *said: str, error: str = "") -> None:
        self._said, self._error = said, error

    async def screen(self, function: str, protocol: object) -> tuple[str, ...]:
        if self._error:
            raise Unavailable(self._error)
        return self._said


async def test_what_it_says_or_cannot_say_is_for_a_person() -> None:
    workcell = WORKCELL.model_copy(update={"hazard": HazardPolicy(screener="house:rules")})
    assert await admitted(RISKY, workcell, Played("look at this")) == ("look at this",)
    assert await admitted(RISKY, workcell, Played(error="It is away.")) == ("It is away.",)
    assert await admitted(RISKY, workcell, None) == ("the screener house:rules is not available",)
    assert await admitted(RISKY, WORKCELL, Played("not asked")) == ()


@pytest.mark.parametrize(
    ("hazard", "policy", "why"),
    [
        (Hazard(biosafety_level=3), HazardPolicy(biosafety_level=2), "biosafety level 3, and this workcell has 2"),
        (Hazard(level="high"), HazardPolicy(most="medium"), "its hazard is high, and here the most is medium"),
        (Hazard(materials=("azide",)), HazardPolicy(materials=()), "azide is not on its list of materials"),
    ],
)
async def test_what_the_room_is_not_for_is_refused(hazard: Hazard, policy: HazardPolicy, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await admitted(
            protocol().model_copy(update={"hazard": hazard}), WORKCELL.model_copy(update={"hazard": policy}), None
        )


async def test_a_hazardous_stock_is_used_under_a_cap_or_not_at_all() -> None:
    workcell = WORKCELL.model_copy(update={"stock": {"azide": Stock(unit="mg", hazardous=True)}})
    step = Step(name="mix", role="mixer", capability="mix", consumes={"azide": 1})
    uses = protocol().model_copy(update={"steps": (step,)})
    with pytest.raises(InvalidInput, match="azide, which is hazardous, without a limit"):
        await admitted(uses, workcell, None)
    capped = uses.stopping.model_copy(update={"materials": {"azide": 20.0}})
    assert await admitted(uses.model_copy(update={"stopping": capped}), workcell, None) == ()

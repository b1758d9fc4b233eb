"""How long clients wait before they come back, and that they do not come back together."""

import random
from collections import Counter
from itertools import accumulate

from labd.mqtt.pauses import FIRST_PAUSE_S, LONGEST_PAUSE_S, REFUSED_PAUSE_S, Pauses

CLIENTS = 50


def comes_back(client: int, outage_s: float) -> float:
    """The seconds after a broker came back until this client, which lost it with all the others, tries it."""
    pauses = Pauses(random.Random(client))
    return next(at for at in accumulate(iter(pauses.next_s, None)) if at >= outage_s) - outage_s


def test_a_room_full_of_clients_comes_back_one_by_one() -> None:
    for outage_s in (1.0, 10.0, 600.0):
        back = [comes_back(client, outage_s) for client in range(CLIENTS)]
        assert max(back) <= LONGEST_PAUSE_S
        in_a_tenth = Counter(int(10 * each) for each in back)
        assert max(in_a_tenth.values()) <= CLIENTS / 4, outage_s


def test_a_short_outage_is_not_waited_for_long() -> None:
    back = sorted(comes_back(client, 0.2) for client in range(CLIENTS))
    assert back[CLIENTS // 2] < 0.5
    assert back[-1] < 2.0


def test_the_pauses_grow_to_their_bound_and_begin_anew() -> None:
    pauses = Pauses(random.Random(1))
    assert max(pauses.next_s() for _ in range(3)) <= 1.0
    later = [pauses.next_s() for _ in range(200)]
    assert LONGEST_PAUSE_S / 2 < max(later) <= LONGEST_PAUSE_S
    pauses.begin_anew()
    assert pauses.next_s() <= FIRST_PAUSE_S


def test_a_refused_password_is_tried_slowly() -> None:
    pauses = Pauses(random.Random(1))
    tried = [pauses.refused_s() for _ in range(100)]
    assert min(tried) >= REFUSED_PAUSE_S / 2
    assert max(tried) <= REFUSED_PAUSE_S

"""The laboratory in a few lines: what `labd status` prints and `labd watch` keeps on the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from labd.cli.printing import clock, number, pairs, plural, since, table

View = dict[str, Any]


def status_lines(now: View, url: str) -> Iterator[str]:
    """What `labd status` says of a laboratory."""
    yield from _stopped(now["stop"])
    laboratory = now["laboratory"]
    link = "linked to the broker" if laboratory["linked"] else "NO LINK to the broker"
    yield f"{laboratory['title'] or 'Laboratory'}: labd {laboratory['release']}, {link}, {url}"
    if laboratory["broker"]:
        yield f"Broker: {laboratory['broker']}"
    yield ""
    yield from _campaigns(now)
    yield ""
    yield from _instruments(now)
    yield from _waiting(now["steps"])
    if repeats := now["laboratory"]["repeats"]:
        yield f"  {plural(repeats, 'report')} came again, counted and ignored."
    needs = list(_needs_a_person(now))
    if needs:
        yield ""
        yield "Needs a person"
        yield from (f"  {line}" for line in needs)


def _stopped(stop: View) -> Iterator[str]:
    if stop["status"] != "stopped":
        return
    pressed = stop["pressed"]
    why = f": {pressed['reason']}" if pressed["reason"] else ""
    yield f"STOPPED by {pressed['by']} at {clock(pressed['at'])}{why}. When it is safe: labd release --reason WHY"
    owing = [f"{name} ({answer})" for name, answer in stop["answers"].items() if answer != "obeyed"]
    if owing:
        yield f"Not in their safe state, as far as is known: {', '.join(owing)}"
    yield ""


def _campaigns(now: View) -> Iterator[str]:
    if not now["campaigns"]:
        yield "No campaign yet: `labd load FILE` makes one."
        return
    yield "Campaigns"
    for each in now["campaigns"]:
        moment = each["ended"] or each["started"] or each["created"]
        age = since(moment, now["laboratory"]["time"])
        of = f" of {each['budget']}" if each["budget"] else ""
        counts = (
            f"{each['trials']}{of} trials: {each['observed']} observed, {each['failed']} failed, {each['open']} open"
        )
        yield f"  {each['name']}  {each['status']} since {clock(moment)} ({age})  {counts}"
        if each["note"]:
            yield f"    {each['note']}"
        for proposer in each["failing"]:
            rests = f" and rests until {clock(proposer['rests_until'])}" if proposer["rests_until"] else ""
            yield f"    {proposer['name']} could not propose{rests}: {proposer['said']}"
        if each["planning"]:
            yield "    the planner is at work"
        if each["effort"]["cpu_s"]:
            yield f"    planning took {_effort(each['effort'])}"
        yield f"    {_best(each)}"


def _effort(effort: View) -> str:
    parts = [f"{effort['cpu_s']:.3g} s of a processor"]
    if effort["gpu_s"]:
        parts.append(f"{effort['gpu_s']:.3g} s of the GPU")
    if effort["energy_j"] is not None:
        parts.append(f"{effort['energy_j']:.3g} J on it")
    return ", ".join(parts)


def _best(campaign: View) -> str:
    best, objective = campaign["best"], campaign["objective"]
    if best is None:
        return f"{campaign['observed']} measured" if campaign["observed"] else "nothing measured yet"
    where = "told by hand" if best["trial"] is None else f"trial {best['trial']}"
    value = f"{objective['outcome']} {number(best['value'])} {objective['unit']}".rstrip()
    return f"best {value}, {where}: {pairs(best['parameters'])}"


def _instruments(now: View) -> Iterator[str]:
    if not now["instruments"]:
        yield "No instruments: the workcell is not loaded."
        return
    yield "Instruments"
    rows = [[each["name"], each["status"], _doing(each, now)] for each in now["instruments"]]
    yield from (f"  {line}" for line in list(table(["", "", ""], rows))[1:])


def _doing(instrument: View, now: View) -> str:
    doing, message, kept = instrument["doing"], instrument["message"], _kept(instrument)
    if doing is None and instrument["status"] == "offline":
        name = instrument["name"]
        message = message or f"no driver answers; one that labd starts logs to .labd/drivers/{name}.log"
    if doing is None:
        return "; ".join(filter(None, (kept, message)))
    progress = "" if doing["progress"] is None else f" {doing['progress']:.0%}"
    age = since(doing["since"], now["laboratory"]["time"])
    what = f"{doing['capability']} for {doing['campaign']} trial {doing['trial']}{progress}, {age} ({doing['command']})"
    return "; ".join(filter(None, (what, kept)))


FEW = 8
"""So many lines of what waits are shown at a glance; `labd why` shows all."""


def _waiting(steps: Sequence[View]) -> Iterator[str]:
    """Why steps wait that could begin; of what only waits for earlier steps there would be no end."""
    waiting = [each for each in steps if each["status"] == "waiting" and not each["behind"]]
    lines = list(waiting_lines(waiting, with_runs=False))
    if lines:
        yield ""
        yield "Waiting"
        yield from (f"  {line}" for line in lines[:FEW])
    if len(lines) > FEW:
        yield f"  and {len(lines) - FEW} more: labd why"


def waiting_lines(waiting: Sequence[View], *, with_runs: bool) -> Iterator[str]:
    """A line for each step that waits: whose it is, and for what."""
    rows = [
        [
            f"{each['campaign']}, trial {each['trial']}",
            *([each["run"]] if with_runs else []),
            each["step"],
            each["why"] + (f", until about {clock(each['until'])}" if each["until"] else ""),
        ]
        for each in waiting
    ]
    yield from list(table([""] * (3 + with_runs), rows))[1:]


def _kept(instrument: View) -> str:
    """Why persons want it to be given nothing."""
    service = instrument["service"].replace("_", " ")
    withdrawn = "" if service == "in service" else f"{service}: {instrument['withdrawn']}"
    locked = f"locked by {instrument['kept']}" if instrument["kept"] else ""
    return "; ".join(filter(None, (withdrawn, locked)))


_REMEDIES = {
    "stock": "labd stock refill {} --lot LOT --amount AMOUNT",
    "count": "labd stock count {} --lot LOT --amount AMOUNT --reason WHY",
    "labware": "labd labware move {} PLACE|out --reason WHY",
}


def _reply(question: View) -> str:
    """The command that answers a question."""
    if question["status"] != "asked":
        return f"labd resolve {question['command']} done|not-done|discard --reason WHY"
    wanted = " --note TEXT" * question["note"] + " --photo FILE" * question["photo"]
    return f"labd answer {question['run']} {question['step']} --option {'|'.join(question['options'])}{wanted}"


def _needs_a_person(now: View) -> Iterator[str]:
    if now["laboratory"]["trouble"]:
        yield f"The journal cannot be written: {now['laboratory']['trouble']}"
    for each in now["questions"]:
        yield f"{each['asks']} ({each['campaign']}, trial {each['trial']}) {each['message']}"
        yield f"  {_reply(each)}"
    for each in now["needs"]:
        yield f"{each['asks']} {each['message']}"
        yield f"  {_REMEDIES[each['kind']].format(each['about'])}"
    for each in now["campaigns"]:
        if each["status"] == "paused":
            yield f"{each['name']} is paused: labd resume {each['name']}"
    for each in now["approvals"]:
        yield f"{each['text']}: {'; '.join(each['reasons'])}"
        yield f"  labd approve {each['id']} --by NAME" if each["status"] == "asked" else "  nobody answered in time"
    yield from _held_up(now)
    if now["laboratory"]["quarantined"]:
        yield f"{now['laboratory']['quarantined']} messages are in quarantine; the page shows the newest."


def _held_up(now: View) -> Iterator[str]:
    for each in now["interlocks"]:
        if each["holds"]:
            yield f"Interlock {each['name']} is {each['status']}: {each['why']}. It guards {', '.join(each['guards'])}."
    for each in now["instruments"]:
        if each["status"] in ("error", "stopped", "silent"):
            yield f"{each['name']} is {each['status']}: {each['message']}"
        if each["clock"] and each["clock"]["warning"]:
            yield f"{each['name']}: {each['clock']['warning']}"

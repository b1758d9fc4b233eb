"""Why a trial was suggested, and what the model believes of a campaign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from labd.cli.options import connect, json_option, lab_option
from labd.cli.printing import number, print_json, table

View = dict[str, Any]


@click.command()
@click.argument("campaign")
@click.argument("trial", required=False, type=click.IntRange(min=1))
@lab_option
@json_option
def explain(campaign: str, trial: int | None, lab: str | None, as_json: bool) -> None:
    """Say what the model believes of a campaign, or why it suggested a trial.

    \b
    labd explain suzuki_flow
    labd explain suzuki_flow 17
    """
    client = connect(lab)
    if trial is None:
        view = client.get("campaigns", campaign, "insight")
        lines = insight_lines(view)
    else:
        view = client.get("campaigns", campaign, "trials", str(trial), "explanation")
        lines = explanation_lines(view)
    if as_json:
        print_json({name: each for name, each in view.items() if name != "figures"})
        return
    for line in lines:
        click.echo(line)


def explanation_lines(view: View) -> Iterator[str]:
    """Why a trial was suggested."""
    yield f"Trial {view['number']}, by {view['method']}: {view['reason'] or 'no reason was given.'}"
    for name, expected in view["predicted"].items():
        yield f"Expected {name}: {number(expected['mean'])} ± {number(expected['deviation'])}"
    if view["exploration"] is not None:
        yield f"{100 * view['exploration']:.0f} % to learn something new, the rest to use what is known"
    why = view["explanation"]
    if why is None:
        yield "No model spoke: there is nothing more to explain."
        return
    if why["attributions"]:
        yield ""
        yield from _parts(view, why)
    if why["nearest"]:
        near = ", ".join(f"{each['called']} ({number(each['distance'])})" for each in why["nearest"])
        yield f"Nearest past trials, in lengthscales: {near}"
    for each in (*why["active"], *why["caveats"]):
        yield f"- {each}"


def _parts(view: View, why: View) -> Iterator[str]:
    outcomes = list(why["effects"])
    head = ["parameter", "here", "at the best known", "promise", *outcomes]
    order = sorted(why["attributions"], key=lambda name: -abs(why["attributions"][name]))
    rows = [
        [
            name,
            number(view["parameters"].get(name)),
            number(why["compared_with"].get(name)),
            signed(why["attributions"][name]),
            *(signed(why["effects"][each][name]) for each in outcomes),
        ]
        for name in order
    ]
    sums = [signed(sum(why["effects"][each].values())) for each in outcomes]
    rows.append(["together", "", "", signed(why["difference"]), *sums])
    yield from table(head, rows)


def insight_lines(view: View) -> Iterator[str]:
    """What the model believes of a campaign."""
    card = view["card"]
    spoke = (
        f"{card['method']} ({card['about'].rstrip('.')}), on the {card['device']}" if card["method"] else "No model yet"
    )
    yield f"{spoke}; {card['observations']} observations, {card['failed']} failed, {card['censored']} beyond a limit"
    yield from (f"- {each}" for each in card["caveats"])
    if card["doubted"]:
        yield f"- Not believed, because all others contradict it: {', '.join(card['doubted'])}"
    for name, weight in card["earlier"].items():
        yield f"- {100 * weight:.0f} % of what is expected builds on the earlier campaign {name}"
    if view["best"]:
        yield f"Best: {view['best']['called']}. {view['best']['reason']}"
    for of in view["outcomes"]:
        yield ""
        yield from _outcome_lines(of)


def _outcome_lines(of: View) -> Iterator[str]:
    yield f"{of['outcome']}, from {of['measured']} measurements"
    main = of["members"][0] if of["members"] else {"reach": {}}
    order = sorted(of["sensitivity"].items(), key=lambda each: -each[1])
    rows = [[name, f"{100 * share:.0f} %", main["reach"].get(name, "")] for name, share in order]
    yield from table(["parameter", "share", "lengthscale"], rows)
    for each in of["interactions"]:
        yield f"{each['first']} and {each['second']} do {100 * each['share']:.0f} % together"
    if of["optimum"] is not None:
        expected = of["optimum"]["expected"]
        at = ", ".join(f"{name} {number(value)}" for name, value in of["optimum"]["parameters"].items())
        yield f"Optimum expected at {at}: {number(expected['mean'])} ± {number(expected['deviation'])}"
    for each in [each for each in of["leverage"] if each["moved"] > MOVED][:3]:
        yield (
            f"Without {each['called']} the optimum would move by {number(each['moved'])} lengthscales, "
            f"to {number(each['expected'])}"
        )
    if of["calibration"] is not None:
        met = of["calibration"]
        yield (
            f"{100 * met['covered']:.0f} % of {len(met['scores'])} results lay within their 95 % intervals; "
            f"z: mean {number(met['bias'])}, root mean square {number(met['spread'])}"
        )
    for each in of["members"]:
        noise = f"noise {number(each['noise'])}, deviation {number(each['deviation'])}"
        yield f"{100 * each['weight']:.0f} % {each['kernel']}: {noise}"


MOVED = 0.2
"""An optimum that moves by less, in lengthscales, is the same."""


def signed(value: float) -> str:
    """A difference.

    >>> signed(0.51234), signed(-3.0)
    ('+0.5123', '-3')
    """
    return ("+" if value > 0 else "") + number(value)

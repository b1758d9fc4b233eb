"""A page in one file, with a figure and tables, that needs no server and no network."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""The head, and the rows."""

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin-bottom: 2rem }
th, td { text-align: left; padding: .25rem 1.5rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top }
"""
DRAW = """
const figure = JSON.parse(document.getElementById("figure").textContent);
const text = getComputedStyle(document.body).color;
figure.layout.font = {color: text};
Plotly.newPlot("chart", figure.data, figure.layout, {responsive: true});
"""


def sheet(title: str, summary: str, figure: Mapping[str, Any], tables: Mapping[str, Table]) -> str:
    """The HTML, plotly.js within it. What is given is shown as it is, never read as HTML."""
    from plotly.offline import get_plotlyjs

    data = json.dumps(figure).replace("</", "<\\/")
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1><p>{html.escape(summary)}</p>",
        '<div id="chart"></div>',
        *(_table(name, table) for name, table in tables.items() if table[1]),
        f'<script type="application/json" id="figure">{data}</script>',
        f"<script>{get_plotlyjs()}</script><script>{DRAW}</script>",
        "</body></html>",
    ]
    return "\n".join(parts)


def _table(name: str, table: Table) -> str:
    head, rows = table
    cells = "".join(f"<th>{html.escape(each)}</th>" for each in head)
    lines = ("".join(f"<td>{html.escape(each)}</td>" for each in row) for row in rows)
    return (
        f"<h2>{html.escape(name)}</h2><table><thead><tr>{cells}</tr></thead><tbody>"
        + "".join(f"<tr>{line}</tr>" for line in lines)
        + "</tbody></table>"
    )

"""A chromatogram as the data station draws it, for people to look at."""

from __future__ import annotations

from typing import Any

import numpy as np

SVG = "image/svg+xml"
WIDTH, HEIGHT, MARGIN = 600, 160, 8


def picture(times: Any, absorbance: Any) -> bytes:
    """The trace (`n` times, `n` readings) as an SVG of one line, from the first time to the last and from zero up."""
    x = MARGIN + (times - times[0]) / (times[-1] - times[0]) * (WIDTH - 2 * MARGIN)
    highest = max(float(np.max(absorbance)), 1.0)
    y = HEIGHT - MARGIN - np.clip(absorbance, 0, None) / highest * (HEIGHT - 2 * MARGIN)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<polyline points="{points}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/></svg>'
    ).encode()

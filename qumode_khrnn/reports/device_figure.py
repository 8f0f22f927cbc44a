"""Figure of one hyperedge on every device: the variance of its answer by cause."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from qumode_khrnn.reports.noise_figures import COLOURS
from qumode_khrnn.reports.style import GREY, STYLE
from qumode_khrnn.studies.devices import DEPHASING, DeviceRow, unverified_of

SHADES = COLOURS | {DEPHASING: "#c05a9c"}


def devices_figure(rows: Sequence[DeviceRow]) -> Figure:
    """Horizontal bars, one a device, one panel an order; devices that cannot run it say so."""
    orders = sorted({row.k for row in rows if row.variance is not None})
    names = list(dict.fromkeys(row.profile for row in rows))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 0.9 + 0.3 * len(names)), layout="constrained")
        panels = figure.subplots(1, max(1, len(orders)), sharey=True, squeeze=False)[0]
        places = {name: place for place, name in enumerate(reversed(names))}
        seen: dict[str, Artist] = {}
        for axes, k in zip(panels, orders, strict=False):
            for row in (row for row in rows if row.k == k):
                place, left = places[row.profile], 0.0
                for cause, colour in SHADES.items():
                    share = max(0.0, row.shares.get(cause, 0.0))
                    if share > 1e-9:
                        (bar,) = axes.barh(place, share, left=left, color=colour, height=0.62)
                        seen.setdefault(cause, bar)
                        left += share
                text = f" {row.variance:.3g}" if row.variance is not None else " cannot run it"
                if row.variance is None and row.reason is None:
                    text = " runs; no closed form"
                axes.annotate(text, (left, place), va="center", fontsize=7.5, color=GREY if not left else "black")
            axes.set_title(f"k = {k}", fontsize=9)
            axes.set_xlabel("variance of the answer")
            axes.margins(x=0.18)
            axes.set_ylim(-0.6, len(names) - 0.4)
        doubtful = unverified_of(rows)
        labels = [f"{name} †" if name in doubtful else name for name in reversed(names)]
        panels[0].set_yticks(np.arange(len(names)), labels, fontsize=8)
        figure.legend(list(seen.values()), list(seen), fontsize=7.5, loc="outside lower center", ncols=3)
    return figure

"""Draw back ends, noise and devices: error against cutoff, error budgets, loss and squeezing, Wigner functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import LogNorm, TwoSlopeNorm
from matplotlib.figure import Figure

from hardware_profiles.display.figures import BLUE, GREEN, GREY, INK, ORANGE, STYLE
from qumode_khrnn.reports.style import decibels_above
from qumode_khrnn.studies.devices import DEPHASING, DeviceRow, unverified_of
from qumode_khrnn.witness.law import decibels
from simulations.programs.budget import ANCILLA, LATENT, NAMES, RESOURCE

if TYPE_CHECKING:
    from qumode_khrnn.studies.cross_check import CrossCheck
    from qumode_khrnn.studies.experiment import BudgetPoint
    from qumode_khrnn.studies.loss_study import LossStudy
    from simulations.heralding.wigner import WignerFunction


def cutoff_figure(check: CrossCheck) -> Figure:
    """Relative error of the variance against the Fock cutoff; back ends without one as lines."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.8, 3.4))
        axes = figure.add_subplot()
        for lossy, colour, marker in ((True, ORANGE, "o"), (False, BLUE, "s")):
            rows = [r for r in check.of("strawberryfields") if (r.eta < 1.0) is lossy]
            if not rows:
                continue
            label = "Strawberry Fields, mixed (with loss)" if lossy else "Strawberry Fields, pure (no loss)"
            axes.plot(
                [r.cutoff or 0 for r in rows],
                [abs(r.relative_error) for r in rows],
                color=colour,
                marker=marker,
                ms=4,
                lw=1.2,
                label=label,
            )
        for ket in check.of("mrmustard"):
            axes.plot(
                [ket.cutoff or 0],
                [abs(ket.relative_error)],
                color=GREEN,
                marker="D",
                ms=5,
                ls="",
                label="MrMustard, loss on the grid's ket",
            )
        sampled = check.row("exact", str(next(r.setting for r in check.rows if "shots" in r.setting)))
        lines = (
            ((sampled.uncertainty or 0.0) / check.exact_variance, f"exact, {sampled.setting} (standard error)"),
            (abs(check.row("grid", "").relative_error), "position grid"),
        )
        for level, text in lines:
            axes.axhline(level, color=GREY, lw=0.9, ls="--", label=f"_{text}")
            axes.annotate(
                text,
                (0.99, level),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="bottom",
                fontsize=7.5,
                color=INK,
            )
        axes.set_yscale("log")
        axes.set_xlabel("Fock cutoff per mode")
        axes.set_ylabel("relative error of the variance")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7.5, loc="center left", bbox_to_anchor=(0.0, 0.4))
    return figure


COLOURS = {
    LATENT: BLUE,
    ANCILLA: "#7aa6d6",
    RESOURCE: "#8e6bb0",
    NAMES["preparation"]: "#e3b23c",
    NAMES["gates"]: ORANGE,
    NAMES["detector"]: GREEN,
    NAMES["waiting"]: "#7d5a3c",
    "own spread": "#c9ced4",
    "interplay": GREY,
}


THINNEST = 0.003
"""Part of the height of the axes below which a bar is thinner than a line."""


def budget_figure(points: tuple[BudgetPoint, ...]) -> Figure:
    """Stacked shares of the variance of one nullifier, by loss scale."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.8, 3.6))
        axes = figure.add_subplot()
        stacks = [{**p.budget.shares, "own spread": p.budget.own, "interplay": p.budget.interplay} for p in points]
        present = [cause for cause in COLOURS if any(s.get(cause, 0.0) > 1e-9 for s in stacks)]
        below = np.zeros(len(points))
        for cause in present:
            heights = np.array([max(0.0, s.get(cause, 0.0)) for s in stacks])
            axes.bar(range(len(points)), heights, bottom=below, color=COLOURS[cause], width=0.66, label=cause)
            below += heights
        for i, point in enumerate(points):
            axes.annotate(f"{point.budget.variance:.3g}", (i, below[i]), ha="center", va="bottom", fontsize=8)
        axes.set_xticks(range(len(points)), [f"{p.scale:g}" for p in points])
        axes.set_xlabel("loss, in multiples of the profile's dB")
        axes.set_ylabel(f"variance of {points[0].budget.answer}")
        axes.margins(y=0.12)
        handles, labels = axes.get_legend_handles_labels()
        seen = THINNEST * axes.get_ylim()[1]
        tall = [max(s.get(cause, 0.0) for s in stacks) >= seen for cause in labels]
        labels = [cause if one else f"{cause} (too thin to see)" for cause, one in zip(labels, tall, strict=True)]
        axes.legend(handles[::-1], labels[::-1], fontsize=7.5, loc="upper left")
    return figure


PLAIN: dict[str, Any] = {"color": GREY, "marker": "o", "ms": 7, "mfc": "white", "mew": 1.0, "lw": 3.0, "alpha": 0.7}
AWARE: dict[str, Any] = {"color": BLUE, "marker": ".", "ms": 5, "lw": 1.2}
"""Curves without and with loss-aware cells: where both agree, both are seen."""


def loss_map_figure(study: LossStudy) -> Figure:
    """Error of matched probes over loss and squeezing, with the best squeezing; and the best error against loss."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 3.7))
        axes, curve = figure.subplots(1, 2, width_ratios=[1.25, 1.0])
        rows = [i for i, loss in enumerate(study.losses) if loss > 0.0]
        losses = [study.losses[i] for i in rows]
        table = np.array([study.aware[i] for i in rows])
        mesh = axes.pcolormesh(
            study.squeezings, range(len(rows)), table, shading="nearest", cmap="cividis_r", norm=LogNorm()
        )
        ticks = [t for t in (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0) if table.min() < t < table.max()]
        bar = figure.colorbar(mesh, ax=axes, label="error of a matched answer")
        bar.set_ticks(ticks, labels=[f"{t:g}" for t in ticks])
        bar.ax.minorticks_off()
        best = study.best_aware  # the plain optimum nearly coincides, and the panel on the right compares the errors
        axes.plot(
            [best[i][0] for i in rows],
            range(len(rows)),
            color="white",
            marker="o",
            ms=3,
            label="best squeezing, loss-aware",
        )
        axes.set_yticks(range(len(rows)), [f"{100 * loss:g}" for loss in losses])
        axes.set_ylabel("loss per cell, %")
        axes.set_xlabel("squeezing parameter r")
        decibels_above(axes)
        axes.legend(fontsize=7.5, loc="lower left", facecolor=INK, framealpha=0.55, frameon=True, labelcolor="white")
        axes.set_title("loss-aware cells", fontsize=9)
        last = study.squeezings.index(min(study.squeezings, key=lambda r: abs(r - 1.0)))
        percent = [100.0 * loss for loss in study.losses]
        r = study.squeezings[last]
        fixed = f"r = {r:g} ({decibels(r):.3g} dB)"
        series: tuple[tuple[list[float], dict[str, Any]], ...] = (  # plain: wide and open, so that it shows below
            ([row[last] for row in study.plain], {"ls": "--", **PLAIN, "label": f"{fixed}, plain"}),
            ([row[last] for row in study.aware], {"ls": "--", **AWARE, "label": f"{fixed}, loss-aware"}),
            ([e for _, e in study.best_plain], {"ls": "-", **PLAIN, "label": "best r, plain"}),
            ([e for _, e in study.best_aware], {"ls": "-", **AWARE, "label": "best r, loss-aware"}),
        )
        for values, style in series:
            curve.plot(percent, values, **style)
        curve.set_xlabel("loss per cell, %")
        curve.set_ylabel("error of a matched answer")
        curve.set_ylim(bottom=0.0)
        curve.legend(fontsize=7.5)
    return figure


def wigner_figure(states: tuple[WignerFunction, ...]) -> Figure:
    """Wigner functions side by side, one colour scale around zero."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.1 * len(states), 3.1))
        row = figure.subplots(1, len(states), squeeze=False)[0]
        reach = 0.5 * max(float(np.abs(s.values).max()) for s in states)  # negative parts are faint
        for axes, state in zip(row, states, strict=True):
            mesh = axes.pcolormesh(
                state.x, state.p, state.values.T, cmap="RdBu", norm=TwoSlopeNorm(0.0, -reach, reach), rasterized=True
            )
            axes.set_title(f"{state.title}\nsmallest value {state.values.min():.3f}", fontsize=8)
            axes.set(xlabel="x", ylabel="p")  # pages show every panel by itself
        figure.colorbar(mesh, ax=list(row), label="W(x, p)", shrink=0.9, extend="max")
    return figure


SHADES = COLOURS | {DEPHASING: "#c05a9c"}


def devices_figure(rows: Sequence[DeviceRow]) -> Figure:
    """Draw one bar per device and one panel per order; devices that cannot run the edge say so."""
    orders = sorted({row.k for row in rows if row.variance is not None})
    names = list(dict.fromkeys(row.profile for row in rows))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * max(1, len(orders)), 1.2 + 0.27 * len(names)), layout="constrained")
        panels = figure.subplots(1, max(1, len(orders)), squeeze=False)[0]
        places = {name: place for place, name in enumerate(reversed(names))}
        seen: dict[str, Artist] = {}
        for axes, k in zip(panels, orders, strict=False):
            for row in (row for row in rows if row.k == k):
                place, left = places[row.profile], 0.0
                for cause, colour in SHADES.items():
                    share = max(0.0, row.shares.get(cause, 0.0))
                    if share > 1e-9:
                        (bar,) = axes.barh(place, share, left=left, color=colour, height=0.62, label=f"_{cause}")
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
            doubtful = unverified_of([row for row in rows if row.k == k])
            labels = [f"{name} †" if name in doubtful else name for name in reversed(names)]
            axes.set_yticks(np.arange(len(names)), labels, fontsize=8)
        figure.legend(list(seen.values()), list(seen), fontsize=7.5, loc="outside lower center", ncols=2)
    return figure

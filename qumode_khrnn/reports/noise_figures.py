"""Figures of back ends and noise: error against cutoff, error budget, loss and squeezing, Wigner functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LogNorm, TwoSlopeNorm
from matplotlib.figure import Figure

from qumode_khrnn.reports.style import BLUE, GREEN, GREY, INK, ORANGE, STYLE
from simulations.programs.budget import ANCILLA, LATENT, NAMES, RESOURCE

if TYPE_CHECKING:
    from qumode_khrnn.studies.cross_check import CrossCheck
    from qumode_khrnn.studies.experiment import BudgetPoint
    from qumode_khrnn.studies.loss_study import LossStudy
    from simulations.heralding.wigner import WignerFunction


def cutoff_figure(check: CrossCheck) -> Figure:
    """Relative error of the variance against the Fock cutoff; back ends without one as lines."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.2, 3.3))
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
            axes.axhline(level, color=GREY, lw=0.9, ls="--")
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


def budget_figure(points: tuple[BudgetPoint, ...]) -> Figure:
    """Stacked shares of the variance of one nullifier, by loss scale."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.6, 3.2))
        axes = figure.add_subplot()
        stacks = [{**p.budget.shares, "own spread": p.budget.own, "interplay": p.budget.interplay} for p in points]
        present = [cause for cause in COLOURS if any(abs(s.get(cause, 0.0)) > 1e-9 for s in stacks)]
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
        axes.legend(handles[::-1], labels[::-1], fontsize=7.5, loc="upper left")
    return figure


def loss_map_figure(study: LossStudy) -> Figure:
    """Error of matched probes over loss and squeezing, with the best squeezing; and the best error against loss."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 3.5))
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
        for best, style, label in ((study.best_plain, ":", "best, plain"), (study.best_aware, "-", "best, loss-aware")):
            axes.plot(
                [best[i][0] for i in rows], range(len(rows)), color="white", ls=style, marker="o", ms=3, label=label
            )
        axes.set_yticks(range(len(rows)), [f"{100 * loss:g}" for loss in losses])
        axes.set_ylabel("loss per cell, %")
        axes.set_xlabel("squeezing parameter r")
        axes.legend(fontsize=7.5, loc="lower left", facecolor=INK, framealpha=0.55, frameon=True, labelcolor="white")
        axes.set_title("loss-aware cells", fontsize=9)
        last = study.squeezings.index(min(study.squeezings, key=lambda r: abs(r - 1.0)))
        percent = [100.0 * loss for loss in study.losses]
        series = (
            ([row[last] for row in study.plain], GREY, "--", f"r = {study.squeezings[last]:g}, plain"),
            ([row[last] for row in study.aware], BLUE, "--", f"r = {study.squeezings[last]:g}, loss-aware"),
            ([e for _, e in study.best_plain], GREY, "-", "best r, plain"),
            ([e for _, e in study.best_aware], BLUE, "-", "best r, loss-aware"),
        )
        for values, colour, line, label in series:
            curve.plot(percent, values, color=colour, ls=line, marker="o", ms=3, lw=1.2, label=label)
        curve.set_xlabel("loss per cell, %")
        curve.set_ylabel("error of a matched answer")
        curve.set_ylim(bottom=0.0)
        curve.legend(fontsize=7.5)
    return figure


def wigner_figure(states: tuple[WignerFunction, ...]) -> Figure:
    """Wigner functions side by side, one colour scale around zero."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.9 * len(states), 3.1))
        row = figure.subplots(1, len(states), squeeze=False)[0]
        reach = 0.5 * max(float(np.abs(s.values).max()) for s in states)  # negative parts are faint
        for axes, state in zip(row, states, strict=True):
            mesh = axes.pcolormesh(
                state.x, state.p, state.values.T, cmap="RdBu", norm=TwoSlopeNorm(0.0, -reach, reach), rasterized=True
            )
            axes.set_title(f"{state.title}\nsmallest value {state.values.min():.3f}", fontsize=8)
            axes.set_xlabel("x")
        row[0].set_ylabel("p")
        figure.colorbar(mesh, ax=list(row), label="W(x, p)", shrink=0.9, extend="max")
    return figure

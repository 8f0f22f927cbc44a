"""Pictures of outcomes (histograms) and of error budgets (shares of the variance by cause)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.errors import InputError
from hardware_profiles.display import Picture
from hardware_profiles.display.figures import BLUE, GREY, ORANGE, figure_picture, literal, new_figure, styled

if TYPE_CHECKING:
    from simulations.exact.outcomes import Outcomes
    from simulations.programs.budget import Budget

MOST_READOUTS = 12
"""Largest number of readouts whose histograms are drawn."""

MOST_BINS = 60

ROUNDING = 1e-12
"""Shares below this multiple of the variance are rounding, and are drawn as 0."""


def outcomes_picture(outcomes: Outcomes) -> Picture:
    """Return one histogram per readout, with its mean and variance; results with few values are bars.

    Raises
    ------
    InputError
        If there are no results.
    """
    results = {name: np.asarray(values) for name, values in outcomes.results.items()}
    shots = max((values.size for values in results.values()), default=0)
    if not shots:
        raise InputError("a drawing of outcomes needs at least one result of at least one shot, found none")
    names = list(results)[:MOST_READOUTS]
    facts = [("shots", f"{shots:,}"), ("readouts", str(len(results)))]
    if len(names) < len(results):
        facts.append(("not drawn", f"{len(results) - len(names)} further readouts"))
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    with styled():
        figure = new_figure(2.6 * columns, 2.2 * rows)
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, name in zip(panels, names, strict=False):
            _histogram(axes, name, results[name])
        for axes in panels[len(names) :]:
            axes.set_axis_off()
    return figure_picture(f"Outcomes of {len(results)} readouts, {shots:,} shots", tuple(facts), figure)


def _histogram(axes: Any, name: str, values: Any) -> None:
    found = np.unique(values)
    if found.size <= 12 and np.all(found == np.round(found)):
        counts = [int(np.count_nonzero(values == value)) for value in found]
        axes.bar([f"{value:g}" for value in found], counts, color=BLUE)
    else:
        axes.hist(values, bins=min(MOST_BINS, max(5, int(values.size**0.5))), color=BLUE)
    spread = f", variance {np.var(values, ddof=1):.3g}" if values.size > 1 else ""
    axes.set_title(f"mean {np.mean(values):.3g}{spread}", fontsize=8)
    axes.set_xlabel(literal(name))


def budget_picture(budget: Budget) -> Picture:
    """Return the shares of a variance as bars, the largest first, then the own spread and the interplay of causes."""
    shares = sorted(budget.shares.items(), key=lambda item: -item[1])
    bars = [*shares, ("own spread of the ideal answer", budget.own), ("interplay of causes", budget.interplay)]
    least = ROUNDING * abs(budget.variance)
    bars = [(name, 0.0 if abs(value) < least else value) for name, value in bars]
    facts = [("variance", f"{budget.variance:.6g}"), *((name, f"{value:.6g}") for name, value in bars)]
    if budget.truncation is not None:
        facts.append(("added by the Fock cutoff", f"{budget.truncation:.6g}"))
    with styled():
        figure = new_figure(6.2, 0.9 + 0.32 * len(bars))
        axes = figure.add_subplot()
        colours = [ORANGE] * len(shares) + [BLUE, GREY]
        drawn = axes.barh([literal(name, 48) for name, _ in bars], [value for _, value in bars], color=colours)
        axes.bar_label(drawn, [f"{value:.3g}" for _, value in bars], padding=3, fontsize=8)
        axes.axvline(0.0, color=GREY, linewidth=0.8)
        axes.margins(x=0.15)
        axes.invert_yaxis()
        axes.set_xlabel(f"share of the variance {budget.variance:.4g} of {literal(budget.answer, 40)}")
    return figure_picture(f"Error budget of {budget.answer}", tuple(facts), figure)

"""Picture of one program on several back ends: the error of every readout, by back end and setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.errors import InputError
from hardware_profiles.display import Picture
from hardware_profiles.display.figures import BLUE, GREEN, GREY, ORANGE, figure_picture, literal, new_figure, styled

if TYPE_CHECKING:
    from simulations.programs.cross_validation import CrossValidation

LEAST_ERROR = 1e-16
"""Errors below this are drawn here, on an axis with a logarithmic scale."""

COLOURS = {"agrees": GREEN, "explained by cutoff": GREY, "unexplained": ORANGE}
"""Colours of verdicts."""

MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
"""Markers of readouts, in order; further readouts use them again."""


def validation_picture(found: CrossValidation) -> Picture:
    """Return the error of every readout, one line per back end and setting, coloured by verdict.

    Raises
    ------
    InputError
        If no back end ran the program.
    """
    if not found.rows:
        raise InputError("a drawing of a cross-validation needs at least one row, found none")
    names = list(dict.fromkeys(_name(row.backend, row.setting) for row in found.rows))
    readouts = list(dict.fromkeys(row.readout for row in found.rows))
    origin = "closed form" if found.closed_form else "a sample of the exact simulator"
    facts = [("program", found.program), ("compared with", origin)]
    facts += [(f"exact {name}", f"mean {mean:.6g}, variance {var:.6g}") for name, (mean, var) in found.exact.items()]
    facts += [(f"{backend} cannot run it", reason) for backend, reason in found.refused.items()]
    facts.append(("unexplained", "; ".join(found.unexplained) or "none"))
    with styled():
        figure = new_figure(6.2, 1.3 + 0.28 * len(names) + 0.18 * len(readouts))
        axes = figure.add_subplot()
        for verdict, colour in COLOURS.items():
            for readout, marker in zip(readouts, (MARKERS * len(readouts))[: len(readouts)], strict=True):
                own = [row for row in found.rows if (row.verdict, row.readout) == (verdict, readout)]
                if own:
                    places = [names.index(_name(row.backend, row.setting)) for row in own]
                    errors = [max(LEAST_ERROR, row.error) for row in own]
                    label = f"{literal(readout)}: {verdict}"
                    axes.scatter(errors, places, s=26, color=colour, marker=marker, label=label, zorder=3)
        axes.set_xscale("log")
        axes.set_yticks(range(len(names)), [literal(name, 48) for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.grid(axis="y", color=BLUE, alpha=0.12)
        axes.set_xlabel("relative error of the variance, or error of the mean in deviations", fontsize=8)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure_picture(f"{found.program} on several back ends", tuple(facts), figure)


def _name(backend: str, setting: str) -> str:
    return f"{backend}, {setting}" if setting else backend

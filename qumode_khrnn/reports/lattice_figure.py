"""Figure of the k = 3 inequality: I of lattice states over the squeezing of their peaks."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from hardware_profiles.display.figures import BLUE, GREEN, INK, ORANGE, STYLE
from qumode_khrnn.witness.lattice import QUBITS
from qumode_khrnn.witness.lattice_study import LatticePoint
from qumode_khrnn.witness.law import decibels

LOOKS = ((BLUE, "o"), (ORANGE, "s"), ("#d98a66", "s"), ("#8a4a2f", "s"))
"""Colour and marker of every curve, in order."""


def lattice_figure(points: Sequence[LatticePoint], asked: LatticePoint | None = None) -> Figure:
    """Draw I over squeezing in dB, the noncontextual bound, the value of qubits, and the point that was asked for."""
    curves: dict[tuple[float | None, float], list[LatticePoint]] = {}
    for point in points:
        curves.setdefault((point.envelope, point.loss), []).append(point)
    with mpl.rc_context({**STYLE, "font.size": 10}):
        figure = Figure(figsize=(5.2, 4.2))
        axes = figure.subplots()
        for ((envelope, loss), own), (colour, marker) in zip(curves.items(), LOOKS, strict=False):
            state = "symmetric, E = eʳ" if envelope is None else f"E = exp({envelope:.1f})"
            axes.plot(
                [decibels(point.squeezing_r) for point in own],
                [point.value for point in own],
                color=colour,
                marker=marker,
                ms=4.0,
                lw=1.5,
                label=f"{state}, {100.0 * loss:g} % loss" if loss else state,
            )
        if asked is not None:
            axes.plot(
                decibels(asked.squeezing_r), asked.value, color=GREEN, marker="*", ms=12, ls="", label="asked for"
            )
        axes.axhline(0.0, color=INK, lw=1.1, ls="--")
        axes.axhline(QUBITS, color=GREEN, lw=1.0, ls=":")
        left = min(decibels(point.squeezing_r) for point in points)
        axes.annotate("noncontextual bound", (left, 0.0), (0, 3), textcoords="offset points", fontsize=9)
        axes.annotate("qubits", (left, QUBITS), (0, 3), textcoords="offset points", fontsize=9, color=GREEN)
        axes.set_xlabel("squeezing of the peaks (dB)")
        axes.set_ylabel("witness I of three lattice states")
        axes.set_ylim(top=0.56)
        axes.legend(loc="lower right", fontsize=9)
        return figure

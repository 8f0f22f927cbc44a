"""Figure of the witness: S over squeezing and over loss, the noncontextual bound, and the phase-space sampler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from hardware_profiles.display.figures import BLUE, GREEN, INK, ORANGE, STYLE
from qumode_khrnn.witness.law import BOUND, QUANTUM_MAXIMUM, decibels
from qumode_khrnn.witness.study import Point, WitnessStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (BLUE, "#5b8fc7", ORANGE, "#8a4a2f")
"""Of the network's curves, from the first to the last."""

SAMPLER = "phase-space sampler"


def witness_figure(study: WitnessStudy) -> Figure:
    """S over squeezing for some losses, and below it S over loss for some squeezings.

    All that is drawn is in the points of the study.
    """
    with mpl.rc_context({**STYLE, "font.size": 10}):
        figure = Figure(figsize=(4.9, 6.6))
        above, below = figure.subplots(2, 1)
        _squeezing_panel(above, [point for point in study.points if point.curve == "squeezing"])
        _loss_panel(below, [point for point in study.points if point.curve == "loss"])
        least = min(point.value for point in study.points)
        for axes in (above, below):
            axes.axhline(BOUND, color=INK, lw=1.1, ls="--", label="_noncontextual bound")
            _beside(axes, axes.get_xlim()[1], BOUND, "2√2", INK)
            axes.set_ylim(min(1.0, 0.9 * least), QUANTUM_MAXIMUM)
            axes.set_ylabel(f"S at weight w = {study.witness.triangle.weight:g}")
        return figure


def _squeezing_panel(axes: Axes, points: Sequence[Point]) -> None:
    at: list[float] = []
    for loss, colour in zip(sorted({point.loss for point in points}), COLOURS, strict=False):
        own = [point for point in points if point.loss == loss]
        curve = _curve(own, "network")
        at = [decibels(point.squeezing_r or 0.0) for point in curve]
        axes.plot(
            at, [point.value for point in curve], color=colour, lw=1.7, label=f"_network, {100.0 * loss:g} % loss"
        )
        _beside(axes, at[-1], curve[-1].value, f"{100.0 * loss:g} %{' loss' if loss == 0.0 else ''}", colour)
        axes.plot(
            at,
            [point.value for point in _curve(own, SAMPLER)],
            color=GREEN,
            lw=0.9,
            alpha=0.8,
            label=f"_{SAMPLER}, {100.0 * loss:g} % loss",
        )
        _sampled(axes, own, "network", colour, f"{100.0 * loss:g} % loss", {"marker": "o", "ms": 4.5})
        look = {"mfc": "none", "ms": 8.0} if loss else {"ms": 4.5}  # one around the other where they meet
        _sampled(axes, own, SAMPLER, GREEN, f"{100.0 * loss:g} % loss", {"marker": "s", **look})
    axes.set_xlim(0.0, at[-1])
    axes.set_xlabel("squeezing of the modes (dB)")
    axes.secondary_xaxis("top", functions=(_r_of, _db_of)).set_xlabel("squeezing parameter r")


def _loss_panel(axes: Axes, points: Sequence[Point]) -> None:
    squeezings = sorted({point.squeezing_r for point in points}, key=lambda r: (r is not None, -(r or 0.0)))
    at: list[float] = []
    for squeezing, colour in zip(squeezings, COLOURS, strict=False):
        own = [point for point in points if point.squeezing_r == squeezing]
        curve = _curve(own, "network")
        at = [100.0 * point.loss for point in curve]
        label = "network, r = ∞" if squeezing is None else f"network, r = {squeezing:g} ({decibels(squeezing):.3g} dB)"
        axes.plot(at, [point.value for point in curve], color=colour, lw=1.7, label=label)
    for squeezing in squeezings:
        own = [point for point in points if point.squeezing_r == squeezing]
        last = squeezing == squeezings[-1]  # the legend names all of them once
        label = SAMPLER if last else f"_{SAMPLER}, r = {'∞' if squeezing is None else format(squeezing, 'g')}"
        axes.plot(at, [point.value for point in _curve(own, SAMPLER)], color=GREEN, lw=0.9, alpha=0.8, label=label)
    axes.set_xlim(0.0, at[-1])
    axes.set_xlabel("loss per mode (%)")
    axes.legend(loc="upper right", fontsize=8.5, labelspacing=0.2, borderaxespad=0.2)


def _beside(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    axes.annotate(
        text,
        (x, y),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=colour,
        annotation_clip=False,
    )


def _curve(points: Sequence[Point], player: str) -> list[Point]:
    return [point for point in points if point.player == player and point.shots is None]


def _sampled(axes: Axes, points: Sequence[Point], player: str, colour: str, loss: str, look: dict[str, Any]) -> None:
    own = [point for point in points if point.player == player and point.shots is not None]
    if own:
        axes.errorbar(
            [decibels(point.squeezing_r or 0.0) for point in own],
            [point.value for point in own],
            [point.standard_error or 0.0 for point in own],
            color=colour,
            ls="",
            capsize=2.5,
            lw=1.0,
            zorder=4,
            label=f"_{player}, {loss}, from bits",
            **look,
        )


def _r_of(db: Any) -> Any:
    return np.asarray(db) / decibels(1.0)


def _db_of(r: Any) -> Any:
    return np.asarray(r) * decibels(1.0)

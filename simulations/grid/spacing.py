"""Share grids over many steps of one axis: find the axis of each mode, and the number and spacing of its points.

Changing a grid takes as long as many gates. A beamsplitter of pi / 2 relabels two axes, so that points belong to axes
and not to modes; squeezers, loss and quarter turns change the spacing of an axis by a known factor, so that one spacing
can be chosen for all steps that follow, as long as there is one that reaches far enough in x and in p at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, pi, sqrt

from compiler.ir.conventions import HBAR
from compiler.typing import Array
from simulations.grid.primitives import GridNoise, Prepare, Primitive, Scale, Swap, Turn
from simulations.grid.wave import QUARTER

Needs = Mapping[int, tuple[float, float]]
"""By mode, how far the grid must reach in x and in p."""


def axes_of(modes: int, steps: Sequence[Primitive]) -> list[dict[int, int]]:
    """Return the axis of each mode before every step: a preparation starts a new one, a swap exchanges two."""
    now = {mode: mode for mode in range(modes)}
    out, count = [], modes
    for step in steps:
        if isinstance(step, Prepare):
            now = {**now, step.modes[0]: count}
            count += 1
        out.append(now)
        if isinstance(step, Swap):
            a, b = step.modes
            now = {**now, a: now[b], b: now[a]}
    return out


@dataclass
class _Stretch:
    """Steps of one axis that share a grid: log spacings that suit all, counted at the first, and the steps."""

    low: float
    high: float
    steps: list[tuple[int, int, int, float]]
    """Number, mode, and log spacing there as sign times that at the first step plus a constant."""


def spacings(
    steps: Sequence[Primitive],
    needs: Sequence[Needs],
    axes: Sequence[Mapping[int, int]],
    points: Mapping[int, int],
    slack: float,
) -> list[dict[int, float]]:
    """Choose, for every step and each of its modes, the spacing of the grid, such that grids rarely change.

    Parameters
    ----------
    steps, needs, axes : by step
        The steps, how far grids must reach at each, and the axis of each mode.
    points : mapping from axis to int
        Size of the grid of each axis.
    slack : float
        Factor between the largest and the smallest spacing that must be left when steps share a grid.
    """
    out: list[dict[int, float]] = [{} for _ in steps]
    open_stretches: dict[int, _Stretch] = {}
    log_factors: dict[int, tuple[int, float] | None] = {}

    def close(axis: int) -> None:
        stretch = open_stretches.pop(axis, None)
        if stretch is not None:
            middle = 0.5 * (stretch.low + stretch.high)
            for at, mode, sign, constant in stretch.steps:
                out[at][mode] = exp(sign * middle + constant)

    for at, step in enumerate(steps):
        for mode in step.modes:
            if isinstance(step, Prepare):
                continue
            axis = axes[at][mode]
            x, p = needs[at][mode]
            low, high = log(2.0 * x / points[axis]), log(pi * HBAR / p)
            change = log_factors.get(axis)
            stretch = open_stretches.get(axis)
            if stretch is not None and change is not None:
                sign, constant = change
                first = sorted((sign * (low - constant), sign * (high - constant)))
                shared = max(stretch.low, first[0]), min(stretch.high, first[1])
                if shared[1] - shared[0] >= log(slack):
                    stretch.low, stretch.high = shared
                    stretch.steps.append((at, mode, sign, constant))
                    log_factors[axis] = _followed(step, points[axis], sign, constant)
                    continue
            close(axis)
            open_stretches[axis] = _Stretch(low, high, [(at, mode, 1, 0.0)])
            log_factors[axis] = _followed(step, points[axis], 1, 0.0)
    for axis in list(open_stretches):
        close(axis)
    return out


def _followed(step: Primitive, points: int, sign: int, constant: float) -> tuple[int, float] | None:
    """Return the log spacing after a step in terms of that before it; None if it depends on results."""
    if isinstance(step, Scale):
        r = _number(step.r)
        return None if r is None else (sign, constant - r)
    if isinstance(step, GridNoise) and step.channel.eta > 0.0:
        return sign, constant - log(sqrt(step.channel.eta))
    if isinstance(step, Turn):
        angle = _number(step.angle)
        if angle is None:
            return None
        if round(angle / QUARTER) % 2:  # positions become momenta
            return -sign, log(2.0 * pi * HBAR / points) - constant
    return sign, constant


def _number(value: Callable[[Mapping[str, Array]], Array]) -> float | None:
    """Return a parameter that does not depend on results; None if it does."""
    try:
        return float(value({})[0])
    except KeyError:
        return None

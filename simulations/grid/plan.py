"""Plan a run on position grids: the steps of a circuit, the grids that they need, and the shots that run together.

A cloud of classical points, spread as wide as the state's tails, goes through the circuit first and says how far x and
p of every mode reach at every step, counted from the frame that displacements move; the grids follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy import fft

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.typing import Array
from simulations.exact.moments import require_bound
from simulations.grid.cloud import Cloud, vacuum_cloud
from simulations.grid.primitives import (
    Dephase,
    GridNoise,
    GridRead,
    Kerr,
    Prepare,
    Primitive,
    Scale,
    Swap,
    Turn,
    primitives,
)
from simulations.grid.spacing import axes_of, spacings
from simulations.grid.wave import FOCK_TAIL

MAX_AMPLITUDES = 1 << 25
"""Largest number of amplitudes of a wave function: 0.5 GB, of which a few copies exist."""

GROUP_AMPLITUDES = 1 << 21
"""Approximate number of amplitudes of a group of shots."""

MAX_POINTS = 4_096
"""Largest grid of one mode: changing grids takes a matrix of points by points."""

LARGEST_REACH = 1e150
"""Distances beyond this, and below its inverse, have no square in float64."""

MAX_FRAME = 1e10
"""Largest displacement in units of the reach of the state around it: float64 then keeps six digits of the state."""


@dataclass(frozen=True, slots=True)
class Grids:
    """The generosity of grids: tails at ``3.4 widen`` standard deviations, and ``slack`` times as many points."""

    widen: float = 1.7
    slack: float = 1.1

    def finer(self) -> Grids:
        """Return the grids to compare with."""
        return Grids(1.2 * self.widen, 1.2 * self.slack)


USUAL = Grids()
"""The default fineness of grids."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a circuit and the grids that they need.

    Attributes
    ----------
    steps : list of (index of the operation, primitive)
    needs : list of dict
        By step and mode, how far the grid must reach in x and p.
    points : list of dict
        By step and mode, the size of the grid.
    spacings : list of dict
        By step and mode, the spacing of the grid, if it must change.
    first_random : int
        The step at which shots begin to differ.
    group : int
        How many shots run together.
    """

    steps: list[tuple[int, Primitive]]
    needs: list[dict[int, tuple[float, float]]]
    points: list[dict[int, int]]
    spacings: list[dict[int, float]]
    first_random: int
    group: int


def planned(circuit: Circuit, grids: Grids, shots: int, keep: bool = False) -> Plan:
    """Plan the run of a circuit.

    Parameters
    ----------
    circuit : Circuit
    grids : Grids
    shots : int
        Largest number of shots in one group.
    keep : bool
        Whether readouts keep their modes, as moments need them.

    Raises
    ------
    InputError
        If a parameter has no value, the grids do not fit in memory, or float64 cannot hold the state.
    """
    require_bound(circuit)
    with np.errstate(all="ignore"):  # overflows are refused
        return _plan_of(circuit, grids, shots, keep)


def _plan_of(circuit: Circuit, grids: Grids, shots: int, keep: bool) -> Plan:
    steps = primitives(circuit)
    only = [step for _, step in steps]
    axes = axes_of(circuit.modes, only)
    cloud = vacuum_cloud(circuit.modes, grids.widen)
    needs: list[dict[int, tuple[float, float]]] = []
    sizes: dict[int, int] = {}
    for at, step in enumerate(only):
        needs.append(_step_with_needs(cloud, step))
        for m, (x, p) in needs[-1].items():
            _require_room(cloud, m, x, p, wanted := grids.slack * 2.0 * x * p / (pi * HBAR))
            sizes[axes[at][m]] = max(sizes.get(axes[at][m], 16), int(np.ceil(wanted)))
    sizes = {axis: fft.next_fast_len(n + n % 2) for axis, n in sizes.items()}
    sizes = {axis: n + n % 2 for axis, n in sizes.items()}
    points = [{m: sizes[axis] for m, axis in of.items() if axis in sizes} for of in axes]
    first, group = _sizes(steps, points, shots, keep)
    return Plan(steps, needs, points, spacings(only, needs, axes, sizes, sqrt(grids.slack)), first, group)


def _require_room(cloud: Cloud, mode: int, x: float, p: float, points: float) -> None:
    """Raise InputError if a grid of ``points`` points is too large, or float64 cannot hold the state on it."""
    moved = [float(np.abs(q[1, mode]).max()) for q in (cloud.x, cloud.p)]
    if not np.isfinite([x, p, *moved]).all():
        raise InputError(
            f"x or p of mode {mode} overflows float64; use less squeezing, smaller weights or smaller displacements"
        )
    if points >= MAX_POINTS:
        raise InputError(
            f"a grid for mode {mode} would need {points:.2g} points, more than {MAX_POINTS}, because its x reaches "
            f"{x:.3g} and its p {p:.3g}; use less squeezing, smaller weights, or smaller displacements before gates "
            "that are not Gaussian"
        )
    if not all(1.0 / LARGEST_REACH < reach < LARGEST_REACH for reach in (x, p)):
        raise InputError(
            f"x of mode {mode} reaches {x:.3g} and p {p:.3g}, and float64 cannot hold their squares; use less "
            "squeezing or smaller weights"
        )
    for distance, reach in zip(moved, (x, p), strict=True):
        if distance > MAX_FRAME * reach:
            raise InputError(
                f"mode {mode} is displaced by {distance:.3g}, more than {MAX_FRAME:.0e} times the {reach:.3g} that its "
                "state reaches around there: float64 cannot hold both; use smaller displacements"
            )


def _step_with_needs(cloud: Cloud, step: Primitive) -> dict[int, tuple[float, float]]:
    """Take one step with the cloud; return how far the grid of each of its modes must reach in x and in p."""
    before = {m: cloud.reach(m) for m in step.modes}
    step.cloud(cloud)
    after = {m: cloud.reach(m) for m in step.modes}
    if isinstance(step, Kerr):
        (m,) = step.modes
        radius = float(np.hypot(cloud.x[0, m], cloud.p[0, m]).max()) + FOCK_TAIL
        return {m: (radius, radius)}
    if isinstance(step, Prepare):
        return after
    if isinstance(step, GridNoise):
        (m,) = step.modes
        (x, p), eta = before[m], step.channel.eta
        return {m: (x, max(p, after[m][1] / sqrt(eta)) if eta > 0.0 else p)}  # the vacuum narrows a stretched grid's x
    if isinstance(step, Scale | Swap | GridRead) or (isinstance(step, Turn) and step.quarters):
        return before
    return {m: (max(x, after[m][0]), max(p, after[m][1])) for m, (x, p) in before.items()}


def _sizes(steps: list[tuple[int, Primitive]], points: list[dict[int, int]], shots: int, keep: bool) -> tuple[int, int]:
    """Return where randomness begins, and how many shots run together; with ``keep`` readouts keep their modes."""
    live: set[int] = set()
    first, peak = len(steps), 1
    alone = False
    for at, (index, step) in enumerate(steps):
        if isinstance(step, Prepare):
            live.discard(step.modes[0])
            continue
        live.update(step.modes)
        size = int(np.prod([points[at][m] for m in live], dtype=float))
        if size > MAX_AMPLITUDES:
            grid = " x ".join(str(points[at][m]) for m in sorted(live))
            raise InputError(
                f"at operation {index} the grid back end needs {grid} = {size:.3g} points for modes {sorted(live)}, "
                f"more than {MAX_AMPLITUDES:.3g}; it takes about four modes at a time: use --backend exact, or fewer"
            )
        if isinstance(step, GridNoise | Dephase | GridRead) or first < len(steps):
            first = min(first, at)
            if isinstance(step, GridRead) and not keep:
                live.discard(step.modes[0])
                size //= points[at][step.modes[0]]
            peak = max(peak, size)
        alone |= isinstance(step, Scale) and first < len(steps) and len(step.r(_Each())) > 1
    return first, 1 if alone else max(1, min(shots, GROUP_AMPLITUDES // peak))


class _Each(dict[str, Array]):
    """Results that differ from shot to shot, whatever their names."""

    def __missing__(self, key: str) -> Array:
        return np.zeros(2)

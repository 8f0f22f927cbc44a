"""Run a circuit whose last readouts are momenta under a cubic phase; the exact simulator runs the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, prod
from threading import Event, Lock

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.typing import Advance, Array
from simulations.exact.fuse import Detector, Step
from simulations.exact.outcomes import Outcomes
from simulations.exact.run import Run, check_circuit, guarded, simulate
from simulations.momenta.frame import Frame, sparse_frame
from simulations.momenta.layout import Layout, lay_out
from simulations.momenta.problem import Problem, collect, is_cubic, report, split
from simulations.momenta.sweep import Sweep

PILOT = 64
"""Number of pilot shots that are followed up to the last readouts, to find the needs of all shots."""

GROUP_BYTES = 4e8
"""Approximate memory, in bytes, of the largest amplitude of a group of shots."""

MAX_BYTES = 4e9
MAX_SECONDS = 3_600.0

FLOPS = 7e10
"""Operations in single precision per second and processor, measured for these sums with everything around them."""

OVERHEAD_SECONDS = 1.5e-9
"""Seconds for each entry of a matrix of factors, which all shots of a group share."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a run.

    Attributes
    ----------
    momenta, live, points : int
        Momenta that are read jointly, most modes that are live at once, and points of the largest grid.
    group : int
        Shots that run together.
    bytes : float
        Memory of all groups that run at once.
    seconds : float
        On one processor.
    left_out : float
        Estimate, from above, of the total variation distance between the law that is sampled and that of the circuit,
        without grids: the sum of the root mean squares of all terms that are left out.
    """

    momenta: int
    live: int
    points: int
    group: int
    bytes: float
    seconds: float
    left_out: float

    def __str__(self) -> str:
        return (
            f"{self.momenta} momenta are read jointly, at most {self.live} modes live on grids of up to {self.points} "
            f"points; about {_rounded(self.seconds)} s of one processor and {_rounded(self.bytes / 1e9)} GB; neglected "
            f"weak couplings change the law of all outcomes by an estimated {self.left_out:.1g}"
        )


def _rounded(number: float) -> str:
    return f"{number:.2g}" if number < 10.0 or number >= 1e6 else f"{number:,.0f}"


def sample(
    circuit: Circuit,
    shots: int,
    rng: np.random.Generator,
    progress: Advance | None = None,
    threads: int | None = None,
) -> Outcomes:
    """Sample a circuit; a part without joint momenta under a cubic phase runs on the exact simulator.

    Parameters
    ----------
    circuit : Circuit
    shots : int
    rng : numpy.random.Generator
        The outcomes depend on it alone, not on the number of threads.
    progress : callable
        Called with the number of shots done, as a share of the work.
    threads : int, optional
        Groups of shots that run at once; as many as there are processors if None.

    Raises
    ------
    InputError
        If the circuit is not of this form, or takes too much time or memory.

    Examples
    --------
    >>> from math import pi
    >>> from compiler import Circuit, Polynomial, phase
    >>> from compiler.ir.operations import Homodyne, PrepareSqueezed
    >>> state = tuple(PrepareSqueezed((m,), -0.3) for m in range(3))
    >>> reads = tuple(Homodyne((m,), pi / 2, f"p{m}") for m in range(3))
    >>> circuit = Circuit(3, (*state, phase(Polynomial.monomial((0, 1, 2), 0.5)), *reads))
    >>> p = sample(circuit, 200, np.random.default_rng(0)).results
    >>> sorted(p), p["p0"].shape
    (['p0', 'p1', 'p2'], (200,))
    """
    plan = planned(circuit)
    if plan is None:
        return simulate(circuit, shots, rng, progress=progress, threads=threads)
    cost = plan.cost(shots, threads)
    require_affordable(cost)
    sizes = [min(cost.group, shots - start) for start in range(0, shots, cost.group)]
    stop = Event()
    tell = _teller(progress, shots, len(sizes) * cost.momenta, stop)
    workers = _workers(len(sizes), threads)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1 if workers > 1 else threads, "blas"), ThreadPoolExecutor(workers) as pool:
        work = [pool.submit(plan.run, *item, tell) for item in zip(sizes, rng.spawn(len(sizes)), strict=True)]
        try:
            parts = [future.result() for future in work]
        finally:
            stop.set()  # after an error or an interrupt, groups that run end with their next momentum
            for future in work:
                future.cancel()
    return Outcomes({name: np.concatenate([part[name] for part in parts]) for name in circuit.results})


class _StoppedError(RuntimeError):
    """Another group failed, or the user interrupted the run."""


def _workers(groups: int, threads: int | None) -> int:
    """Return the groups that run at once."""
    return min(groups, threads or len(os.sched_getaffinity(0)))


def _teller(progress: Advance | None, shots: int, steps: int, stop: Event) -> Callable[[], None]:
    done, lock = 0, Lock()

    def tell() -> None:
        nonlocal done
        if stop.is_set():
            raise _StoppedError
        with lock:
            done += 1
            if progress is not None:
                progress(shots * done // steps)

    return tell


@dataclass(frozen=True, slots=True)
class Planned:
    """A circuit up to its last readouts, these readouts, and their plan."""

    circuit: Circuit
    steps: list[Step]
    detectors: list[Detector]
    frame: Frame
    pilot: Layout

    def run(self, shots: int, rng: np.random.Generator, tell: Callable[[], None]) -> dict[str, Array]:
        """Return the results of one group of shots."""
        prepared = _prepared(self.circuit, self.steps, self.detectors, shots, rng)
        assert prepared is not None  # the pilot was
        run, problem = prepared
        layout = lay_out(self.frame.of(problem), self.frame.reads)
        momenta = Sweep(layout, shots, rng).run(tell)
        if self.frame.matrix is not None:
            momenta = np.linalg.solve(self.frame.matrix.T, momenta.T).T  # p' = S' p
        report(run, self.detectors, momenta)
        return run.results

    def cost(self, shots: int, threads: int | None = None) -> Cost:
        """Return the cost of ``shots`` shots with at most ``threads`` groups at once (one per processor if None)."""
        layout, work, largest, entries = self.pilot, 0.0, 0.0, 0.0
        points = [len(grid) for grid in layout.grids]
        open_powers: dict[int, int] = {}
        for read in layout.reads:
            for at, bond in enumerate(layout.bonds):
                if bond.first == read.mode:
                    open_powers[at] = bond.powers
            rows = prod(open_powers.values())
            open_powers = {at: p for at, p in open_powers.items() if layout.bonds[at].second not in read.around}
            whole = prod(points[m] for m in read.around)
            work += 8.0 * rows * points[read.mode] * whole
            entries += points[read.mode] * whole
            largest = max(largest, 8.0 * rows * prod(points[m] for m in read.live) * points[read.mode])
            largest = max(largest, 8.0 * prod(open_powers.values()) * whole)
        group = max(1, min(shots, int(GROUP_BYTES // largest)))
        groups = ceil(shots / group)
        seconds = shots * work / FLOPS + groups * entries * OVERHEAD_SECONDS
        live = max(len(read.around) for read in layout.reads)
        left_out = self.frame.left_out + layout.left_out
        memory = 3.0 * group * largest * _workers(groups, threads)
        return Cost(len(self.detectors), live, max(points), group, memory, seconds, left_out)


def planned(circuit: Circuit) -> Planned | None:
    """Plan a circuit; return None if it does not end with joint momenta under a cubic phase."""
    check_circuit(circuit)
    steps, detectors = split(circuit)
    if len(detectors) < 2:
        return None
    prepared = _prepared(circuit, steps, detectors, PILOT, np.random.default_rng(0))
    if prepared is None:
        return None
    frame = sparse_frame(prepared[1])
    return Planned(circuit, steps, detectors, frame, lay_out(frame.of(prepared[1]), frame.reads))


def _prepared(
    circuit: Circuit, steps: list[Step], detectors: list[Detector], shots: int, rng: np.random.Generator
) -> tuple[Run, Problem] | None:
    with guarded():
        run = Run(circuit, shots, rng, {})
        run.play(steps)
        if not is_cubic(run, detectors):
            return None
        return run, collect(run, detectors)


def require_affordable(cost: Cost) -> None:
    """Raise InputError if a run takes too much memory or time."""
    if cost.bytes > MAX_BYTES or cost.seconds > MAX_SECONDS:
        raise InputError(
            f"the joint momenta cost too much: {cost}; at most {MAX_SECONDS:,.0f} s and {MAX_BYTES / 1e9:.0f} GB are "
            "spent; use fewer shots, smaller weights, less squeezing, or read positions of modes that many edges share"
        )

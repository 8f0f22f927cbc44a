"""Benchmark of the branch simulator: three displacement readouts between edges, against wave functions on grids."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, prod

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.branches.cost import cost
from simulations.branches.run import probabilities, sample

Timed = Callable[[Callable[[], object]], float]

SQUEEZING = 0.5
REACH = 13.0
STEPS = (
    ((0, 1, 2), 0.3),
    ((0.6, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ((0, 1, 2), -0.5),
    ((0, 1), 0.4),
    ((0.0, 0.6, 0.2), (0.1, 0.0, 0.3)),
    ((1, 2), 0.3),
    ((0.0, 0.0, 0.6), (0.0, 0.2, 0.0)),
)
"""Edges (modes, weight) and readouts (alpha, beta)."""


def circuit(eta: float = 1.0) -> Circuit:
    """The circuit, with loss before the last readout."""
    operations: list[ops.Operation] = [ops.PrepareSqueezed((m,), -SQUEEZING) for m in range(3)]
    for number, (first, second) in enumerate(STEPS):
        if isinstance(second, float):
            operations.append(ops.phase(Polynomial.monomial(tuple(int(m) for m in first), second)))
        else:
            operations.append(ops.DisplacementReadout((0, 1, 2), first, second, f"b{number}"))
    loss = [ops.Loss((m,), eta) for m in range(3)] if eta < 1.0 else []
    return Circuit(3, (*operations[:-1], *loss, operations[-1]))


def on_grid(points: int) -> float:
    """P(+++) by Fourier transforms on a grid of points^3 positions."""
    axis = np.linspace(-REACH, REACH, points, endpoint=False)
    x = np.meshgrid(*[axis] * 3, indexing="ij", sparse=True)
    k = np.meshgrid(*[2 * np.pi * np.fft.fftfreq(points, axis[1] - axis[0])] * 3, indexing="ij", sparse=True)
    psi = prod(np.exp(-(y**2) / (4 * exp(2 * SQUEEZING))) for y in x).astype(complex)
    psi /= np.sqrt((np.abs(psi) ** 2).sum())
    for first, second in STEPS:
        if isinstance(second, float):
            psi = psi * np.exp(0.5j * second * prod(x[int(m)] for m in first))
        else:
            moved = np.fft.ifftn(np.fft.fftn(psi) * np.exp(2j * sum(a * q for a, q in zip(first, k, strict=True))))
            turn = np.dot(first, second) + sum(b * y for b, y in zip(second, x, strict=True))
            psi = 0.5 * (psi + np.exp(1j * turn) * moved)
    return float((np.abs(psi) ** 2).sum())


def against_grid(timed: Timed) -> list[str]:
    """P(+++), its distance from the branch simulator's, and time; then sampling with loss."""
    whole = circuit()
    exact = probabilities(whole)[1, 1, 1]
    ours = timed(lambda: probabilities(whole))
    lines = [
        f"P(+++) of three displacement readouts between 3-edges and 2-edges, r = {SQUEEZING}; the branch simulator "
        "computes all eight strings.",
        "",
        "| back end | setting | P(+++) | difference | seconds | time / branches |",
        "|---|---|---:|---:|---:|---:|",
        f"| branches | {cost(whole, None).branches} branches | {exact:.10f} | | {ours:.4f} | 1 |",
    ]
    for points in (48, 72, 104):
        seconds = timed(lambda n=points: on_grid(n))
        found = on_grid(points)
        error, ratio = f"{found - exact:+.0e}", f"{seconds / ours:,.0f}"
        lines.append(f"| position grid | {points}^3 points | {found:.10f} | {error} | {seconds:.3f} | {ratio} |")
    lossy = circuit(0.95)
    seconds = timed(lambda: sample(lossy, 10_000, np.random.default_rng(0)))
    return [*lines, "", f"10,000 shots with 5 % loss of every mode before the last readout: {seconds:.3f} s."]

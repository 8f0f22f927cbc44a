r"""Estimate nullifiers ``g_i = p_i - d phi / d x_i`` of a hypergraph state from the readouts of its circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.ir.circuit import Circuit
from compiler.ir.operations import PREPARATIONS, Homodyne, PolynomialPhase
from compiler.ir.polynomial import Polynomial, Variable


@dataclass(frozen=True, slots=True)
class SampleMoments:
    """Mean and variance of a sample, with the standard error of the mean."""

    name: str
    mean: float
    variance: float
    stderr: float


def sample_moments(name: str, values: NDArray[np.float64]) -> SampleMoments:
    """Return the moments of one sample; the variance of a single shot is 0."""
    variance = float(values.var(ddof=1)) if len(values) > 1 else 0.0
    return SampleMoments(name, float(values.mean()), variance, sqrt(variance / len(values)))


def nullifier_polynomials(source: Circuit) -> dict[str, Polynomial]:
    """Return every nullifier that a circuit's readouts determine, as a polynomial in their names.

    Parameters
    ----------
    source : Circuit
        Logical circuit whose phase gates come before its readouts, as `qumode_khrnn.network.cell.state_circuit` makes
        it.
    """
    phi = Polynomial()
    momentum: dict[int, str] = {}
    position: dict[Variable, Variable] = {}
    for op in source.operations:
        if isinstance(op, PolynomialPhase):
            if momentum or position:
                return {}
            phi = phi + op.polynomial
        elif isinstance(op, Homodyne):
            if isclose(op.angle, pi / 2):
                momentum[op.modes[0]] = op.result
            elif op.angle == 0.0:
                position[op.modes[0]] = op.result
        elif not isinstance(op, PREPARATIONS) or phi or momentum or position:
            return {}
    slopes = {mode: phi.derivative(mode) for mode in sorted(momentum)}
    return {
        f"g{mode}": Polynomial.monomial((momentum[mode],)) - slope.relabel(position.__getitem__)
        for mode, slope in slopes.items()
        if all(v in position for v in slope.variables)
    }


def nullifiers(source: Circuit, results: Mapping[str, NDArray[np.float64]]) -> tuple[SampleMoments, ...]:
    """Return moments of the nullifiers that a circuit's readouts determine, where float64 can hold the difference.

    Parameters
    ----------
    source : Circuit
        See `nullifier_polynomials`.
    results : mapping from name to array, shape (shots,)
        Outcomes of its readouts.
    """
    out = []
    for name, polynomial in nullifier_polynomials(source).items():
        found = sample_moments(name, np.asarray(polynomial.evaluate(results)))
        sizes = Polynomial({key: abs(c) for key, c in polynomial.terms.items()})
        largest = float(np.max(sizes.evaluate({v: np.abs(results[v]) for v in polynomial.names})))
        if 1e-16 * largest <= 1e-4 * sqrt(found.variance):  # else rounding drowns it
            out.append(found)
    return tuple(out)

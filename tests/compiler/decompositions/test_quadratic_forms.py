"""Quadratic phases between beamsplitters shift momenta by the gradient, by few beamsplitters where values are equal."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.decompositions.quadratic_forms import connected_parts, diagonal_form
from compiler.ir.operations import BeamSplitter, Displacement, Operation, PolynomialPhase, Shear, phase
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import symplectic


def linear_map(gates: list[Operation], modes: tuple[int, ...]) -> np.ndarray:
    """The matrix of gates on x and p, of all modes in order."""
    steps = [gate for gate in gates if not isinstance(gate, Displacement)]
    found, matrix = symplectic([*steps, *(Shear((m,), 0.0) for m in modes)])
    order = [found.index(m) for m in modes]
    return matrix[np.ix_([*order, *(len(modes) + k for k in order)], [*order, *(len(modes) + k for k in order)])]


def gradient(f: Polynomial, modes: tuple[int, ...]) -> np.ndarray:
    """Second derivatives of f, by differences of its first derivatives at unit points: exact up to rounding."""
    zero = {m: 0.0 for m in modes}
    return np.array(
        [[f.derivative(a).evaluate({**zero, b: 1.0}) - f.derivative(a).evaluate(zero) for b in modes] for a in modes]
    )


def edges(pairs: list[tuple[int, int]], weight: float) -> PolynomialPhase:
    return phase(sum((Polynomial.monomial(pair, weight) for pair in pairs), Polynomial({})))


@given(st.data())
def test_momenta_gain_the_gradient(data: st.DataObject) -> None:
    modes = tuple(data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=5, unique=True)))
    some = st.sampled_from([-0.7, -0.5, 0.25, 0.5, 1.0]) | st.floats(-2.0, 2.0).filter(lambda v: abs(v) > 1e-3)
    terms = {m: data.draw(some) for m in modes}
    f = sum((Polynomial.monomial((m,), c) for m, c in terms.items()), Polynomial({}))
    for pair in data.draw(st.lists(st.sampled_from([(a, b) for a in modes for b in modes]), max_size=8)):
        f = f + Polynomial.monomial(pair, data.draw(some))
    gate = phase(f)
    gates = diagonal_form(gate)
    wanted = np.eye(2 * len(gate.modes))
    wanted[len(gate.modes) :, : len(gate.modes)] = gradient(f, gate.modes)
    assert np.abs(linear_map(gates, gate.modes) - wanted).max() <= 1e-12 * (1.0 + np.abs(wanted).max())
    kicks = {op.modes[0]: op.p for op in gates if isinstance(op, Displacement)}
    assert kicks == {m: pytest.approx(c) for m, c in terms.items()}
    assert all(op.phi == 0.0 for op in gates if isinstance(op, BeamSplitter))


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_a_complete_graph_takes_a_tree_of_beamsplitters_on_each_side(n: int) -> None:
    gates = diagonal_form(edges(list(combinations(range(n), 2)), 0.3))
    assert sum(isinstance(op, BeamSplitter) for op in gates) == 2 * (n - 1)
    strengths = sorted(op.s for op in gates if isinstance(op, Shear))
    assert strengths == pytest.approx([-0.3] * (n - 1) + [0.3 * (n - 1)])  # eigenvalues of the adjacency matrix


def test_separate_edges_and_squares_share_nothing() -> None:
    mixed = edges([(0, 4), (2, 3), (3, 4)], 0.4).polynomial + Polynomial({(): 2.0}) + Polynomial.monomial((1,), 0.1)
    mixed = mixed + Polynomial.monomial((5, 5), 0.2) + Polynomial.monomial((4,), 0.3) + Polynomial.monomial((6, 8), 0.1)
    parts = connected_parts(mixed)
    assert sorted(part.variables for part in parts) == [(0, 2, 3, 4), (1,), (5,), (6, 8)]
    assert sum(parts, Polynomial({(): 2.0})) == mixed
    squares = diagonal_form(phase(Polynomial.monomial((0, 0), 0.2) + Polynomial.monomial((1, 1), 0.2)))
    assert squares == [Shear((0,), 0.4), Shear((1,), 0.4)]
    assert diagonal_form(phase(Polynomial.monomial((5,), 0.3))) == [Displacement((5,), 0.0, 0.3)]

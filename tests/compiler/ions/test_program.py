"""Programs of ions do their gate within the stated error, at a depth that no further mode changes."""

from math import sqrt

import mpmath
import numpy as np
import pytest
from ions_support import CUBIC, EXTENT, QUICK, WEIGHT, direct, edge_of_three_modes

from compiler.errors import InputError
from compiler.ions import compile_edge, compile_to_sequences, synthesise
from compiler.ions.sequences.synthesis import _shorter
from compiler.ir.polynomial import Polynomial


@pytest.fixture(scope="module")
def edge():
    """One edge: k = 3, w = 0.3, |u . x| <= 4, error 1e-2; searched for once."""
    return edge_of_three_modes()


def test_one_edge_of_three_modes(edge):
    assert len(edge.gates) == 4 and edge.error_bound <= 1e-2
    pulses = [gate.synthesised.sequence.pulses for gate in edge.gates]
    assert len(set(pulses)) == 1 and pulses[0] <= 10
    rng = np.random.default_rng(9)
    x = rng.uniform(-6, 6, size=(40_000, 3))
    u = np.array([gate.direction.vector for gate in edge.gates])
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), 1.0, rtol=1e-14)
    x = x[np.abs(x @ u.T).max(axis=1) <= EXTENT]
    assert len(x) > 1_000
    # the whole product of four sequences, on one spin and leaks included
    assert 0.1 * edge.error_bound < edge.sampled_error(x) <= edge.error_bound
    # one sequence at 30 digits
    gate = edge.gates[0]
    for s in rng.uniform(-EXTENT, EXTENT, size=6):
        p, q = direct(gate.synthesised.sequence, mpmath.mpf(s))
        ideal = mpmath.expj(gate.direction.phase.value(np.array([s]))[0])
        assert float(mpmath.sqrt(abs(p - ideal) ** 2 + abs(q) ** 2)) <= gate.synthesised.error.sup_norm
    assert abs(gate.direction.phase.coefficients[3]) == pytest.approx(CUBIC.coefficients[3], rel=1e-12)


def test_equal_terms_share_one_search(edge):
    searches = _shorter.cache_info().misses
    again = synthesise(-CUBIC.scaled(2.0), EXTENT / 2.0, 1e-2 / 4)  # the same c X^3, up to its sign
    assert _shorter.cache_info().misses == searches
    areas = {tuple(np.abs(gate.synthesised.sequence.areas)) for gate in edge.gates}
    assert areas == {tuple(0.5 * np.abs(again.sequence.areas))}


@pytest.mark.parametrize(("modes", "extent", "error"), [((1, 0), 4.0, 2e-2), ((0, 1, 2, 3), 2.5, 5e-2)])
def test_edges_of_two_and_four_modes(modes, extent, error):
    program = compile_edge(modes, WEIGHT, extent, error, QUICK)
    k = len(modes)
    assert len(program.gates) == 2 ** (k - 1) and program.error_bound <= error
    x = np.random.default_rng(10).uniform(-1, 1, size=(20_000, k)) * extent / sqrt(k)  # |u . x| <= extent everywhere
    assert program.sampled_error(x) <= program.error_bound


def test_symbols_are_refused_and_constants_dropped():
    with pytest.raises(InputError, match="bind w first"):
        compile_to_sequences(Polynomial.monomial((0, 1, "w")), 1.0, 0.1)
    program = compile_to_sequences(Polynomial({(): 2.0, ((3, 1),): 0.5}), 1.0, 0.1)
    assert program.depth == 1 and program.gates[0].direction.phase.coefficients == (0.0, 0.25)


def test_depth_does_not_depend_on_the_number_of_modes():
    shapes = set()
    for n in (4, 8, 16, 30, 60):
        program = compile_edge((0, n // 2, n - 1), WEIGHT, 2.0, 3e-2, QUICK)
        shapes.add((program.depth, program.displacements, tuple(g.synthesised.sequence.pulses for g in program.gates)))
    assert len(shapes) == 1

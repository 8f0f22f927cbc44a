"""Eigen-peeling realises any form, with eigenvectors of different blocks on modes of their own."""

import warnings

import numpy as np
import pytest
from cubic_forms import general, realises, sparse
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter
from compiler.semantics.equivalence import equivalent
from compiler.synthesis.choose import FailedProofWarning, synthesise
from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import SynthesisOptions
from compiler.synthesis.peeling import _blocks, _onto_modes, natural_hub, peel
from compiler.synthesis.strategies import coloured
from compiler.synthesis.structure import shared_factors


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 12))
def test_eigen_peeling_realises_any_form(seed, n, count):
    form = general(n, seed, count)
    plans = [peel(form, hubs, tilted=t) for hubs in (None, shared_factors(form)) for t in (False, True)]
    for plan in plans:
        assert realises(form, plan), plan.strategy
        assert plan.cubics <= form.polarization_cubics
    assert plans[-1].strength <= form.polarization_strength * (1 + 1e-12)  # tilted: never stronger


def test_stars_that_share_no_variable_run_side_by_side():
    """A path of stars, each with a mode of the next: two colours serve, at twice the depth 2 of one star."""
    terms = {(2 * k, 2 * k + 1, 2 * k + 2): 0.3 for k in range(6)}
    form = CubicForm(13, terms)
    hubs = {key: key[0] for key in terms}
    assert coloured(form, hubs).depth == 4 < peel(form, hubs).depth
    assert coloured(form, hubs).cubics == peel(form, hubs).cubics


# --- eigenvectors of nearly equal eigenvalues ------------------------------------------------------------------------


def rotation_of(operations, n):
    """The matrix of real beamsplitters."""
    out = np.eye(n)
    for op in operations:
        assert isinstance(op, BeamSplitter)
        a, b = op.modes
        turn = np.eye(n)
        turn[np.ix_((a, b), (a, b))] = [[np.cos(op.theta), -np.sin(op.theta)], [np.sin(op.theta), np.cos(op.theta)]]
        out = turn @ out
    return out


@pytest.mark.parametrize("entries", [2, 4, 9, 16])
@pytest.mark.parametrize("cross_talk", [0.0, 1e-15, 6e-15, 1.8e-14, 3e-14, 1e-13, 1e-12, 1e-8])
def test_forms_that_mix_a_little_land_on_different_modes(entries, cross_talk):
    """Eigenvectors of two blocks, as they come out of a diagonalisation of both with nearly equal eigenvalues.

    Single entries of the mixture may lie below what counts as rounding, and their sum above it.
    """
    n = 2 + entries
    first, second = np.zeros(n), np.zeros(n)
    first[:2], second[2:] = 0.5**0.5, entries**-0.5
    c, s = np.cos(cross_talk), np.sin(cross_talk)
    rows = np.array([c * first + s * second, c * second - s * first])
    operations, (places, signs) = _onto_modes(rows, tuple(range(n)))
    assert len(set(places)) == 2
    expected = np.zeros((2, n))
    expected[[0, 1], places] = signs
    # what is left out on the way is below 1e-14 an entry
    np.testing.assert_allclose(rows @ rotation_of(operations, n).T, expected, atol=1e-13)


FROM_FORTY_MODES = {
    (0, 1, 11): 0.30193470003766787,
    (0, 9, 11): 0.19633053070386952,
    (0, 11, 12): 0.3501917563297263,
    (0, 8, 12): -0.19043098968959848,
    (0, 12, 14): 0.3232603810221407,
    (0, 4, 13): 0.38730313731109367,
    (0, 5, 13): 0.367365518194012,
    (0, 10, 13): -0.1967041016086616,
    (0, 2, 3): -0.2307418289207032,
    (0, 6, 7): 0.1696303048110258,
}
"""A star of a random hypergraph with 200 edges on 40 modes. Its quadratic form has four blocks and the rank 10 of 14
variables; diagonalised as a whole, two of its eigenvectors came to lie on one mode, with a residual of 0.2."""


def test_a_star_of_several_blocks_with_a_null_space():
    form = CubicForm(15, FROM_FORTY_MODES)
    for tilted in (False, True):
        plan = peel(form, {key: 0 for key in form.terms}, tilted=tilted)
        assert plan.cubics == 20
        assert realises(form, plan)


@pytest.mark.parametrize("detuning", [0.0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-9])
def test_equal_and_nearly_equal_blocks(detuning):
    """``x_h w (y1 y2 + (1 + d) y3 y4 + y5 (y6 + y7) / sqrt2)``: three times the eigenvalues +-w/2, or nearly so."""
    w = 0.3
    pairs = {(1, 2): w, (3, 4): w * (1 + detuning), (5, 6): w * 0.5**0.5, (5, 7): w * 0.5**0.5 * (1 - detuning)}
    order = np.random.default_rng(4).permutation(np.arange(1, 8))
    terms = {(0, *sorted((int(order[a - 1]), int(order[b - 1])))): c for (a, b), c in pairs.items()}
    form = CubicForm(8, terms)
    for tilted in (False, True):
        plan = peel(form, {key: 0 for key in terms}, tilted=tilted)
        assert plan.cubics == 12 and realises(form, plan)


def test_blocks_are_what_a_matrix_connects():
    matrix = np.zeros((6, 6))
    matrix[0, 3] = matrix[3, 0] = matrix[3, 5] = matrix[5, 3] = 1e-200
    matrix[2, 2] = 1.0
    assert sorted(_blocks(matrix)) == [[0, 3, 5], [1], [2], [4]]


def some_sparse_form(seed):
    """20 to 100 modes, more often few, with 2 to 8 edges per mode."""
    rng = np.random.default_rng(seed)
    n = 20 + int(80 * rng.random() ** 3)
    return sparse(n, int(rng.uniform(2.0, 8.0) * n), seed)


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_every_peeling_of_random_hypergraphs_is_proved(first):
    for seed in range(first, first + 20):
        form = some_sparse_form(seed)
        source, hubs = Circuit(form.size, (form.gate,)), shared_factors(form)
        for plan in (coloured(form, hubs), peel(form, hubs, tilted=True)):
            verdict = equivalent(source, Circuit(form.size, plan.operations))
            assert verdict.equivalent, (seed, plan.strategy, verdict.reason)


def test_no_plan_of_a_random_hypergraph_fails_its_proof():
    seeds = [seed for seed in range(200) if some_sparse_form(seed).size < 40]
    assert len(seeds) > 100
    with warnings.catch_warnings():
        warnings.simplefilter("error", FailedProofWarning)
        for seed in seeds[::2]:
            _, rows = synthesise(some_sparse_form(seed), SynthesisOptions(effort=0.0))
            assert not any(row.failed for row in rows)
            assert all(row.residual <= 1e-11 for row in rows if row.chosen)


def test_natural_hubs():
    assert [natural_hub(key) for key in ((0, 1, 2), (0, 0, 2), (0, 2, 2), (1, 1, 1))] == [0, 2, 0, 1]

"""Cross-validation of small programs: it agrees where it should and fails where it must; Fock quadratures, Wigner."""

from dataclasses import replace
from math import exp, pi, sqrt

import numpy as np
import pytest
from absent_packages import needs
from random_programs import edge, p_of, squeezed, x_of
from scipy.stats import norm

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from simulations.backends import mrmustard as mrmustard_backend
from simulations.backends import strawberryfields as fields
from simulations.backends.fock import quadrature_cdf, quadrature_moments, quadrature_quantiles
from simulations.backends.registry import Noise
from simulations.exact import moments
from simulations.heralding.wigner import wigner
from simulations.programs.cross_validation import cross_validate
from simulations.programs.instances import gathered, small_instance
from simulations.programs.nullifiers import nullifier_polynomials

GRAPH = Hypergraph(
    5, (Hyperedge((0, 3), 0.9), Hyperedge((1, 3, 4), 0.3), Hyperedge((3, 4), -0.2), Hyperedge((0, 1, 2), 0.0))
)
GAUSSIAN = Circuit(2, (*squeezed(2, 0.4), ops.ControlledZ((0, 1), 0.5), ops.Loss((0,), 0.8), p_of(0), x_of(1)))
CUBIC = Circuit(2, (*squeezed(2, 0.2), ops.CubicPhase((0,), 0.1), ops.BeamSplitter((0, 1), 0.6), p_of(0), x_of(1)))


def quiet(what, total):
    return lambda done: None


def validate(circuit, cutoffs=(4, 12)):
    return cross_validate("program", circuit, 1, quiet, pure_cutoffs=cutoffs, mixed_cutoffs=cutoffs)


@pytest.mark.parametrize("profile", ["ideal-cubic", "photonic-cubic"])
def test_small_instance_is_the_induced_hypergraph(profile):
    native = small_instance(state_circuit(GRAPH, 0.9), load_profile(profile))
    r = 0.5  # at most
    inside = Polynomial.monomial((0, 1, 2), 0.3) + Polynomial.monomial((1, 2), -0.2)  # modes 1, 3, 4
    direct = Circuit(3, (*squeezed(3, r), ops.phase(inside), p_of(0, "p0"), x_of(1, "x1"), x_of(2, "x2")))
    found, expected = moments(native), moments(direct)
    for name in expected.names:
        assert found.of(name) == pytest.approx(expected.of(name), abs=1e-9)
    with pytest.raises(InputError, match="no edge of two or three"):
        small_instance(Circuit(1, (*squeezed(1, 0.3), edge(0), x_of(0))), load_profile(profile))


def test_gathered_loss_stands_before_the_readout():
    profile = load_profile("photonic-cubic")
    native = small_instance(state_circuit(GRAPH, 0.4), profile)
    noisy = Noise(profile).placed(native)
    out = gathered(native, noisy).operations
    for i, op in enumerate(out):
        if isinstance(op, ops.Homodyne):
            total = np.prod([o.eta for o in noisy.operations if isinstance(o, ops.Loss) and o.modes == op.modes])
            assert out[i - 1].modes == op.modes
            assert out[i - 1].eta == pytest.approx(total, rel=1e-12)
            assert total < 1.0
    assert tuple(o for o in out if not isinstance(o, ops.Loss)) == native.operations


@needs("strawberryfields", "mrmustard")
def test_gaussian_program_agrees_everywhere():
    found = validate(GAUSSIAN)
    assert found.closed_form and not found.unexplained and not found.refused
    assert {row.backend for row in found.rows} == {"exact", "grid", "mrmustard", "strawberryfields"}
    assert all(row.verdict == "agrees" for row in found.rows)
    assert found.exact["p"][1] == pytest.approx(0.8 * (exp(-0.8) + 0.25 * exp(0.8)) + 0.2)


@needs("strawberryfields", "mrmustard")
def test_cubic_program_agrees_or_is_explained_by_the_cutoff():
    found = validate(CUBIC)
    assert not found.unexplained and not found.refused
    assert {r.verdict for r in found.rows if r.setting == "Fock cutoff 4"} >= {"explained by cutoff"}
    assert {r.verdict for r in found.rows if r.setting == "Fock cutoff 12"} == {"agrees"}
    assert {r.verdict for r in found.rows if r.backend in ("exact", "grid", "mrmustard")} == {"agrees"}


@needs("mrmustard")
def test_a_wrong_variance_is_found(monkeypatch):
    right = mrmustard_backend.gaussian_moments
    monkeypatch.setattr(mrmustard_backend, "gaussian_moments", lambda c: replace(right(c), cov=1.05 * right(c).cov))
    found = validate(GAUSSIAN)
    assert {row.backend for row in found.rows if row.verdict == "unexplained"} == {"mrmustard"}
    assert found.unexplained == tuple(f"program: mrmustard (Gaussian) differs in {n} by 0.05" for n in ("p", "x"))


@needs("strawberryfields")
def test_a_wrong_sign_is_found(monkeypatch):
    right = fields.single_modes

    def wrong(circuit, cutoff):
        flipped = tuple(replace(o, gamma=-o.gamma) if isinstance(o, ops.CubicPhase) else o for o in circuit.operations)
        return right(circuit.with_operations(flipped), cutoff)

    monkeypatch.setattr(fields, "single_modes", wrong)
    found = validate(CUBIC)
    assert any("strawberryfields (Fock cutoff 12) differs in p" in text for text in found.unexplained)


def test_nullifier_polynomials():
    source = state_circuit(GRAPH, 0.7)
    found = nullifier_polynomials(source)
    assert set(found) == {f"g{m}" for m in GRAPH.independent_modes()}
    names = {m: f"x{m}" for m in range(5)}
    for mode in GRAPH.independent_modes():
        expected = Polynomial.monomial((f"p{mode}",))
        for e in GRAPH.star(mode):
            expected -= Polynomial.monomial(tuple(names[m] for m in e.modes if m != mode), e.weight)
        assert found[f"g{mode}"].terms == pytest.approx(dict(expected.terms))
        assert moments(source, found).of(f"g{mode}")[1] == pytest.approx(exp(-1.4), rel=1e-9)
    assert nullifier_polynomials(CUBIC) == {}


def squeezed_dm(r, cutoff):
    """Squeeze(r) on the vacuum: amplitudes (-tanh r)^m sqrt((2m)!) / (2^m m! sqrt(cosh r))."""
    ket = np.zeros(cutoff)
    ket[0] = 1 / sqrt(np.cosh(r))
    for m in range(1, (cutoff + 1) // 2):
        ket[2 * m] = -np.tanh(r) * sqrt((2 * m - 1) / (2 * m)) * ket[2 * m - 2]
    return np.outer(ket, ket).astype(complex)


@pytest.mark.parametrize("angle", [0.0, 0.6, pi / 2])
def test_fock_quadratures_of_squeezed_states_are_normal(angle):
    rho, r = squeezed_dm(0.4, 40), 0.4
    deviation = sqrt(exp(-2 * r) * np.cos(angle) ** 2 + exp(2 * r) * np.sin(angle) ** 2)
    law, x = norm(0.0, deviation), np.linspace(-3, 3, 13) * deviation
    assert quadrature_moments(rho, angle) == pytest.approx((0.0, deviation**2), abs=1e-8)
    assert quadrature_cdf(rho, angle)(x) == pytest.approx(law.cdf(x), abs=1e-5)
    share = np.array([0.01, 0.3, 0.5, 0.8, 0.99])
    assert quadrature_quantiles(rho, angle)(share) == pytest.approx(law.ppf(share), abs=1e-3)


def test_wigner_function_is_normalised_and_has_its_marginals():
    x, p = np.linspace(-7, 7, 141), np.linspace(-8, 8, 161)
    vacuum = np.zeros((3, 3), dtype=complex)
    vacuum[0, 0] = 1.0
    assert wigner("vacuum", vacuum, x, p).values[70, 80] == pytest.approx(1 / (2 * pi), rel=1e-9)
    found = wigner("squeezed", squeezed_dm(0.4, 40), x, p).values
    assert found.sum() * 0.01 == pytest.approx(1.0, abs=1e-5)
    assert found.sum(axis=1) * 0.1 == pytest.approx(norm(0.0, exp(-0.4)).pdf(x), abs=1e-5)
    assert found.sum(axis=0) * 0.1 == pytest.approx(norm(0.0, exp(0.4)).pdf(p), abs=1e-5)

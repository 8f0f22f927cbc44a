"""Log-densities of records against closed forms, quadrature and histograms.

Estimates by trajectories are compared within 5 of their own standard errors (a false failure in 6e-7 of all seeds, if
the errors are normal and rightly stated, which is part of what is tested); seeds are fixed.
"""

from math import exp, log, pi

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed, x_of
from scipy.integrate import quad, trapezoid
from scipy.stats import multivariate_normal, norm

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.exact import log_density, moments, simulate

NOTHING = ops.CubicPhase((0,), 0.0)
"""Does nothing, but is not Gaussian: takes a circuit off the closed form and on to trajectories."""


def rng(seed=0):
    return np.random.default_rng(seed)


def gaussian_reference(circuit, answers):
    found = moments(circuit)
    return multivariate_normal(found.mean, found.cov).logpdf([answers[name] for name in found.names])


def lossy_gaussian(middle=()):
    fed = Polynomial.monomial(("a",), 0.5)
    return Circuit(
        3,
        (
            *squeezed(3, 0.4),
            ops.ControlledX((0, 1), 0.7),
            ops.ControlledZ((1, 2), 0.4),
            ops.Loss((1,), 0.8),
            *middle,
            ops.ControlledX((0, 2), 0.5),
            ops.Displacement((1,), 0.3, -0.2),
            x_of(1, "a"),
            ops.Displacement((0,), fed, 0.1),
            ops.ThermalLoss((0,), 0.9, 0.2),
            ops.Shear((0,), 0.3),
            p_of(0, "b"),
            ops.Homodyne((2,), 0.7, "c"),
        ),
    )


RECORDS = [{"a": 0.0, "b": 0.0, "c": 0.0}, {"a": 1.2, "b": -0.8, "c": 0.5}, {"a": -2.0, "b": 2.0, "c": 1.0}]


@pytest.mark.parametrize("answers", RECORDS)
def test_normal_programs_have_the_closed_form(answers):
    found = log_density(lossy_gaussian(), answers, rng())
    assert (found.method, found.stderr) == ("closed form", 0.0)
    assert found.value == pytest.approx(gaussian_reference(lossy_gaussian(), answers), rel=1e-9)


@pytest.mark.parametrize("answers", RECORDS)
def test_trajectories_agree_with_the_closed_form_of_the_same_program(answers):
    circuit = lossy_gaussian((NOTHING,))
    found = log_density(circuit, answers, rng(1), 4000)
    assert found.method == "trajectories"
    assert 0.0 < found.stderr < 0.1
    assert abs(found.value - gaussian_reference(lossy_gaussian(), answers)) < 5 * found.stderr


def test_density_of_a_lossy_cubic_readout_is_normalised_and_is_that_of_samples():
    circuit = Circuit(1, (*squeezed(1, 0.4), ops.CubicPhase((0,), 0.3), ops.Loss((0,), 0.9), p_of(0)))
    at = np.linspace(-6, 16, 221)
    # the same seed everywhere: one smooth curve
    density = np.exp([log_density(circuit, {"p": float(p)}, rng(2), 2000).value for p in at])
    assert trapezoid(density, at) == pytest.approx(1.0, abs=0.02)
    samples = simulate(circuit, 40_000, rng(3)).results["p"]
    edges = np.linspace(-3, 4, 8)
    counts, _ = np.histogram(samples, edges)
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        inside = (at >= low - 1e-9) & (at <= high + 1e-9)
        expected = trapezoid(density[inside], at[inside])
        # 5 standard errors of the count, and 5 % for the 2000 trajectories behind the density
        assert abs(count / 40_000 - expected) < 5 * np.sqrt(expected / 40_000) + 0.05 * expected


def test_chain_of_laws_is_the_density_when_nothing_is_hidden():
    circuit = Circuit(3, (*squeezed(3, 0.5), edge(0, 1, 2), edge(0, 1), x_of(1, "a"), x_of(2, "b"), p_of(0, "p")))
    answers = {"a": 0.9, "b": -1.1, "p": 0.4}
    laws = simulate(circuit, 1, rng(), answers).laws
    expected = sum(norm(law.mean, law.variance**0.5).logpdf(answers[name]) for name, law in laws.items())
    found = log_density(circuit, answers, rng())
    assert (found.method, found.stderr) == ("closed form", 0.0)
    assert found.value == pytest.approx(expected, rel=1e-9)
    wide = exp(1.0)  # by hand: two positions of variance e^{2r}, and the nullifier
    by_hand = sum(norm(0, wide**0.5).logpdf(v) for v in (0.9, -1.1))
    by_hand += norm(0.3 * 0.9 * -1.1 + 0.3 * 0.9, wide**-0.5).logpdf(0.4)
    assert found.value == pytest.approx(by_hand, rel=1e-9)


def cubic_density(p, deviation, gamma):
    """|<p|psi>|^2 of a cubic phase on a normal density, by quadrature."""

    def part(f):
        g = lambda x: exp(-0.25 * (x / deviation) ** 2) * f(0.5 * (gamma * x**3 / 3 - p * x))  # noqa: E731
        return quad(g, -12 * deviation, 12 * deviation, limit=400, epsabs=1e-12)[0]

    amplitude = (part(np.cos) ** 2 + part(np.sin) ** 2) / (4 * pi)
    return amplitude / (2 * pi * deviation**2) ** 0.5


@pytest.mark.parametrize("p", [-2.0, 0.0, 1.0, 3.0])
def test_density_of_a_cubic_state_by_quadrature(p):
    circuit = Circuit(1, (*squeezed(1, 0.5), ops.CubicPhase((0,), 0.2), p_of(0)))
    found = log_density(circuit, {"p": p}, rng())
    assert found.method == "closed form"
    assert exp(found.value) == pytest.approx(cubic_density(p, exp(0.5), 0.2), rel=1e-6)


def test_density_of_a_cubic_state_does_not_repeat_far_out():
    # the Fourier sum has a period: p = 70 had the density of p = 0
    circuit = Circuit(1, (*squeezed(1, 0.5), ops.CubicPhase((0,), 0.1), p_of(0)))
    for p in np.arange(20.0, 400.0, 1.0):
        assert log_density(circuit, {"p": float(p)}, rng()).value < -25.0


def test_a_record_with_loss_on_the_way_against_a_histogram():
    fed = Polynomial.monomial(("a",), 0.3)
    circuit = Circuit(
        2,
        (
            *squeezed(2, 0.3),
            ops.CubicPhase((0,), 0.2),
            ops.ControlledX((0, 1), 0.8),
            ops.Loss((0,), 0.8),
            x_of(1, "a"),
            ops.Shear((0,), fed),
            p_of(0, "b"),
        ),
    )
    shots = 400_000
    out = simulate(circuit, shots, rng(4)).results
    for answers in ({"a": 0.0, "b": 0.3}, {"a": 1.0, "b": -0.5}):
        half = 0.15
        count = np.sum((np.abs(out["a"] - answers["a"]) < half) & (np.abs(out["b"] - answers["b"]) < half))
        found = log_density(circuit, answers, rng(5), 4000)
        assert found.method == "trajectories"
        expected = log(count / shots / (2 * half) ** 2)
        # the mean over a box of half width h differs from the middle by h^2/6 of the curvature: below 2 %
        assert abs(found.value - expected) < 5 * (found.stderr + 1 / count**0.5) + 0.02


def long_record(reads, middle=()):
    """A mode that loses between readouts by fresh ancillas: few trajectories soon carry all the weight."""
    out = [*squeezed(1, 0.5), *middle]
    for t in range(reads):
        out += [ops.PrepareSqueezed((1,), 0.3), ops.ControlledX((0, 1), 1.0), ops.Loss((0,), 0.7)]
        out += [ops.Shear((0,), 0.3), x_of(1, f"y{t}")]
    return Circuit(2, tuple(out), (1,))


def test_trajectories_drawn_again_are_unbiased(monkeypatch):
    circuit, same = long_record(10, (NOTHING,)), long_record(10)
    answers = {name: 0.8 * (-1) ** t + 0.1 * t for t, name in enumerate(circuit.results)}
    expected = gaussian_reference(same, answers)
    drawn = []
    from simulations.exact.state import State

    select = State.select
    monkeypatch.setattr(State, "select", lambda self, shots: (drawn.append(1), select(self, shots))[1])
    runs = [log_density(circuit, answers, rng(seed), 60) for seed in range(150)]
    assert len(drawn) > 150
    ratio = np.exp([run.value - expected for run in runs])  # the density is unbiased, its logarithm is not
    assert abs(ratio.mean() - 1.0) < 5 * ratio.std() / len(ratio) ** 0.5
    assert ratio.std() / len(ratio) ** 0.5 < 0.1  # the test can tell
    stated = np.mean([run.stderr for run in runs])
    assert 0.4 < stated / np.std([run.value for run in runs]) < 2.5


DETECTORS = [
    (ops.Homodyne((0,), 0.0, "y"), (ops.Loss((0,), 0.7),)),
    (ops.Homodyne((0,), pi / 2, "y"), (ops.Loss((0,), 0.7),)),
    (ops.Homodyne((0,), 0.7, "y"), (ops.ThermalLoss((0,), 0.7, 0.4),)),
    (ops.Homodyne((0,), 0.7 + pi, "y"), (ops.Loss((0,), 0.7), ops.DisplacementNoise((0,), 0.2, 0.1))),
    (ops.Homodyne((0,), 0.0, "y"), (ops.Loss((0,), 0.0),)),
    (ops.Homodyne((0,), 0.0, "y"), (ops.DisplacementNoise((0,), 2.0, 0.1), ops.Loss((0,), 0.5))),
    (ops.Homodyne((0,), pi / 2, "y"), (ops.DisplacementNoise((0,), 0.1, 2.0), ops.Loss((0,), 0.5))),
    (ops.Homodyne((0,), pi / 2, "y"), (ops.Loss((0,), 0.0), ops.DisplacementNoise((0,), 0.2, 0.1))),
]


@pytest.mark.parametrize(("read", "noise"), DETECTORS)
@pytest.mark.parametrize("given", [0.4, -1.3])
def test_noisy_detectors_with_given_outcomes(read, noise, given):
    """The other mode's readout follows from what the detector leaves: the joint normal law, by trajectories."""
    body = (*squeezed(2, 0.4), ops.Displacement((0,), 0.5, 0.2), ops.Shear((0,), 0.2), ops.ControlledX((0, 1), 0.6))
    answers = {"y": given, "z": 0.3}
    plain = Circuit(2, (*body, *noise, read, x_of(1, "z")))
    off = Circuit(2, (NOTHING, *plain.operations[:2], NOTHING, *plain.operations[2:]))
    found = log_density(off, answers, rng(6), 4000)
    assert abs(found.value - gaussian_reference(plain, answers)) < 5 * found.stderr + 1e-9
    assert found.stderr < 0.05


def test_records_must_be_complete():
    circuit = Circuit(1, (x_of(0),))
    for answers in ({}, {"x": 0.0, "y": 0.0}):
        with pytest.raises(InputError, match="a record must give"):
            log_density(circuit, answers, rng())
    with pytest.raises(InputError, match="trajectories"):
        log_density(Circuit(1, (NOTHING, x_of(0))), {"x": 0.0}, rng(), 0)

"""HSMT over the real numbers, against wave functions on grids, quadrature and the exact simulator.

Statistical tests fix their seed; a bound of p > 1e-4 fails for one seed in 10^4.
"""

from collections import defaultdict
from math import exp, pi, sqrt

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed
from scipy.special import ndtr
from scipy.stats import chi2, kstest, norm

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, ShiftToken, is_determined
from qumode_khrnn.hsmt.score import ModelInfo, calibration, score_answers
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.product_state import LeavesProductError, draw, product_reference
from qumode_khrnn.ideal.reference import exact_reference, reference, simulator_reference
from qumode_khrnn.network.cell import Network
from qumode_khrnn.rivals.phase_space import phase_space_answers
from simulations import grid
from simulations.laws.product import ProductLaw
from simulations.laws.triad import TriadLaw

MODEL = ModelInfo("model", "test", 4, "modes")

# --- the contextual probe against wave functions ---------------------------------------------------------------------

CASES = [
    (0.3, (0.0, 0.0, 0.0), (2.2, 2.2, 2.2), (0.0, 0.0, 0.0), 0.7),
    (-0.4, (0.5, -0.3, 0.8), (1.5, 2.5, 2.0), (0.3, -0.4, 0.6), 0.6),
    (0.2, (-0.7, 1.0, 0.2), (2.6, 1.2, 1.8), (-0.5, 0.1, 0.9), 0.8),
]
"""Weight, position means and variances, momenta, noise of the readouts."""

POINTS, REACH = 72, 12.0
"""Of the position grid: 8 deviations; momenta up to 18.8, 2 pi / 12 apart. With noise s and variance v the sum over
momenta errs by about exp(-12^2 / (2 (v + 1 / s))) < 1e-8."""


def momentum_weights(case):
    """Momenta of the grid (hbar = 2) and ``|psi(p)|^2``, summing to 1."""
    weight, means, variances, momenta, _ = case
    step = 2 * REACH / POINTS
    x = -REACH + step * np.arange(POINTS)
    psi = np.ones((1, 1, 1), dtype=complex)
    for axis, (m, v, mu) in enumerate(zip(means, variances, momenta, strict=True)):
        one = np.exp(-((x - m) ** 2) / (4 * v) + 0.5j * mu * x)
        psi = psi * one.reshape([-1 if a == axis else 1 for a in range(3)])
    a, b, c = np.meshgrid(x, x, x, indexing="ij", sparse=True)
    found = np.abs(np.fft.fftn(psi * np.exp(0.5j * weight * a * b * c))) ** 2
    return 4 * pi * np.fft.fftfreq(POINTS, step), found / found.sum()


def grid_laws(case, answers):
    """Density and distribution function of the second answer, and of the third, at the given answers."""
    p, joint = momentum_weights(case)
    width = sqrt(case[-1])
    dense = [norm.pdf(y, p, width) for y in answers]
    below = [ndtr((y - p) / width) for y in answers]
    first = np.einsum("abc,a->", joint, dense[0])
    two = np.einsum("abc,a,b->", joint, dense[0], dense[1])
    return (
        (two / first, np.einsum("abc,a,b->", joint, dense[0], below[1]) / first),
        (
            np.einsum("abc,a,b,c->", joint, *dense) / two,
            np.einsum("abc,a,b,c->", joint, dense[0], dense[1], below[2]) / two,
        ),
    )


def phase_space_quadrature(case, answers):
    """As `grid_laws`, for independent normal x and p with p_j moved by w times the other two positions."""
    weight, means, variances, momenta, noise = case
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    x = [m + sqrt(v) * nodes for m, v in zip(means, variances, strict=True)]
    shifts = (x[1][None, :, None] * x[2], x[0][:, None, None] * x[2], x[0][:, None, None] * x[1][None, :, None])
    mass = weights[:, None, None] * weights[None, :, None] * weights
    width = [sqrt(1 / v + noise) for v in variances]
    dense, below = [], []
    for shift, mu, y, s in zip(shifts, momenta, answers, width, strict=True):
        dense.append(norm.pdf(y, mu + weight * shift, s))
        below.append(ndtr((y - mu - weight * shift) / s))
    first, two = (mass * dense[0]).sum(), (mass * dense[0] * dense[1]).sum()
    return (
        (two / first, (mass * dense[0] * below[1]).sum() / first),
        ((mass * dense[0] * dense[1] * dense[2]).sum() / two, (mass * dense[0] * dense[1] * below[2]).sum() / two),
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("quantum", "oracle"), [(True, grid_laws), (False, phase_space_quadrature)])
def test_triad_laws(case, quantum, oracle):
    for answers in ((0.4, -0.9, 1.3), (-2.0, 1.5, -0.2), (1.1, 1.7, -2.4)):
        for at, (density, below) in enumerate(oracle(case, answers), start=1):
            law = TriadLaw(*case, answers[:at], quantum)
            assert exp(law.log_density(answers[at])) == pytest.approx(density, rel=2e-7)
            assert law.cdf(answers[at]) == pytest.approx(below, abs=2e-8)


def test_the_networks_laws_of_a_contextual_probe():
    # the first answer's law too, positions read and modes shifted before, and the order of reading
    network = Network(3, 0.4, 0.2)
    before = (ShiftToken(0, 0.6), ShiftToken(2, -0.4), EdgeToken((1,), 0.5), ReadToken("x", 1))
    reads = tuple(ReadToken("p", m) for m in (2, 0, 1))
    tokens = (*before, EdgeToken((0, 1, 2), 0.35), *reads)
    answers = (0.7, 0.3, -1.2, 0.8)
    laws = exact_reference(tokens, network, np.random.default_rng(0), answers)[1]
    v, s = exp(0.8), exp(-0.4)
    read = (0.7 * v / (v + s), v * s / (v + s))  # mean and variance of x_1 after its readout
    case = (0.35, (-0.4, 0.6, read[0]), (v, v, read[1]), (0.0, 0.0, 0.5), s)
    p, joint = momentum_weights(case)
    first = np.einsum("abc,a->", joint, norm.pdf(answers[1], p, sqrt(s)))
    assert exp(laws[1].log_density(answers[1])) == pytest.approx(first, rel=1e-6)
    for law, y, (density, below) in zip(laws[2:], answers[2:], grid_laws(case, answers[1:]), strict=True):
        assert exp(law.log_density(y)) == pytest.approx(density, rel=1e-6)
        assert law.cdf(y) == pytest.approx(below, abs=1e-7)


def test_triad_laws_have_their_moments():
    for case in CASES:
        for answers in ((0.4,), (0.4, -0.9)):
            law = TriadLaw(*case, answers)
            reach = 12.0 * sqrt(law.variance)
            y = law.mean + np.linspace(-reach, reach, 1201)
            density = np.exp([law.log_density(v) for v in y]) * (y[1] - y[0])
            assert density.sum() == pytest.approx(1.0, abs=1e-6)
            assert y @ density == pytest.approx(law.mean, abs=1e-5 * sqrt(law.variance))
            assert (y - law.mean) ** 2 @ density == pytest.approx(law.variance, rel=1e-5)


def test_the_mean_product_of_the_momenta_tells_the_sampler_from_the_network():
    # from the characteristic functions: w^3 v^3 for the sampler, w less for the network, whatever the readouts' noise
    weight, r = 0.4, 0.3
    v = exp(2 * r)
    p, joint = momentum_weights((weight, (0.0,) * 3, (v,) * 3, (0.0,) * 3, 0.0))
    assert np.einsum("abc,a,b,c->", joint, p, p, p) == pytest.approx(weight**3 * v**3 - weight, abs=1e-7)
    spec = HsmtSpec(3, 3, 1, probes=1, squeezing_latent=r, squeezing_ancilla=0.5)
    tokens = (EdgeToken((0, 1, 2), weight), *(ReadToken("p", m) for m in range(3)))
    rng = np.random.default_rng(7)
    products = [np.prod(phase_space_answers(tokens, spec, rng)) for _ in range(20_000)]
    assert abs(np.mean(products) - weight**3 * v**3) < 4 * np.std(products) / sqrt(len(products)) < 0.2


def test_the_grid_simulators_momenta_follow_the_laws():
    # read directly: with ancillas four modes at once do not fit on grids
    weight, r = 0.5, 0.4
    gates = [
        *squeezed(3, r),
        ops.Displacement((0,), 0.5, 0.0),
        edge(0, 1, 2, weight=weight),
    ]
    reads = [p_of(m, f"y{m}") for m in (2, 0, 1)]
    found = grid.sample(Circuit(3, (*gates, *reads)), 150, np.random.default_rng(6))
    answers = np.column_stack([found.results[f"y{m}"] for m in (2, 0, 1)])
    case = (weight, (0.0, 0.5, 0.0), (exp(2 * r),) * 3, (0.0,) * 3, 1e-9)
    for at in (1, 2):
        values = [TriadLaw(*case, tuple(ys[:at])).cdf(ys[at]) for ys in answers.tolist()]
        assert kstest(values, "uniform").pvalue > 1e-4


@pytest.mark.parametrize(
    "between", [EdgeToken((0,), 1.0), EdgeToken((0, 1, 2), 0.2), ShiftToken(1, 0.5), EdgeToken((0, 1), 0.5)]
)
def test_nothing_may_come_between_the_readouts_of_a_contextual_probe(between):
    p0, p1, p2 = (ReadToken("p", m) for m in range(3))
    with pytest.raises(LeavesProductError, match="between"):
        product_reference(
            (EdgeToken((0, 1, 2), 0.3), p0, between, p1, p2), Network(3, 0.5, 0.5), np.random.default_rng(0), (1.0,) * 3
        )


# --- the law of a product --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "means", "variances", "noise"),
    [
        (0.3, (0.0, 0.0, 0.0), (1.0, 2.0, 0.7), 0.5),
        (-0.5, (0.5, -1.0, 0.3), (0.8, 0.4, 1.5), 0.6),
        (0.2, (3.0, 0.1, -2.0), (0.1, 0.2, 0.3), 0.2),
    ],
)
def test_product_laws(factor, means, variances, noise):
    law = ProductLaw(0.4, factor, means, variances, noise)
    # given the last two positions the answer is normal
    z = np.linspace(-8.5, 8.5, 601)
    weight = norm.pdf(z) * (z[1] - z[0])
    rest = np.multiply.outer(means[1] + sqrt(variances[1]) * z, means[2] + sqrt(variances[2]) * z)
    mass = np.multiply.outer(weight, weight)
    centre, spread = 0.4 + factor * means[0] * rest, np.sqrt(factor**2 * variances[0] * rest**2 + noise)
    for y in (law.mean - 3.0, law.mean - 0.2, law.mean + 1.0, law.mean + 6.0):
        u = (y - centre) / spread
        density = float((mass * np.exp(-0.5 * u * u) / spread).sum()) / sqrt(2 * pi)
        assert exp(law.log_density(y)) == pytest.approx(density, rel=1e-7, abs=1e-12)
        assert law.cdf(y) == pytest.approx(float((mass * ndtr(u)).sum()), abs=1e-10)
    assert law.mean == pytest.approx(float((mass * centre).sum()), abs=1e-10)
    assert law.variance == pytest.approx(float((mass * (spread**2 + (centre - law.mean) ** 2)).sum()), rel=1e-10)
    rng = np.random.default_rng(3)
    drawn = [draw(law, rng) for _ in range(4000)]
    assert kstest([law.cdf(y) for y in drawn[:1000]], "uniform").pvalue > 1e-4
    assert abs(np.mean(drawn) - law.mean) < 4 * sqrt(law.variance / 4000)


# --- second opinions on the product state ----------------------------------------------------------------------------


EVERY = {"matched": 1.0, "decoy": 1.0, "neighbour": 1.0}
MATCHED = {"matched": 1.0}


@pytest.mark.parametrize(
    ("modes", "k", "probes", "mixture"),
    [(4, 2, 1, EVERY), (5, 2, 4, MATCHED), (4, 3, 4, EVERY), (5, 3, 3, EVERY)],
)
def test_product_states_agree_with_the_exact_simulator(modes, k, probes, mixture):
    spec = HsmtSpec(modes, k, 20, probes=probes, mixture=mixture, seed=2, squeezing_latent=0.8, squeezing_ancilla=0.6)
    rng = np.random.default_rng(0)
    for sentence in generate(spec, reference):
        expected = simulator_reference(sentence.tokens, spec.network, rng, sentence.answers)[1]
        found = product_reference(sentence.tokens, spec.network, rng, sentence.answers)[1]
        for law, oracle, y in zip(found, expected, sentence.answers, strict=True):
            assert law.mean == pytest.approx(oracle.mean, abs=1e-9)
            assert law.variance == pytest.approx(oracle.variance, rel=1e-9)
            for at in (y, law.mean + 1.0):
                assert law.cdf(at) == pytest.approx(oracle.cdf(at), abs=1e-9)
                assert law.log_density(at) == pytest.approx(oracle.log_density(at), abs=1e-8)


# --- many answers ----------------------------------------------------------------------------------------------------


def made(modes, k, sentences, probes, **changes):
    spec = HsmtSpec(modes, k, sentences, probes=probes, **{"seed": 9, **changes})
    return Dataset(spec, tuple(generate(spec, reference)))


def test_sixty_thousand_determined_answers():
    # first asked, a matched answer has variance e^{-2 r_latent} + e^{-2 r_ancilla} and mean 0
    count, outside = 0, 0
    squeezing = {"squeezing_latent": 0.9, "squeezing_ancilla": 1.2}
    for modes, k, sentences, probes, edges in (
        (50, 2, 120, 100, 60),
        (50, 3, 120, 100, 40),
        (50, 4, 120, 100, 30),
        (3, 2, 30, 400, None),
        (3, 3, 25, 400, None),
        (4, 4, 10, 400, None),
        (6, 3, 10, 40, None),
    ):
        data = made(modes, k, sentences, probes, edges=edges, mixture={"matched": 1.0}, **squeezing)
        variance, first = exp(-1.8) + exp(-2.4), []
        for sentence in data.sentences:
            asked = set()
            reads = [token for token in sentence.tokens if isinstance(token, ReadToken)]
            for read, y, law in zip(reads, sentence.answers, sentence.laws, strict=True):
                count += 1
                outside += abs(y - law.mean) > 5 * sqrt(law.variance)
                if read.mode not in asked:
                    asked.add(read.mode)
                    first.append(y)
                    assert law.mean == pytest.approx(0.0, abs=1e-9)
                    assert law.variance == pytest.approx(variance, rel=1e-9)
        # two-sided; the second is the mean's
        square = float(np.sum(np.square(first)) / variance)
        assert 1e-4 < chi2.cdf(square, len(first)) < 1 - 1e-4
        assert abs(np.sum(first)) < 4 * sqrt(variance * len(first))
        assert kstest(np.array(first) / sqrt(variance), "norm").pvalue > 1e-4
    assert count >= 60_000
    assert outside <= 1  # 0.034 expected: two or more for 6e-4 of all seeds


@pytest.mark.parametrize(("modes", "k", "sentences", "probes"), [(4, 2, 120, 6), (4, 3, 160, 2), (5, 4, 130, 1)])
def test_answers_follow_their_laws_by_kind(modes, k, sentences, probes):
    data = made(modes, k, sentences, probes, squeezing_latent=0.7)
    values = defaultdict(list)
    for s in data.sentences:
        for kind, y, law in zip(s.kinds, s.answers, s.laws, strict=True):
            values[kind].append(law.cdf(y))
            if is_determined(kind, law):
                assert law.tail(y) > 1e-7
    assert set(values) == set(ProbeKind) - {ProbeKind.TRIPLE} - ({ProbeKind.CONTEXTUAL} if k == 2 else set())
    for found in values.values():
        assert len(found) >= 20
        assert kstest(found, "uniform").pvalue > 1e-4
    assert calibration([s.answers for s in data.sentences], [s.laws for s in data.sentences]) > 1e-4


def test_the_sampler_passes_determined_real_answers():
    for modes, k in ((5, 2), (5, 3), (5, 4)):
        data = made(modes, k, 60, 3, mixture={"matched": 1.0, "neighbour": 1.0})
        own = [phase_space_answers(s.tokens, data.spec, np.random.default_rng(i)) for i, s in enumerate(data.sentences)]
        laws = [
            reference(s.tokens, data.spec, np.random.default_rng(0), ys)[1]
            for s, ys in zip(data.sentences, own, strict=True)
        ]
        assert calibration(own, laws) > 1e-4
        rates = {row.probe: row.violation_rate for row in score_answers(data, MODEL, own, laws)}
        assert rates["all"] == rates["matched"] == rates["neighbour"] == 0.0


def test_the_sampler_is_exact_where_all_is_gaussian():
    # k = 2, every kind of probe; and every readout of one mode again and again, which its back-action spreads
    data = made(4, 2, 60, 6)
    own = [phase_space_answers(s.tokens, data.spec, np.random.default_rng(i)) for i, s in enumerate(data.sentences)]
    laws = [
        reference(s.tokens, data.spec, np.random.default_rng(0), ys)[1]
        for s, ys in zip(data.sentences, own, strict=True)
    ]
    assert calibration(own, laws) > 1e-4
    tokens = tuple(ReadToken(q, 0) for q in "pxpxp")
    rng = np.random.default_rng(2)
    own = [phase_space_answers(tokens, data.spec, rng) for _ in range(400)]
    laws = [exact_reference(tokens, data.spec.network, rng, ys)[1] for ys in own]
    assert calibration(own, laws) > 1e-4

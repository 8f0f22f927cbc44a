"""Loss-aware cells against closed forms, an independent minimisation, and noisy answers.

The statistical test fixes its seed and asks for 4 standard errors (a false pass of no effect: 3e-5).
"""

from itertools import combinations
from math import exp, sqrt

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from compiler.costs.noise import with_noise
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from hardware_profiles import load_profile
from qumode_khrnn.answers.noisy_network import compile_sentence, noisy_answers
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.network.cell import Network, Readout, Shift, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph, random_hypergraph
from qumode_khrnn.network.loss_aware import LossTracker
from qumode_khrnn.studies.loss_study import loss_study, matched_error
from simulations.exact import moments


def error(cells, losses, network, aware):
    """Mean square of the last cell's answer, each cell but it followed by its losses."""
    tracker, gain = LossTracker(network), 1.0
    body = [ops.PrepareSqueezed((m,), -network.squeezing_latent) for m in range(network.modes)]
    for t, (cell, lost) in enumerate(zip(cells, losses, strict=True)):
        if aware and cell.readout is not None:
            gain = tracker.gain(cell.readout)
        used = tracker.rescaled(cell) if aware else cell
        body += [*used.operations(network.ancilla, network.squeezing_ancilla, f"y{t}")]
        body += lost if cell.readout is None else ()
        tracker.follow(cell, lost)
    answer = {"answer": Polynomial.monomial((f"y{len(cells) - 1}",), gain)}
    circuit = Circuit(network.modes + 1, tuple(body), (network.ancilla,))
    mean, variance = moments(circuit, answer).of("answer")
    return variance + mean**2


@pytest.mark.parametrize("k", [2, 3])
def test_factor_near_the_vacuum_and_at_strong_squeezing(k):
    eta, edge = 0.8, tuple(range(k))
    for r, expected in ((0.0, eta ** (k / 2)), (4.0, eta ** (k / 2 - (k - 1)))):
        tracker = LossTracker(Network(k, r, 1.0))
        for mode in edge:
            tracker.apply_loss(mode, eta, 1.0)
        assert tracker.factor(edge) == pytest.approx(expected, rel=1e-3 if r else 1e-12)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("r", [0.0, 0.4, 1.2])
@pytest.mark.parametrize("before", [1.0, 0.7])
def test_factor_is_the_least_squares_optimum(k, r, before):
    """Lose, write, lose, undo with any factor c: the best c, found by scipy, is the ratio of the tracker's factors."""
    eta, weight, edge = 0.75, 0.4, tuple(range(k))

    def variance(c):
        loss = tuple(ops.Loss((m,), eta) for m in edge)
        body = (
            *(ops.PrepareSqueezed((m,), -r) for m in edge),
            *(ops.Loss((m,), before) for m in edge),
            ops.phase(Polynomial.monomial(edge, weight)),
            *loss,
            ops.phase(Polynomial.monomial(edge, -c * weight)),
            ops.Homodyne((0,), np.pi / 2, "p"),
        )
        return moments(Circuit(k, body)).of("p")[1]

    best = minimize_scalar(variance, bracket=(0.2, 1.0), options={"xtol": 1e-10}).x
    tracker = LossTracker(Network(k, r, 1.0))
    for mode in edge:
        tracker.apply_loss(mode, before, 1.0)
    written = tracker.factor(edge)
    for mode in edge:
        tracker.apply_loss(mode, eta, 1.0)
    assert tracker.factor(edge) / written == pytest.approx(best, rel=1e-6)


def test_second_moments_are_those_of_the_state():
    """Shifts (several on one mode, cancelling too), thermal loss, and the ancilla's position at momentum readouts."""
    generator = np.random.default_rng(0)
    network = Network(2, 0.4, 0.3)
    for _ in range(20):
        tracker = LossTracker(network)
        body = [ops.PrepareSqueezed((m,), -0.4) for m in range(2)]
        for t in range(6):
            mode = int(generator.integers(2))
            choice = int(generator.integers(3))
            shifts = (Shift(mode, float(generator.choice([-3.0, 3.0]))),) if choice < 2 else ()
            cell = UnitCell((), shifts, None if shifts else Readout("p", mode))
            lost = [ops.Loss((mode,), 0.8), ops.ThermalLoss((1 - mode,), 0.9, 0.5)]
            tracker.follow(cell, lost)
            body += [*cell.operations(2, 0.3, f"y{t}"), *lost]
        for mode in range(2):
            mean, variance = moments(Circuit(3, (*body, ops.Homodyne((mode,), 0.0, "x")), (2,))).of("x")
            assert tracker.moment[mode] == pytest.approx(variance + mean**2, rel=1e-9)


def cases(seed, count, modes_most=5):
    generator = np.random.default_rng(seed)
    for _ in range(count):
        modes = int(generator.integers(2, modes_most + 1))
        k = int(generator.integers(2, min(modes, 3) + 1))
        every = len(list(combinations(range(modes), k)))
        weight = 10 ** generator.uniform(-2, 0.7)
        graph = random_hypergraph(
            modes, k, generator, int(generator.integers(1, min(every, 6) + 1)), (0.1, weight + 0.1)
        )
        network = Network(modes, *(float(v) for v in generator.uniform(0.0, 2.0, size=2)))
        yield generator, graph, network, graph.edges[0].modes[0]


def matched_cells(graph, mode):
    undo = (UnitCell((Hyperedge(e.modes, -e.weight),)) for e in graph.star(mode))
    return [*(UnitCell((e,)) for e in graph.edges), *undo, UnitCell((), (), Readout("p", mode))]


def test_equal_losses_never_raise_the_error():
    for generator, graph, network, mode in cases(1, 300):
        eta = 1.0 - 10 ** generator.uniform(-4.0, -0.02)
        plain, aware = (matched_error(graph, mode, network, eta, a) for a in (False, True))
        assert aware <= plain * (1 + 1e-9)
        cells = matched_cells(graph, mode)
        lost = [[ops.ThermalLoss((m,), eta, 1.3) for m in range(graph.modes)]] * len(cells)
        plain, aware = (error(cells, lost, network, a) for a in (False, True))
        assert aware <= plain * (1 + 1e-9)


def test_unequal_losses_never_raised_it_either():
    """Not proved; a factor that is the geometric mean over readers raises the error in some of these cases."""
    ratios = []
    for generator, graph, network, mode in cases(2, 400):
        etas = 1.0 - 10 ** generator.uniform(-3.0, -0.05, size=graph.modes)
        cells = matched_cells(graph, mode)
        lost = [[ops.Loss((m,), float(etas[m])) for m in range(graph.modes)]] * len(cells)
        plain, aware = (error(cells, lost, network, a) for a in (False, True))
        ratios.append(aware / plain)
    assert max(ratios) < 1.0 + 1e-9
    assert np.mean(ratios) < 0.99


def test_gain_is_never_above_one():
    for generator, graph, network, _ in cases(3, 100):
        tracker = LossTracker(network)
        for _ in range(5):
            lost = [ops.Loss((m,), float(generator.uniform(0.3, 1.0))) for m in range(graph.modes)]
            tracker.follow(UnitCell(), lost)
            for mode in range(graph.modes):
                assert 0.0 < tracker.gain(Readout("p", mode)) <= 1.0
                assert tracker.gain(Readout("x", mode)) == 1.0


def test_without_loss_nothing_changes():
    graph = random_hypergraph(4, 3, np.random.default_rng(0))
    for r, ra in ((0.0, 0.0), (0.7, 1.1), (1.7, 1.7)):
        for aware in (False, True):
            found = matched_error(graph, 1, Network(4, r, ra), 1.0, aware)
            assert found == pytest.approx(exp(-2 * r) + exp(-2 * ra), rel=1e-7)  # large terms cancel


def test_plain_error_of_one_edge_by_hand():
    # write, lose, undo, lose, read: s^2 (s p + v + w (s x1 x2 - y1 y2)) .., y_i = s x_i + q v_i
    r, w, eta = 0.5, 0.3, 0.8
    wide, narrow = exp(2 * r), exp(-2 * r)
    y2 = (eta * wide + 1 - eta) ** 2
    after = eta * (narrow + w * w * wide**2) + 1 - eta + w * w * y2 - 2 * w * w * eta**1.5 * wide**2
    graph = Hypergraph(3, (Hyperedge((0, 1, 2), w),))
    expected = eta * after + 1 - eta + narrow
    assert matched_error(graph, 0, Network(3, r, r), eta, False) == pytest.approx(expected, rel=1e-9)


def test_best_squeezing_is_best():
    grid = tuple(float(r) for r in np.linspace(0.0, 1.727, 8))
    study = loss_study((0.01, 0.1), grid, 3, graphs=2)
    assert study.never_raised
    for rows, best in ((study.plain, study.best_plain), (study.aware, study.best_aware)):
        for row, (r, least) in zip(rows, best, strict=True):
            assert 0.0 < r <= 1.727
            assert least <= min(row) * (1 + 1e-6)
    assert study.best_plain[1][0] < study.best_plain[0][0]  # more loss wants less squeezing


def test_compiled_sentences_on_a_profile():
    """photonic-cubic at three times its loss, in closed form: a tenth lower on average, and lower in every sentence.

    The wires lose unequally there, and the modes of an edge alike: a tracker that takes the loss of wire m for that of
    mode m keeps every factor near 1 and gains less than 1 %.
    """
    spec = HsmtSpec(modes=4, k=3, sentences=12, probes=1, seed=5, mixture={"matched": 1.0})
    profile = load_profile("photonic-cubic")
    ratios = []
    for sentence in generate(spec, reference):
        errors = []
        for scale in (None, 3.0):
            compiled = compile_sentence(sentence.tokens, spec.network, profile, None, scale)
            ((name, gain),) = compiled.gains.items()
            answer = {"answer": Polynomial.monomial((name,), gain)}
            mean, variance = moments(with_noise(compiled.circuit, profile, 3.0), answer).of("answer")
            errors.append(variance + mean**2)
        ratios.append(errors[1] / errors[0])
    assert max(ratios) < 0.95
    assert np.mean(ratios) < 0.9


def test_a_loss_on_a_wire_is_shared_by_the_modes_that_it_carries():
    half = ops.BeamSplitter((0, 1), np.pi / 4)
    back = ops.BeamSplitter((0, 1), -np.pi / 4)
    tracker = LossTracker(Network(2, 0.6, 1.0))
    tracker.follow(UnitCell(), [half, ops.ThermalLoss((0,), 0.8, 0.2), back])
    assert tracker.transmission == pytest.approx([sqrt(0.8), sqrt(0.8)], rel=1e-12)
    share = sqrt(0.8)
    assert tracker.moment == pytest.approx(2 * [share * exp(1.2) + (1 - share) * 1.4], rel=1e-12)


def test_noisy_answers_follow_the_closed_form():
    """The sampled answers of a loss-aware network have the closed form's mean square, within 5 standard errors."""
    spec = HsmtSpec(modes=4, k=3, sentences=1, probes=1, seed=5, mixture={"matched": 1.0})
    dataset, profile = Dataset(spec, tuple(generate(spec, reference))), load_profile("photonic-cubic")
    (tokens,) = (sentence.tokens for sentence in dataset.sentences)
    compiled = compile_sentence(tokens, spec.network, profile, None, 3.0)
    ((name, gain),) = compiled.gains.items()
    mean, variance = moments(with_noise(compiled.circuit, profile, 3.0)).of(name)
    found = noisy_answers(dataset, profile, 3.0, 11, 20_000, aware=True)
    squares = np.array([a[-1] ** 2 for a in found.answers])
    assert abs(squares.mean() - gain**2 * (variance + mean**2)) < 5.0 * squares.std() / sqrt(len(squares))

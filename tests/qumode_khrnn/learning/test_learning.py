"""The trained k-HRNN: likelihood against dense matrices, symmetries, recovery, resumption, variance of derivatives."""

import json
from dataclasses import replace
from itertools import product
from math import comb, pi

import numpy as np
import pytest
import torch

from compiler.errors import InputError
from qumode_khrnn.learning.ansatz import HardwareEfficient
from qumode_khrnn.learning.coordinates import Ascent, directions
from qumode_khrnn.learning.data import Sentences, Vocabulary, answer, draw_sentences, hidden_network
from qumode_khrnn.learning.model import Likelihood
from qumode_khrnn.learning.results import LearningConfig, excess
from qumode_khrnn.learning.symmetry import recovered, residual
from qumode_khrnn.learning.train import START, TRAINING, hidden_of, train
from qumode_khrnn.learning.trainability import TrainabilityConfig, VarianceRow, laws, trainability

X, Z, PLUS = np.array([[0, 1], [1, 0]]), np.diag([1, -1]), np.array([1, 1]) / np.sqrt(2)
BUDGETS = {"coordinates": 150_000, "adam": 9_000}
SMALL = LearningConfig(3, 2, 1, lengths=(3, 6), sentences=(300, 600), validation=300, held_out=500)


def on(matrix, mode, modes):
    """A one-qubit matrix on one of n qubits; qubit 0 is the last Kronecker factor."""
    out = np.eye(1)
    for j in reversed(range(modes)):
        out = np.kron(out, matrix if j == mode else np.eye(2))
    return out


def dense(words, gate, tokens, answers):
    """Joint probability of the answers up to every token, by matrices; `gate` gives a token's unitary."""
    psi, out = np.array([1.0]), []
    for _ in range(words.modes):
        psi = np.kron(psi, PLUS)
    for token, y in zip(tokens, answers, strict=True):
        if token < words.gates:
            psi = gate(token) @ psi
        else:
            kind, mode = divmod(token - words.gates, words.modes)
            observable = on((X, Z)[kind], mode, words.modes)
            psi = (np.eye(len(psi)) + (-1) ** y * observable) / 2 @ psi
        out.append(np.vdot(psi, psi).real)
    return np.array(out)


def diagonal(words, phases):
    """The unitaries of gates with free phases, monomial by monomial."""

    def gate(token):
        number = [np.eye(2**words.modes)] * len(words.monomials)
        for s, modes in enumerate(words.monomials):
            for mode in modes:
                number[s] = number[s] @ on((np.eye(2) - Z) / 2, mode, words.modes)
        exponent = sum(theta * m for theta, m in zip(phases[token], number, strict=True))
        return np.diag(np.exp(1j * np.diag(exponent)))

    return gate


def setting(n, k, count=12, length=9, seed=0):
    """Hidden network, sentences of it, likelihood, operators and random phases."""
    words = Vocabulary(n, k)
    rng = np.random.default_rng(seed)
    hidden = hidden_network(words, rng)
    sentences = draw_sentences(hidden, count, length, rng)
    likelihood = Likelihood(words)
    phases = rng.uniform(0, 2 * pi, hidden.phases().shape)
    return hidden, sentences, likelihood, likelihood.operators(sentences), phases


@pytest.mark.parametrize(("n", "k"), [(2, 1), (3, 2), (4, 2), (4, 3)])
def test_likelihood_against_matrices(n, k):
    hidden, sentences, likelihood, operators, phases = setting(n, k)
    found = likelihood.norms(torch.from_numpy(phases), operators)[1:].numpy().T
    for row, (tokens, answers) in enumerate(zip(sentences.tokens, sentences.answers, strict=True)):
        wanted = dense(hidden.vocabulary, diagonal(hidden.vocabulary, phases), tokens, answers)
        assert found[row] == pytest.approx(wanted, abs=1e-13)
        # the data's own account of the hidden network, whose simulator is another
        true = dense(hidden.vocabulary, diagonal(hidden.vocabulary, hidden.phases()), tokens, answers)
        assert sentences.log_exact[row].cumsum() == pytest.approx(np.log(true), abs=1e-9)


@pytest.mark.parametrize("layers", [1, 3])
def test_ansatz_against_matrices(layers):
    hidden, sentences, likelihood, operators, _ = setting(3, 2)
    words = hidden.vocabulary
    angles = np.random.default_rng(1).uniform(0, 2 * pi, (words.gates, layers, 3, 2))

    def gate(token):
        out = np.eye(8)
        controlled = np.diag([1, 1, 1, -1])
        line = np.kron(controlled, np.eye(2)) @ np.kron(np.eye(2), controlled)
        for layer in range(layers):
            for mode in range(3):
                a, b = angles[token, layer, mode] / 2
                turn = np.diag(np.exp([-1j * b, 1j * b])) @ [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
                out = on(turn, mode, 3) @ out
            out = line @ out
        return out

    found = HardwareEfficient(likelihood).norms(torch.from_numpy(angles), operators)[1:].numpy().T
    for row, (tokens, answers) in enumerate(zip(sentences.tokens, sentences.answers, strict=True)):
        assert found[row] == pytest.approx(dense(words, gate, tokens, answers), abs=1e-13)


def test_gradients_against_differences():
    _, _, likelihood, operators, phases = setting(3, 2)
    start = torch.tensor(phases, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: likelihood.per_sentence(p, operators), (start,), atol=1e-6)
    likelihood.per_sentence(start, operators).sum().backward()
    h = 1e-6
    for token, s in product(range(phases.shape[0]), range(phases.shape[1])):
        moved = [phases.copy(), phases.copy()]
        moved[0][token, s] += h
        moved[1][token, s] -= h
        up, down = (float(likelihood.per_sentence(torch.from_numpy(p), operators).sum()) for p in moved)
        # differences of logs of size 10 err by 1e-15 * 10 / h, and by h^2 times a third derivative
        assert float(start.grad[token, s]) == pytest.approx((up - down) / (2 * h), abs=1e-6, rel=1e-6)


def test_probabilities_of_all_answers_sum_to_one():
    hidden, sentences, likelihood, _, phases = setting(3, 2, count=5, length=8)
    for tokens in sentences.tokens:
        reads = np.flatnonzero(tokens >= hidden.vocabulary.gates)
        answers = np.full((2 ** len(reads), len(tokens)), -1)
        answers[:, reads] = list(product((0, 1), repeat=len(reads)))
        every = Sentences(np.tile(tokens, (len(answers), 1)), answers, np.zeros(answers.shape))
        total = likelihood.norms(torch.from_numpy(phases), likelihood.operators(every))[-1].sum()
        assert float(total) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("k", [2, 3])
def test_hidden_phases_have_no_excess(k):
    hidden, sentences, likelihood, operators, _ = setting(4, k, count=300, length=10)
    log_model = likelihood.per_sentence(torch.from_numpy(hidden.phases()), operators).numpy()
    score = excess(sentences, log_model)
    assert score.value == pytest.approx(0.0, abs=1e-13)
    assert score.interval == pytest.approx((0.0, 0.0), abs=1e-13)


def test_answers_follow_their_law():
    # CCZ on |+++>, then P on all: 000 with 9/16, every other string with 1/16 (closed form)
    words = Vocabulary(3, 3)
    hidden = hidden_network(words, np.random.default_rng(0))
    tokens = np.tile([0, words.read_p(0), words.read_p(1), words.read_p(2)], (4000, 1))
    found = answer(hidden, tokens, np.random.default_rng(0))
    zeros = found.answers[:, 1:].sum(axis=1) == 0
    assert np.exp(found.log_exact.sum(axis=1)) == pytest.approx(np.where(zeros, 9 / 16, 1 / 16), abs=1e-12)
    # 4 standard deviations: fails once in 16,000 for a correct sampler; the seed is fixed
    assert abs(zeros.mean() - 9 / 16) < 4 * np.sqrt(9 * 7 / 16**2 / 4000)


def test_sentences_end_with_a_readout_and_use_all_tokens():
    words = Vocabulary(4, 2)
    found = draw_sentences(hidden_network(words, np.random.default_rng(0)), 500, 6, np.random.default_rng(1))
    assert (found.tokens[:, -1] >= words.gates).all()
    assert set(np.unique(found.tokens)) == set(range(words.size))
    assert ((found.answers >= 0) == (found.tokens >= words.gates)).all()


def test_symmetric_copies_have_the_same_answers_and_are_recognised():
    hidden, _, likelihood, operators, phases = setting(4, 2, count=50)
    joint = likelihood.norms(torch.from_numpy(phases), operators).numpy()
    turns = 2 * pi * np.random.default_rng(3).integers(-3, 4, phases.shape)
    for copy in (phases + turns, -phases, turns - phases):
        assert likelihood.norms(torch.from_numpy(copy), operators).numpy() == pytest.approx(joint, abs=1e-12)
        assert residual(copy, phases) == pytest.approx(0.0, abs=1e-12)
    assert residual(phases + 0.1, phases) == pytest.approx(0.1, abs=1e-12)
    true = hidden.phases()
    assert recovered(-true + turns + 0.2, true)


def test_copies_that_are_not_symmetric_change_answers_and_are_refused():
    hidden, _, likelihood, operators, phases = setting(4, 2, count=200)
    joint = likelihood.norms(torch.from_numpy(phases), operators).numpy()
    one = phases.copy()
    one[0] *= -1  # conjugation of one gate alone
    swapped = phases[[1, 0, *range(2, len(phases))]]
    for other in (one, swapped, phases + pi):
        assert np.abs(likelihood.norms(torch.from_numpy(other), operators).numpy() - joint).max() > 1e-3
        assert residual(other, phases) > 0.5
    true = hidden.phases()
    assert not recovered(true[[1, 0, *range(2, len(true))]], true)
    assert not recovered(true * 0.5, true)
    with pytest.raises(InputError, match=r"both shapes must be equal, found \(2, 10\) and \(6, 10\)"):
        residual(true[:2], true)


@pytest.mark.parametrize("k", [2, 3])
def test_answers_are_even_around_the_hidden_phases(k):
    hidden, _, likelihood, operators, phases = setting(4, k, count=100)
    both = [likelihood.norms(torch.from_numpy(hidden.phases() + s * phases), operators).numpy() for s in (1, -1)]
    assert both[0] == pytest.approx(both[1], abs=1e-12)
    assert both[0] != pytest.approx(likelihood.norms(torch.from_numpy(hidden.phases()), operators).numpy(), abs=0.01)


@pytest.mark.parametrize("k", [2, 3])
def test_directions_are_parities_and_span_everything(k):
    words = Vocabulary(4, k)
    values = directions(words) @ words.basis()
    for s, row in zip(words.monomials, values, strict=True):
        assert row == pytest.approx([sum(z >> j & 1 for j in s) % 2 for z in range(16)])
    assert np.linalg.matrix_rank(directions(words)) == len(words.monomials)


def test_a_visit_finds_the_best_step_of_a_line():
    _, sentences, likelihood, operators, phases = setting(3, 2, count=40, length=8)
    ascent = Ascent(likelihood, sentences)
    assert (sentences.tokens == 0).sum(axis=1).max() >= 3  # tokens used several times in a sentence
    ascent.directions = ascent.directions[3:4]
    moved, gain = ascent.visit(phases, 0, np.random.default_rng(0))

    def value(step):
        trial = phases.copy()
        trial[0] += step * ascent.directions[0]
        return float(likelihood.per_sentence(torch.from_numpy(trial), operators).sum())

    best = max(value(step) for step in np.linspace(0, 2 * pi, 2000))
    there = float(likelihood.per_sentence(torch.from_numpy(moved), operators).sum())
    # 2000 steps miss the top by less than (pi / 2000)^2 / 2 times a curvature below 1000
    assert best - 1e-9 <= there <= best + 2e-3
    assert gain == pytest.approx(there - value(0.0), abs=1e-8)


def test_small_training_recovers_and_is_deterministic():
    found, again = train(SMALL), train(SMALL)
    assert found.success and found.recovered and found.stopped == "target"
    assert found.residual < 0.3 and abs(found.excess_nll) < 1e-3
    assert found.interval[0] <= found.excess_nll <= found.interval[1]
    assert replace(found, seconds=0.0) == replace(again, seconds=0.0)
    assert found.history[-1][:2] == (found.steps, found.sentences_processed)
    assert residual(np.array(found.phases), hidden_of(SMALL).phases()) == found.residual
    assert json.loads(json.dumps(found.to_json()))["success"] is True


@pytest.mark.parametrize("optimiser", ["coordinates", "adam"])
def test_interrupted_training_resumes_to_the_same_result(tmp_path, optimiser):
    config = replace(
        SMALL,
        seed=2,
        optimiser=optimiser,
        target=1e-9,
        patience=1,
        budget=BUDGETS[optimiser],
        sentences=(100, 150),
        validation=100,
        batch=50,
    )
    whole = train(config)
    assert whole.steps > 2
    file = tmp_path / "training.json"
    stops = []

    def interrupt(step):
        stops.append(step)
        raise KeyboardInterrupt

    while not stops or stops[-1] < whole.steps:  # every step in a run of its own
        with pytest.raises(KeyboardInterrupt):
            train(config, file, interrupt)
    resumed = train(config, file)
    assert len(stops) > 2 and stops == sorted(set(stops))
    assert replace(resumed, seconds=0.0) == replace(whole, seconds=0.0)
    with pytest.raises(InputError, match="must belong to a training with this configuration"):
        train(replace(config, seed=3), file)
    file.write_text(file.read_text().replace('"stage"', '"state"'))
    with pytest.raises(InputError, match="must have the fields"):
        train(config, file)


def test_adam_is_the_one_of_torch():
    # batches are the whole set, so only the order of summation differs
    config = replace(SMALL, optimiser="adam", sentences=(1, 200), batch=200, budget=1, target=1e-12)
    found = train(config)
    assert (found.steps, found.sentences_processed, found.stopped) == (40, 40 * 200 + 300, "budget")
    likelihood = Likelihood(config.vocabulary)
    sentences = draw_sentences(hidden_of(config), 200, 6, np.random.default_rng([config.seed, TRAINING, 1]))
    operators = likelihood.operators(sentences)
    start = np.random.default_rng([config.seed, START]).uniform(0.0, 2 * pi, np.shape(found.phases))
    phases = torch.tensor(start, requires_grad=True)
    optimiser = torch.optim.Adam([phases], lr=config.learning_rate)
    for _ in range(40):
        optimiser.zero_grad()
        (-likelihood.per_sentence(phases, operators).mean()).backward()
        optimiser.step()
    assert np.array(found.phases) == pytest.approx(phases.detach().numpy(), abs=1e-9)


def test_restarts_are_counted_and_must_raise_the_likelihood():
    hidden, sentences, likelihood, operators, _ = setting(3, 2, count=300, length=6)
    ascent = Ascent(likelihood, sentences)
    rng = np.random.default_rng(0)
    assert ascent.restart(hidden.phases(), 0, rng) is None  # nothing is better than the truth
    stuck = hidden.phases()
    stuck[0] = 1.0
    better = next(b for b in (ascent.restart(stuck, 0, rng) for _ in range(10)) if b is not None)
    before, after = (float(likelihood.per_sentence(torch.from_numpy(p), operators).sum()) for p in (stuck, better))
    assert after > before
    assert (better[1:] == stuck[1:]).all()
    found = train(replace(SMALL, target=1e-12, patience=1))
    assert found.stopped == "settled"
    assert found.restarts > 0 and found.restarts % comb(3, 2) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 5}, "must satisfy 1 <= k <= modes"),
        ({"modes": 13}, "must satisfy 1 <= k <= modes <= 12"),
        ({"seed": -1}, "seed must be"),
        ({"optimiser": "sgd"}, "optimiser must be one of"),
        ({"lengths": (3,)}, "same stages"),
        ({"lengths": (1, 4)}, "lengths must lie"),
        ({"budget": 0}, "must be >= 1"),
        ({"target": 0.0}, "target, stage_target and learning_rate must be > 0, found 0"),
        ({"learning_rate": -0.5}, "learning_rate must be > 0, found -0.5"),
    ],
)
def test_bad_configurations(change, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **change)


def test_variance_of_derivatives():
    config = TrainabilityConfig(modes=(2, 3), k=(2,), samples=10, sentences=2, length=3)
    found = trainability(config)
    assert found == trainability(config)
    assert {(row.model, row.loss, row.n) for row in found.rows} == set(
        product(("free", "cells", "hea, free", "hea, cells"), ("nll", "error"), (2, 3))
    )
    for row in found.rows:
        assert row.interval[0] <= row.variance <= row.interval[1]
        assert row.variance > 0.0
    # at n = k the token acts on all modes: both sets of phases are the same, drawn by two streams
    same = {row.model: row.interval for row in found.rows if row.n == 2 and row.loss == "error"}
    assert same["free"][0] < same["cells"][1] and same["cells"][0] < same["free"][1]
    with pytest.raises(InputError, match="must be >= 2"):
        TrainabilityConfig(samples=1)


def test_laws_of_made_up_rows():
    def rows(law):
        return [VarianceRow("free", "nll", n, 2, law(n), (0.0, 1.0), 10, 0) for n in range(2, 11)]

    (exponential,), (power,) = laws(rows(lambda n: 0.3 * 0.5**n)), laws(rows(lambda n: 2.0 / n**3))
    assert (exponential.better, exponential.base) == ("exponential", pytest.approx(0.5))
    assert (power.better, power.exponent) == ("power", pytest.approx(-3.0))
    assert laws(rows(lambda n: 1.0)[:3]) == ()

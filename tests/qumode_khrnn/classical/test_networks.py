"""Trained classical models: encodings, batches, networks, training, rounded memories."""

from dataclasses import fields, replace
from itertools import combinations
from math import log

import numpy as np
import pytest
import torch
from scipy import stats

from compiler.errors import InputError
from qumode_khrnn.classical.batches import SingleProbe, memoryless_excess
from qumode_khrnn.classical.config import TrainConfig
from qumode_khrnn.classical.evaluation import clustered_mean, evaluate, predict, quantised
from qumode_khrnn.classical.features import KINDS, Encoded, encode
from qumode_khrnn.classical.fit import build, fit
from qumode_khrnn.classical.networks import FAMILIES, log_likelihood, mass_outside, memory_of
from qumode_khrnn.classical.training import train
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence, ShiftToken
from simulations.laws.real import NormalLaw, QuadraticLaw

TASK = SingleProbe(3, 2)
SMALL = TrainConfig(
    family="gru", latent=4, alphabet="modular(2)", modes=3, width=16, learning_rates=(5e-3,), seeds=(0,), batch_size=32,
    max_steps=60, evaluate_every=20,
)  # fmt: skip


def batch(size=200, seed=7, task=TASK):
    return task.encoded(np.random.default_rng(seed), size)


# --- laws of the batches against dense state vectors -----------------------------------------------------------------


def dense_laws(sentence, modes):
    """Probability of the answer 1 at each reading token, by state vectors: the definition of the task, slowly."""
    bits = np.array(list(np.ndindex(*(2,) * modes)))
    state = np.full(2**modes, 2.0 ** (-modes / 2))
    answers, out = iter(sentence.answers), []
    for token in sentence.tokens:
        if isinstance(token, EdgeToken):
            state = state * (-1.0) ** (token.weight * bits[:, list(token.modes)].prod(axis=1))
            continue
        if token.quadrature == "p":
            flipped = bits.copy()
            flipped[:, token.mode] ^= 1
            swapped = state[(flipped * 2 ** np.arange(modes)[::-1]).sum(axis=1)]
            branches = [(state + swapped) / 2, (state - swapped) / 2]
        else:
            branches = [np.where(bits[:, token.mode] == y, state, 0.0) for y in (0, 1)]
        weights = [float(branch @ branch) for branch in branches]
        out.append(weights[1] / sum(weights))
        state = branches[next(answers)]
        state = state / np.linalg.norm(state)
    return out


@pytest.mark.parametrize(
    "task",
    [SingleProbe(3, 2), SingleProbe(4, 3, shuffled=False), SingleProbe(4, 4), SingleProbe(4, 2, written=3)],
)
def test_laws_of_batches_against_state_vectors(task):
    for sentence in task.sentences(np.random.default_rng(1), 60):
        expected = dense_laws(sentence, task.modes)
        assert [law.probability(1) for law in sentence.laws] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("task", [SingleProbe(4, 3), SingleProbe(5, 2, shuffled=False), SingleProbe(4, 2, written=2)])
def test_a_batch_is_the_encoding_of_its_sentences(task):
    fast = batch(100, 3, task)
    slow = encode(task.sentences(np.random.default_rng(3), 100), "modular(2)", task.modes)
    for field in fields(Encoded):
        assert np.array_equal(getattr(fast, field.name), getattr(slow, field.name)), field.name


def test_sentences_of_the_task():
    for sentence in SingleProbe(4, 2).sentences(np.random.default_rng(5), 50):
        written = [token.modes for token in sentence.tokens[:6]]
        assert sorted(written) == list(combinations(range(4), 2))
        assert sentence.kinds[-1] in (ProbeKind.MATCHED, ProbeKind.DECOY, ProbeKind.NEIGHBOUR)
        assert isinstance(sentence.tokens[-1], ReadToken) and sentence.tokens[-1].quadrature == "p"
    ascending = SingleProbe(4, 2, shuffled=False).sentences(np.random.default_rng(5), 1)[0]
    assert [token.modes for token in ascending.tokens[:6]] == list(combinations(range(4), 2))


def test_memoryless_excess_by_counting():
    # best constant law of P(i) from 20000 sentences; the standard error of the estimate is below 0.003
    data = batch(20_000, 11, SingleProbe(4, 2))
    last = data.read & (data.kinds != KINDS.index(ProbeKind.CONTEXT))
    one = data.answers[last].mean()
    guess = np.where(data.answers == 1, log(one), log(1 - one))
    guess[~last] = log(0.5)
    assert memoryless_excess(2, 4) == pytest.approx(float((data.exact - guess)[data.read].mean()), abs=0.012)


# --- encodings -------------------------------------------------------------------------------------------------------


def real_sentence():
    tokens = (
        ShiftToken(2, 0.25), EdgeToken((0, 1), -0.5), ReadToken("x", 1), ReadToken("p", 0), EdgeToken((0, 1), 0.5),
    )  # fmt: skip
    laws = (NormalLaw(0.0, 4.0), QuadraticLaw(0.5, (1.0,), (0.25,), 0.5))
    return Sentence(tokens, (ProbeKind.CONTEXT, ProbeKind.NEIGHBOUR), (1.5, -0.75), laws)


def test_real_encoding_by_hand():
    sentence = real_sentence()
    short = Sentence((ReadToken("x", 0),), (ProbeKind.CONTEXT,), (2.0,), (NormalLaw(1.0, 1.0),))
    data = encode([sentence, short], "real", 3)
    # kind E X P Q, modes, weight, told, whether told
    assert data.inputs[0].tolist() == [
        [0, 1, 0, 0, 0, 0, 1, 0.25, 0, 0],
        [1, 0, 0, 0, 1, 1, 0, -0.5, 0, 0],
        [0, 0, 0, 1, 0, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 1, 0, 0, 0, 1.5, 1],
        [1, 0, 0, 0, 1, 1, 0, 0.5, -0.75, 1],
    ]
    assert not data.inputs[1, 1:].any() and data.padding[1].tolist() == [False, True, True, True, True]
    assert data.exact[0, 2:4] == pytest.approx(
        [law.log_density(y) for law, y in zip(sentence.laws, (1.5, -0.75), strict=True)]
    )
    assert data.determined[0].tolist() == [False, False, False, True, False]
    law = sentence.laws[1]
    assert data.low[0, 3] == pytest.approx(law.mean - 5 * law.variance**0.5)
    assert data.high[0, 3] == pytest.approx(law.mean + 5 * law.variance**0.5)
    with pytest.raises(ValueError, match="read-only"):
        data.inputs[0, 0, 0] = 1.0


def test_modular_encoding_can_be_read_back():
    for sentence, row in zip(TASK.sentences(np.random.default_rng(2), 30), batch(30, 2).inputs, strict=True):
        for token, features in zip(sentence.tokens, row[: len(sentence.tokens)], strict=True):
            modes = tuple(np.flatnonzero(features[4:7]))
            if isinstance(token, EdgeToken):
                assert features[0] == 1 and modes == token.modes and features[7 + token.weight] == 1
            else:
                assert features[2 if token.quadrature == "p" else 3] == 1 and modes == (token.mode,)
                assert not features[7:9].any()
        answered = [int(np.argmax(f[9:11])) for f in row if f[11]]
        assert answered == list(sentence.answers[:-1])  # the last answer is told to nobody


def test_encodings_refuse():
    with pytest.raises(InputError, match=r"whole and lie in 0\.\.1"):
        encode([real_sentence()], "modular(2)", 3)
    with pytest.raises(InputError, match=r"modes must lie in 0\.\.1"):
        encode([real_sentence()], "real", 2)
    with pytest.raises(InputError, match="at least one sentence must be given to encode, found none"):
        encode([], "real", 2)


# --- networks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_all_that_is_carried_is_the_state(family):
    # token by token, with nothing but a state of the counted size, gives the laws of the whole sentence
    config = replace(SMALL, family=family, latent=3, window=4)
    network, data = build(config, 0), batch(8)
    assert memory_of(network) == {"gru": 3, "lstm": 6, "ssm": 3, "transformer": 2 * 4 * 3}[family]
    with torch.no_grad():
        whole = network(torch.tensor(data.inputs))
        state, laws = torch.zeros(8, memory_of(network)), []
        for t in range(data.inputs.shape[1]):
            state, law = network.step(state, torch.tensor(data.inputs[:, t]))
            assert state.shape == (8, memory_of(network)) and state.dtype == torch.float32
            laws.append(law)
    torch.testing.assert_close(torch.stack(laws, dim=1), whole, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_networks_are_causal(family):
    network, data = build(replace(SMALL, family=family), 1), batch(4)
    inputs = torch.tensor(data.inputs).requires_grad_()
    network(inputs)[:, 3].sum().backward()
    reached = inputs.grad.abs().amax(dim=(0, 2)) > 0
    assert reached.tolist() == [True] * 4 + [False] * 2


def test_transformer_forgets_beyond_its_window():
    network, data = build(replace(SMALL, family="transformer", window=2), 1), batch(4)
    inputs = torch.tensor(data.inputs).requires_grad_()
    network(inputs)[:, 5].sum().backward()
    assert (inputs.grad.abs().amax(dim=(0, 2)) > 0).tolist() == [False] + [True] * 5  # two blocks reach 4 tokens back


def test_heads_against_scipy():
    rng = np.random.default_rng(3)
    raw = torch.tensor(rng.normal(size=(5, 12)), dtype=torch.float32)
    law = torch.cat([raw[:, :4].log_softmax(dim=1), raw[:, 4:]], dim=1)
    y, low, high = (torch.tensor(rng.normal(size=5), dtype=torch.float32) + s for s in (0.0, -2.0, 1.0))
    weight, mean, scale = (part.double().numpy() for part in law.chunk(3, dim=1))
    normals = stats.norm(mean, np.exp(scale))
    density = (np.exp(weight) * normals.pdf(y.numpy()[:, None])).sum(axis=1)
    inside = (np.exp(weight) * (normals.cdf(high.numpy()[:, None]) - normals.cdf(low.numpy()[:, None]))).sum(axis=1)
    assert log_likelihood(law, y).numpy() == pytest.approx(np.log(density), abs=1e-5)
    assert mass_outside(law, low, high).numpy() == pytest.approx(1 - inside, abs=1e-6)

    levels = torch.tensor(rng.normal(size=(5, 3))).log_softmax(dim=1)
    answers = torch.tensor([0.0, 2.0, 1.0, 1.0, 0.0])
    chosen = np.exp(levels.numpy())[np.arange(5), answers.int().numpy()]
    assert log_likelihood(levels, answers).numpy() == pytest.approx(np.log(chosen))
    assert mass_outside(levels, answers, answers).numpy() == pytest.approx(1 - chosen)


def test_predictions_are_laws():
    data = batch(10)
    assert predict(build(SMALL, 0), data).sum(axis=2) == pytest.approx(np.ones((10, 6)), abs=1e-6)
    mixture = predict(build(replace(SMALL, alphabet="real"), 0), encode([real_sentence()], "real", 3))
    assert mixture.shape == (1, 5, 12) and np.exp(mixture[..., :4]).sum(axis=2) == pytest.approx(1.0, abs=1e-6)


def test_the_curriculum_ends_with_the_task():
    rng, task = np.random.default_rng(4), SingleProbe(4, 2)
    lengths = [task.fresh(rng, 300, difficulty).inputs.shape[1] for difficulty in (0.0, 0.3, 1.0)]
    assert lengths == [3, 5, 10]  # one edge: E E P; two: E E and their stars, or E E Q Q P; all
    first, second = (task.fresh(np.random.default_rng(4), 50, d).inputs for d in (1.0, 1.0))
    assert np.array_equal(first, second)
    assert np.array_equal(first, task.encoded(np.random.default_rng(4), 50).inputs)


# --- scores ----------------------------------------------------------------------------------------------------------


def test_scores_by_hand():
    data = batch(300)
    network = build(SMALL, 0)
    law = np.log(predict(network, data).astype(float))
    scores = {score.probe: score for score in evaluate(network, data)}
    for kind in (ProbeKind.MATCHED, ProbeKind.DECOY, ProbeKind.NEIGHBOUR, ProbeKind.CONTEXT):
        rows, columns = np.nonzero(data.kinds == KINDS.index(kind))
        chosen = law[rows, columns, data.answers[rows, columns].astype(int)]
        score = scores[kind.value]
        assert score.answers == len(rows)
        assert score.excess_nll == pytest.approx(float(np.mean(data.exact[rows, columns] - chosen)), abs=1e-5)
        if kind in (ProbeKind.MATCHED, ProbeKind.NEIGHBOUR):
            assert score.violation_rate == pytest.approx(float(np.mean(1 - np.exp(chosen))), abs=1e-5)
        else:
            assert score.violation_rate is None
    assert scores["all"].answers == int(data.read.sum())


def test_clustered_interval_covers():
    # 95 % intervals of 400 repetitions with correlated rows: coverage below 0.90 or above 0.99 has probability < 1e-4
    rng, hits = np.random.default_rng(0), 0
    for _ in range(400):
        counts = rng.integers(1, 5, size=60)
        chosen = np.arange(4) < counts[:, None]
        values = rng.normal(size=(60, 1)) + 0.1 * rng.normal(size=(60, 4))
        _, (low, high) = clustered_mean(values, chosen)
        hits += low < 0.0 < high
    assert 0.90 < hits / 400 < 0.99


# --- training --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("fresh", [True, False])
def test_an_interrupted_training_resumes_to_the_same_weights(tmp_path, family, fresh):
    config = replace(SMALL, family=family, evaluate_every=5, window=6)
    data = TASK.fresh if fresh else batch(100)
    whole = fit(config, 5e-3, 0, 15, data, batch(50, 8))

    class StopError(Exception):
        pass

    def interrupt(now):
        if now.step == 10:
            raise StopError

    path = tmp_path / "run.pt"
    with pytest.raises(StopError):
        fit(config, 5e-3, 0, 15, data, batch(50, 8), path, interrupt)
    seen = []
    resumed = fit(config, 5e-3, 0, 15, data, batch(50, 8), path, seen.append)
    assert [e.step for e in seen] == [15] and resumed.curve == whole.curve
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name
    with pytest.raises(InputError, match="another training"):
        fit(config, 6e-3, 0, 15, data, batch(50, 8), path)
    whole_file = path.read_bytes()
    for damaged in (b"nonsense", whole_file[:-1], whole_file[:300] + b"?" + whole_file[301:]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="is damaged; delete it"):
            fit(config, 5e-3, 0, 15, data, batch(50, 8), path)


def test_training_is_deterministic_given_the_seed():
    first, second = (fit(SMALL, 5e-3, 4, 40, TASK.fresh, batch(50, 8)) for _ in range(2))
    other = fit(SMALL, 5e-3, 5, 40, TASK.fresh, batch(50, 8))
    assert first.curve == second.curve != other.curve
    weights = [build(SMALL, seed).core.layer.weight_hh_l0 for seed in (4, 4, 5)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_training_stops_early_and_keeps_the_best_weights_also_when_resumed(tmp_path):
    # 16 sentences are learned by heart: the validation loss rises
    config = replace(SMALL, width=32, patience=3, max_steps=3000, batch_size=16, evaluate_every=20)
    path, validation = tmp_path / "run.pt", batch(300, 8)
    done = fit(config, 1e-2, 0, 3000, batch(16, 1), validation, path)
    assert done.steps < 1000 and done.steps == done.curve[-1].step
    assert min(done.curve, key=lambda e: e.excess_nll) == done.curve[-4]
    assert evaluate(done.network, validation)[0].excess_nll == pytest.approx(done.best, abs=1e-6)
    resumed = fit(config, 1e-2, 0, 3000, batch(16, 1), validation, path)
    assert resumed.steps == done.steps  # nothing was left to do
    assert evaluate(resumed.network, validation)[0].excess_nll == pytest.approx(done.best, abs=1e-6)


def test_learning_rate_is_searched_with_the_first_seed_and_a_small_gru_beats_no_memory():
    config = replace(
        SMALL, latent=16, learning_rates=(1e-6, 1e-2), search_steps=40, seeds=(3, 4), batch_size=64, max_steps=150
    )
    names = []
    result = train(config, TASK.fresh, batch(300, 8), batch(2000, 9), watch=lambda name, _: names.append(name))
    assert list(dict.fromkeys(names)) == ["search-1e-06", "search-0.01", "seed-3", "seed-4"]
    assert result.learning_rate == 1e-2 and result.search[1][1] < result.search[0][1]
    assert result.memory == 16 and [run.sentences for run in result.runs] == [150 * 64] * 2
    for run in result.runs:
        assert run.scores[0].excess_ci95[1] < memoryless_excess(2, 3)
    assert result.to_json()["runs"][0]["scores"][0]["probe"] == "all"
    with pytest.raises(InputError, match="must have 12 features"):
        train(config, TASK.fresh, batch(10), batch(10, task=SingleProbe(4, 2)))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_finely_rounded_memory_changes_nothing(family):
    network, data = build(replace(SMALL, family=family), 2), batch(200, 9)
    fine = quantised(network, 32, data)
    assert predict(fine, data) == pytest.approx(predict(network, data), abs=1e-5)
    with pytest.raises(InputError, match="bits per number"):
        quantised(network, 0, data)


def test_a_coarsely_rounded_memory_forgets():
    # 300 steps take the excess from 0.22, without memory, to below 0.15; one bit a number loses most of that
    task = SingleProbe(3, 2, shuffled=False)
    config = replace(SMALL, latent=16, width=32, batch_size=64, evaluate_every=300)
    network, data = fit(config, 1e-2, 0, 300, task.fresh, batch(100, 8, task)).network, batch(1000, 9, task)
    exact = evaluate(network, data)[0].excess_nll
    coarse = [evaluate(quantised(network, bits, batch(300, 8, task)), data)[0].excess_nll for bits in (1, 8)]
    assert exact < 0.15
    assert coarse[0] > exact + 0.01
    assert coarse[1] == pytest.approx(exact, abs=0.01)


def test_a_mixture_head_learns_real_answers():
    # one edge, undone or not, then p: normal laws whose means are the weight left over; determined when none is
    rng = np.random.default_rng(1)

    def sentence(weight, left):
        tokens = (EdgeToken((0, 1), weight), EdgeToken((0, 1), left - weight), ReadToken("p", 0))
        law = NormalLaw(2.0 * left, 0.04)
        return Sentence(tokens, (ProbeKind.MATCHED,), (float(rng.normal(law.mean, 0.2)),), (law,))

    def some(size):
        pairs = zip(rng.uniform(-1, 1, size), rng.integers(-1, 2, size), strict=True)
        return encode([sentence(float(w), float(s)) for w, s in pairs], "real", 2)

    config = TrainConfig(
        "gru", 4, "real", 2, width=32, learning_rates=(1e-2,), seeds=(0,), max_steps=300, batch_size=64
    )
    score = train(config, some(3000), some(300), some(500)).runs[0].scores[0]
    assert score.excess_nll < 0.3  # ignoring what was read costs more than 1 nat
    assert score.violation_rate < 0.05


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "rnn"}, "family must be one of"),
        ({"latent": 0}, "latent must be at least 1"),
        ({"learning_rates": ()}, "learning rates"),
        ({"seeds": (1, 1)}, "seeds must be different"),
        ({"alphabet": "letters"}, "alphabet must be"),
        ({"width": 30}, "multiple of 4"),
    ],
)
def test_bad_configurations_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        build(replace(SMALL, **changes), 0)

"""HSMT: laws, generator, datasets, scores, and the ideal and compiled networks on it."""

import json
from dataclasses import replace
from math import erfc, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from compiler.errors import InputError
from hardware_profiles import load_profile
from qumode_khrnn.answers.noisy_network import compile_sentence, noisy_answers
from qumode_khrnn.answers.scoring import score_files
from qumode_khrnn.hsmt.alphabet import alphabet_of, modular
from qumode_khrnn.hsmt.dataset import Answers, Dataset, answers_to_json, read_answers, read_dataset, write_dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, ShiftToken, token_from_json, token_to_json
from qumode_khrnn.hsmt.score import ModelInfo, calibration, score_answers, score_laws, wilson, window
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import exact_reference, reference
from simulations.laws.real import NormalLaw, QuadraticLaw, quadratic_law
from simulations.laws.types import law_from_json

MODEL = ModelInfo("model", "test", 4, "modes")
GAUSSIAN_FIRST = {"matched": 1.0, "decoy": 1.0, "neighbour": 1.0}  # contextual probes leave the lossy exact family


def dataset(**changes):
    spec = HsmtSpec(**{"modes": 4, "k": 3, "sentences": 60, "probes": 2, "seed": 3, **changes})
    return Dataset(spec, tuple(generate(spec, reference)))


# --- laws ------------------------------------------------------------------------------------------------------------


def test_normal_law_agrees_with_scipy():
    law, oracle = NormalLaw(0.3, 2.0), stats.norm(0.3, sqrt(2.0))
    for y in (-3.0, 0.1, 7.0):
        assert law.log_density(y) == pytest.approx(oracle.logpdf(y), abs=1e-13)
        assert law.cdf(y) == pytest.approx(oracle.cdf(y), rel=1e-12)
        assert law.tail(y) == pytest.approx(2 * min(oracle.cdf(y), oracle.sf(y)), rel=1e-12)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2), st.floats(0.05, 2.0), st.floats(-4, 4))
def test_quadratic_law_agrees_with_quadrature(b, q, c, noise, y):
    # one square: integrate the normal noise over z directly
    law = QuadraticLaw(c, (b,), (q,), noise)
    z = np.linspace(-12, 12, 40001)
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    centre = c + b * z + q * z * z
    density = float(weight @ stats.norm.pdf(y, centre, sqrt(noise)))
    assert exp(law.log_density(y)) == pytest.approx(density, abs=1e-9)
    assert law.cdf(y) == pytest.approx(float(weight @ stats.norm.cdf(y, centre, sqrt(noise))), abs=1e-9)
    assert law.mean == pytest.approx(float(weight @ centre), abs=1e-9)
    assert law.variance == pytest.approx(noise + float(weight @ (centre - law.mean) ** 2), rel=1e-9)


def test_quadratic_law_of_correlated_normals_by_sampling():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(3, 3))
    cov, mean, linear = root @ root.T, rng.normal(size=3), rng.normal(size=3)
    form = rng.normal(size=(3, 3))
    form = form + form.T
    law = quadratic_law(0.4, linear, form, mean, cov, 0.7)
    x = rng.multivariate_normal(mean, cov, size=20_000)
    y = 0.4 + x @ linear + np.einsum("si,ij,sj->s", x, form, x) + sqrt(0.7) * rng.normal(size=len(x))
    assert stats.kstest([law.cdf(v) for v in y[:2000]], "uniform").pvalue > 1e-3
    assert law.scaled(-2.0).cdf(-2.0 * y[0]) == pytest.approx(1 - law.cdf(y[0]), abs=1e-9)


def test_window_leaves_out_the_stated_mass():
    for law in (NormalLaw(1.0, 3.0), QuadraticLaw(0.1, (0.5, 1.0), (0.7, -0.2), 0.3)):
        low, high = window(law, 3.0)
        assert law.cdf(low) + 1 - law.cdf(high) == pytest.approx(erfc(3.0 / sqrt(2.0)), rel=1e-6)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"law": "normal", "mean": 0.0},
        {"law": "normal", "mean": 0.0, "variance": -1.0},
        {"law": "normal", "mean": "0", "variance": 1.0},
        {"law": "quadratic", "constant": 0.0, "linear": [1.0], "quadratic": [], "noise": 1.0},
        {"law": "cauchy"},
    ],
)
def test_broken_laws_are_refused(data):
    with pytest.raises(InputError, match="here"):
        law_from_json(data, None, "here")


# --- generator -------------------------------------------------------------------------------------------------------


def test_answers_follow_their_laws():
    # the laws are computed on the way, the answers sampled by another branch: Kolmogorov-Smirnov over all probe kinds
    for k, probes in ((2, 5), (3, 3)):
        data = dataset(k=k, probes=probes, sentences=150, seed=11)
        assert calibration([s.answers for s in data.sentences], [s.laws for s in data.sentences]) > 1e-3
        found = {kind for s in data.sentences for kind in s.kinds}
        assert found == set(ProbeKind) - {ProbeKind.TRIPLE} - ({ProbeKind.CONTEXTUAL} if k == 2 else set())


def test_matched_variance_is_the_sum_of_both_squeezings():
    data = dataset(probes=1, squeezing_latent=0.9, squeezing_ancilla=1.3)
    laws = [law for s in data.sentences for kind, law in zip(s.kinds, s.laws, strict=True) if kind == "matched"]
    assert laws
    for law in laws:
        assert (law.mean, law.variance) == pytest.approx((0.0, exp(-1.8) + exp(-2.6)), rel=1e-9)


def test_decoys_spread_by_the_wrong_weight():
    # k = 2: the answer gains delta x_j, of variance delta^2 e^{2 r}
    data = dataset(k=2, probes=1, mixture={"decoy": 1.0}, shift=0.0, squeezing_latent=0.8)
    for s in data.sentences:
        write = [t for t in s.tokens if isinstance(t, EdgeToken)][: 4 * 3 // 2]
        weights = {t.modes: t.weight for t in write}
        undo = [t for t in s.tokens[len(write) :] if isinstance(t, EdgeToken)]
        off = sum(t.weight + weights[t.modes] for t in undo[: len(undo) // 2])
        assert s.laws[0].variance == pytest.approx(exp(-1.6) + exp(-2.0) + off**2 * exp(1.6), rel=1e-9)


def test_length_is_met_exactly_and_too_short_is_refused():
    data = dataset(probes=None, length=60, sentences=10)
    assert {len(s.tokens) for s in data.sentences} == {60}
    with pytest.raises(InputError, match="length must be at least"):
        dataset(probes=None, length=9, sentences=1)


def test_sentences_do_not_depend_on_how_many_there_are():
    assert dataset(sentences=5).sentences == dataset(sentences=9).sentences[:5]
    assert dataset(seed=4).sentences != dataset(seed=5).sentences


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modes": -3}, "modes"),
        ({"k": 5, "modes": 6}, "k = 2, 3 or 4"),
        ({"alphabet": "modular(1)"}, "modular"),
        ({"k": 2, "mixture": {"contextual": 1.0}}, "no contextual probes"),
        ({"alphabet": "modular(4)", "modes": 11}, "prime"),
        ({"probes": None}, "exactly one"),
        ({"probes": 0}, "probes"),
        ({"edges": 99}, r"1\.\.4"),
        ({"weights": (0.5, 0.1)}, "weights"),
        ({"mixture": {"magic": 1.0}}, "magic"),
        ({"mixture": {"decoy": 0.0}}, "not all 0"),
        ({"seed": -1}, "seed"),
        ({"squeezing_latent": float("nan")}, "squeezing"),
        ({"sentences": 0}, "sentences"),
    ],
)
def test_impossible_specifications_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        dataset(**changes)


def test_reference_refuses_what_it_cannot_do_exactly():
    tokens = (EdgeToken((0, 1, 2), 0.4), ReadToken("p", 0), ReadToken("x", 1))
    with pytest.raises(InputError, match="token 2"):
        exact_reference(tokens, HsmtSpec(3, 3, 1, probes=1).network, np.random.default_rng(0), None)


# --- files -----------------------------------------------------------------------------------------------------------


def test_dataset_file_round_trip(tmp_path):
    data = dataset()
    write_dataset(tmp_path / "d.jsonl", data)
    assert read_dataset(tmp_path / "d.jsonl") == data
    for token in (EdgeToken((0, 2), 0.5), ShiftToken(1, -0.3), ReadToken("x", 2), ReadToken("p", 3)):
        assert token_from_json(json.loads(json.dumps(token_to_json(token))), 4, 3, "t") == token


@pytest.mark.parametrize(
    ("token", "levels", "message"),
    [
        (["E", [0, 1, 2, 3], 0.5], None, r"t: edges may have at most k = 3 modes, found \[0, 1, 2, 3\]"),
        (["E", [0, 1, 2, 3], 1], 2, "at most k = 3 modes"),
        (["E", [0, 4], 0.5], None, r"t: modes must lie in 0\.\.3, found \[0, 4\]"),
        (["E", [1, 1], 0.5], None, "found 1 twice"),
        (["E", [], 0.5], None, "at least one mode"),
        (["X", 4, 0.5], None, r"modes must lie in 0\.\.3, found \[4\]"),
        (["P", -1], None, r"modes must lie in 0\.\.3, found \[-1\]"),
        (["Q", True], None, "t: must be a token"),
        (["X", 1, 2], 2, r"t: amount must be an integer in 0\.\.1, found 2"),
        (["X", 1, "2"], None, "t: amount must be a number"),
        (["R", 1], None, r"t: must be a token such as .*, found \['R', 1\]"),
    ],
)
def test_what_is_no_token_is_refused(token, levels, message):
    with pytest.raises(InputError, match=message):
        token_from_json(token, 4, 3, "t", alphabet_of("real" if levels is None else modular(levels)))


def test_edges_of_up_to_k_modes_are_read():
    for size in (1, 2, 3):
        assert token_from_json(["E", list(range(size)), 0.5], 4, 3, "t") == EdgeToken(tuple(range(size)), 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:-1], "must have 3 sentences after its header, found 2"),
        (lambda lines: [lines[0], lines[1][:-9], *lines[2:]], "line 2"),
        (lambda lines: [lines[0].replace('"version": 2', '"version": 7'), *lines[1:]], "version"),
        (lambda lines: [lines[0].replace("qumode-khrnn/hsmt", "other"), *lines[1:]], "format"),
        (lambda lines: [lines[0].replace('"modes": 4', '"modes": 3'), *lines[1:]], r"line \d+"),
        (lambda lines: [lines[0], lines[1].replace('"E"', '"Z"'), *lines[2:]], "must be a token such as"),
        (lambda lines: [], "line 1"),
    ],
)
def test_broken_datasets_name_the_line(tmp_path, change, message):
    path = tmp_path / "d.jsonl"
    write_dataset(path, dataset(sentences=3))
    path.write_text("\n".join(change(path.read_text().splitlines())))
    with pytest.raises(InputError, match=message):
        read_dataset(path)


# --- scores ----------------------------------------------------------------------------------------------------------


def test_exact_answers_have_no_violations_and_exact_laws_no_excess():
    data = dataset(sentences=200)
    laws = [s.laws for s in data.sentences]
    rows = {r.probe: r for r in score_answers(data, MODEL, [s.answers for s in data.sentences], laws)}
    assert rows["all"].violation_rate == 0.0
    assert rows["decoy"].violation_rate is None
    determined = rows["matched"].answers + rows["neighbour"].answers
    assert abs(rows["all"].squared_error - 1) < 5 * sqrt(3 / determined)
    exact = {r.probe: r for r in score_laws(data, MODEL, laws)}
    assert exact["all"].excess_nll == 0.0
    assert exact["matched"].violation_rate == pytest.approx(erfc(5 / sqrt(2)), rel=1e-6)


def test_windows_beyond_the_accuracy_of_the_laws_are_refused():
    with pytest.raises(InputError, match=r"0\.01\.\.7"):
        window(QuadraticLaw(0.0, (1.0, 0.0), (0.5, -0.5), 0.2), 10.0)


def test_wrong_models_are_found_out():
    data = dataset(sentences=100, probes=1, mixture={"matched": 1.0})
    wide = [[NormalLaw(0.0, 4.0 * law.variance) for law in s.laws] for s in data.sentences]
    (row,) = (r for r in score_laws(data, MODEL, wide) if r.probe == "matched")
    # expected excess of a normal law that is twice too wide: log 2 + (1/4 - 1)/2
    assert row.excess_nll == pytest.approx(log(2) - 0.375, abs=0.2)
    assert row.violation_rate == pytest.approx(erfc(2.5 / sqrt(2)), rel=1e-6)
    shifted = [[y + 10.0 for y in s.answers] for s in data.sentences]
    (row,) = (r for r in score_answers(data, MODEL, shifted, [s.laws for s in data.sentences]) if r.probe == "matched")
    assert row.violation_rate == 1.0
    assert row.ci95["violation_rate"] == pytest.approx(wilson(1.0, 100))


def test_answer_files(tmp_path):
    data = dataset(sentences=20)
    write_dataset(tmp_path / "d.jsonl", data)
    path = tmp_path / "a.json"

    def score(answers):
        path.write_text(json.dumps(answers_to_json(answers)))
        return {row["probe"]: row for row in score_files(tmp_path / "d.jsonl", path, 5.0)["rows"]}

    own = tuple(s.answers for s in data.sentences)
    sampled = score(Answers("mine", own))
    assert sampled["all"]["violation_rate"] == 0.0 and sampled["all"]["excess_nll"] is None
    predicted = score(Answers("mine", own, tuple(s.laws for s in data.sentences)))
    assert predicted["all"]["excess_nll"] == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(InputError, match="20 sentences"):
        read_answers(_written(path, Answers("mine", own[:-1])), data)
    with pytest.raises(InputError, match="sentence 0 must have"):
        read_answers(_written(path, Answers("mine", (own[0][:-1], *own[1:]))), data)


def _written(path, answers):
    path.write_text(json.dumps(answers_to_json(answers)))
    return path


# --- the compiled network --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["ideal-cubic", "photonic-cubic"])
def test_the_compiled_lossless_network_is_exact(profile):
    data = dataset(sentences=40, probes=1, mixture=GAUSSIAN_FIRST)
    run = noisy_answers(data, load_profile(profile), 0.0, 5, repeats=5)
    assert run.largest_residual < 1e-13
    assert calibration(run.answers, run.laws) > 1e-3
    rates = {row.probe: row.violation_rate for row in score_answers(run.dataset, MODEL, run.answers, run.laws)}
    assert rates["all"] == rates["matched"] == rates["neighbour"] == 0.0


def test_loss_raises_the_error():
    data = dataset(sentences=30, probes=1, mixture={"matched": 1.0}, edges=2)
    errors = []
    for scale in (0.0, 10.0):
        run = noisy_answers(data, load_profile("photonic-cubic"), scale, 5, repeats=20)
        (row,) = (r for r in score_answers(run.dataset, MODEL, run.answers, run.laws) if r.probe == "all")
        errors.append(row.squared_error)
    assert errors[0] < 1.3
    assert errors[1] > 3.0


def test_a_sentence_is_compiled_cell_by_cell():
    (sentence,) = dataset(sentences=1, probes=1, mixture={"matched": 1.0}).sentences
    compiled = compile_sentence(sentence.tokens, HsmtSpec(4, 3, 1, probes=1).network, load_profile("ideal-cubic"))
    edges = sum(isinstance(t, EdgeToken) for t in sentence.tokens)
    cubics = sum(type(op).__name__ == "CubicPhase" for op in compiled.circuit.operations)
    assert cubics == 4 * edges  # nothing merged across cells, although undoing and redoing would cancel
    assert compiled.residual < 1e-13
    assert set(compiled.gains.values()) == {1.0}


def test_long_sentences_on_sixty_modes():
    data = dataset(modes=60, sentences=1, probes=None, length=2000, edges=150, seed=9)
    (sentence,) = data.sentences
    assert len(sentence.tokens) == 2000
    matched = [law for law, kind in zip(sentence.laws, sentence.kinds, strict=True) if kind is ProbeKind.MATCHED]
    assert len(matched) > 20 and max(law.variance for law in matched) < 0.5


def test_spec_is_frozen_in_the_dataset():
    data = dataset()
    assert replace(data.spec, seed=8) != data.spec
    assert data.spec.to_json()["alphabet"] == "real"

"""Discrete laws and answers are scored as by hand, and calibration tells right from wrong."""

from math import log, sqrt

import numpy as np
import pytest
from hsmt_support import MODEL, make, sentences_of
from scipy.special import ndtr
from scipy.stats import kstest
from typer.testing import CliRunner

from compiler.errors import InputError
from qumode_khrnn.cli.hsmt import hsmt_app
from qumode_khrnn.hsmt.dataset import Dataset, write_dataset
from qumode_khrnn.hsmt.language import ProbeKind, ReadToken, Sentence
from qumode_khrnn.hsmt.score import calibration, mean_interval, score_answers, score_laws, wilson
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.rivals.phase_space import phase_space_answers
from simulations.laws.discrete import DiscreteLaw, certain, uniform
from simulations.laws.real import NormalLaw

# Statistical tests fix their seed; a bound of p > 1e-4 fails for one seed in 10^4.


def by_hand():
    """Two sentences of two readouts: a determined answer 1, and a free one."""
    tokens = (ReadToken("p", 0), ReadToken("x", 1))
    kinds = (ProbeKind.MATCHED, ProbeKind.CONTEXT)
    laws = (certain(1, 3), DiscreteLaw((0.5, 0.25, 0.25)))
    return Dataset(make(2, 2, 3, 2), (Sentence(tokens, kinds, (1, 0), laws), Sentence(tokens, kinds, (1, 2), laws)))


def test_discrete_laws_are_scored_as_by_hand():
    data = by_hand()
    guess = (DiscreteLaw((0.2, 0.7, 0.1)), DiscreteLaw((0.25, 0.5, 0.25)))
    sure = (certain(1, 3), DiscreteLaw((0.5, 0.5, 0.0)))
    rows = {row.probe: row for row in score_laws(data, MODEL, (guess, guess))}
    assert rows["matched"].violation_rate == pytest.approx(0.3)
    assert rows["context"].violation_rate is None and rows["all"].violation_rate == pytest.approx(0.3)
    # -ln 0.7 twice; ln 0.5 - ln 0.25 and ln 0.25 - ln 0.25
    assert rows["matched"].excess_nll == pytest.approx(-log(0.7))
    assert rows["context"].excess_nll == pytest.approx(log(2) / 2)
    assert rows["all"].excess_nll == pytest.approx((-2 * log(0.7) + log(2)) / 4)
    assert rows["all"].squared_error is None and rows["all"].impossible == 0
    rows = {row.probe: row for row in score_laws(data, MODEL, (guess, sure))}
    assert rows["context"].excess_nll is None and rows["context"].impossible == 1
    assert rows["context"].ci95["excess_nll"] is None
    assert rows["matched"].excess_nll == pytest.approx(-log(0.7) / 2) and rows["all"].impossible == 1
    rows = {row.probe: row for row in score_answers(data, MODEL, ((0, 1), (1, 1)), [s.laws for s in data.sentences])}
    assert rows["matched"].violation_rate == 0.5 and rows["all"].excess_nll is None
    with pytest.raises(InputError, match="the same alphabet"):
        score_laws(data, MODEL, ((NormalLaw(0.0, 1.0),) * 2,) * 2)


def test_clustered_intervals_follow_their_formula():
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(7, size=40))
    values = rng.normal(size=40) + groups
    total, mean = 0.0, sum(values) / 40
    for g in set(groups.tolist()):
        total += sum(v - mean for v, h in zip(values, groups, strict=True) if h == g) ** 2
    count = len(set(groups.tolist()))
    half = 1.959963984540054 * sqrt(total * count / (count - 1)) / 40
    assert mean_interval(values, groups) == pytest.approx((mean - half, mean + half), rel=1e-12)
    assert mean_interval(values, np.zeros(40)) is None
    # one value a group: the usual standard error
    usual = 1.959963984540054 * values.std(ddof=1) / sqrt(40)
    assert mean_interval(values, np.arange(40))[1] - mean == pytest.approx(usual, rel=1e-12)


def test_calibration_is_uniform_for_exact_answers_and_tiny_for_wrong_ones():
    laws = [(uniform(3), DiscreteLaw((0.7, 0.2, 0.1)), certain(2, 3), DiscreteLaw((0.0, 0.5, 0.5)))] * 60

    def p_value(draw):
        return calibration([[draw(law) for law in one] for one in laws], laws)

    rng = np.random.default_rng(4)
    values = [p_value(lambda law: int(rng.choice(3, p=law.probabilities))) for _ in range(200)]
    assert kstest(values, "uniform").pvalue > 1e-4
    assert p_value(lambda law: int(np.argmax(law.probabilities))) < 1e-6
    assert p_value(lambda law: 0) == 0.0  # excluded
    assert calibration([[0] * 100], [[uniform(2)] * 100]) < 1e-6  # always 0 where both answers are as likely
    assert calibration([[2]], [[certain(2, 3)]]) == 1.0


def test_the_network_is_calibrated_and_the_sampler_is_not():
    spec = make(3, 3, 2, 300, mixture={"contextual": 1.0})
    sentences = sentences_of(spec)
    assert calibration([s.answers for s in sentences], [s.laws for s in sentences]) > 1e-4
    own = [phase_space_answers(s.tokens, spec, np.random.default_rng(i)) for i, s in enumerate(sentences)]
    laws = [reference(s.tokens, spec, np.random.default_rng(0), ys)[1] for s, ys in zip(sentences, own, strict=True)]
    assert calibration(own, laws) < 1e-4


# --- answers must spread ---------------------------------------------------------------------------------------------


def real_by_hand():
    """One sentence, a matched, a decoy and a context readout, whose exact laws are N(0, 1/4), N(1, 4) and N(0, 9)."""
    tokens = (ReadToken("p", 0), ReadToken("p", 1), ReadToken("x", 1))
    kinds = (ProbeKind.MATCHED, ProbeKind.DECOY, ProbeKind.CONTEXT)
    laws = (NormalLaw(0.0, 0.25), NormalLaw(1.0, 4.0), NormalLaw(0.0, 9.0))
    return Dataset(make(2, 2, None), (Sentence(tokens, kinds, (0.5, 0.0, 3.0), laws),))


def by_probe(rows):
    return {row.probe: row for row in rows}


def test_decoys_are_scored_as_by_hand():
    data = real_by_hand()
    (sentence,) = data.sentences
    rows = by_probe(score_answers(data, MODEL, [(0.5, 4.0, 30.0)], [sentence.laws]))
    # ((4 - 1) / 2)^2; a context readout has neither
    assert (rows["matched"].squared_error, rows["decoy"].squared_error) == (1.0, 2.25)
    assert rows["context"].squared_error is None and rows["all"].squared_error == pytest.approx((1.0 + 2.25) / 2)
    assert rows["decoy"].violation_rate is None and rows["decoy"].ci95["squared_error"] is None
    # one value at u: P(D >= max(u, 1 - u)) = 2 min(u, 1 - u)
    assert rows["matched"].calibration_p == pytest.approx(2.0 * ndtr(-1.0))
    assert rows["decoy"].calibration_p == pytest.approx(2.0 * ndtr(-1.5))
    assert rows["context"].calibration_p == pytest.approx(2.0 * ndtr(-10.0), rel=1e-6)
    # predicted laws: no error of decoys, and the place of the dataset's answer 0 under N(2, 1)
    guess = (sentence.laws[0], NormalLaw(2.0, 1.0), sentence.laws[2])
    rows = by_probe(score_laws(data, MODEL, [guess]))
    assert rows["decoy"].squared_error is None and rows["all"].squared_error == 1.0
    assert rows["decoy"].calibration_p == pytest.approx(2.0 * ndtr(-2.0))


def test_a_constant_is_never_wrong_and_does_not_spread():
    spec = make(4, 2, None, 200)
    data = Dataset(spec, sentences_of(spec))
    exact = by_probe(score_answers(data, MODEL, [s.answers for s in data.sentences], [s.laws for s in data.sentences]))
    zeros = [(0.0,) * len(s.answers) for s in data.sentences]
    rng = np.random.default_rng(0)
    own = [reference(s.tokens, spec, rng, ys)[1] for s, ys in zip(data.sentences, zeros, strict=True)]
    zero = by_probe(score_answers(data, MODEL, zeros, own))
    for probe in ("matched", "neighbour", "all"):
        assert zero[probe].violation_rate == exact[probe].violation_rate == 0.0
    assert zero["decoy"].calibration_p < 1e-6 and zero["decoy"].squared_error < 0.1
    low, high = exact["decoy"].ci95["squared_error"]
    assert exact["decoy"].calibration_p > 1e-3 and low < 1.0 < high and high - low < 1.0


@pytest.mark.parametrize("levels", [None, 3])
def test_predicted_laws_have_a_p_too(levels):
    spec = make(3, 2, levels, 150)
    data = Dataset(spec, sentences_of(spec))
    exact = by_probe(score_laws(data, MODEL, [s.laws for s in data.sentences]))
    assert all(row.calibration_p > 1e-4 for row in exact.values())
    other = NormalLaw(0.0, 400.0) if levels is None else DiscreteLaw((0.8, 0.1, 0.1))
    wrong = by_probe(score_laws(data, MODEL, [(other,) * len(s.answers) for s in data.sentences]))
    assert wrong["context"].calibration_p < 1e-4 and wrong["all"].calibration_p < 1e-4


def test_a_sentence_answered_often_is_one_sentence():
    tokens, laws = (ReadToken("p", 0),), (NormalLaw(0.0, 1.0),)
    right, wrong = (Sentence(tokens, (ProbeKind.MATCHED,), (y,), laws) for y in (1.0, 9.0))
    answers = [(1.0,)] * 50 + [(9.0,)] * 50

    def row(sentences):
        data = Dataset(make(2, 2, None), tuple(sentences))
        return by_probe(score_answers(data, MODEL, answers, [laws] * 100))["matched"]

    often = row([right] * 50 + [wrong] * 50)
    once = row([Sentence(tokens, (ProbeKind.MATCHED,), ys, laws) for ys in answers])
    assert often.violation_rate == once.violation_rate == 0.5
    assert often.ci95["violation_rate"] == pytest.approx(wilson(0.5, 2))
    assert once.ci95["violation_rate"] == pytest.approx(wilson(0.5, 100))
    # errors 1 and 81: two values, of deviation 80 / sqrt 2 and so of a mean with standard error 40; or 100 of them
    assert often.ci95["squared_error"][1] - 41.0 == pytest.approx(1.959963984540054 * 40.0)
    assert once.ci95["squared_error"][1] - 41.0 == pytest.approx(1.959963984540054 * 40.0 / sqrt(99.0))


def test_the_command_puts_the_excess_first_and_shows_intervals(tmp_path):
    spec = make(4, 2, None, 60)
    write_dataset(tmp_path / "d.jsonl", Dataset(spec, sentences_of(spec)))
    done = CliRunner().invoke(hsmt_app, ["score", str(tmp_path / "d.jsonl")])
    assert done.exit_code == 0, done.output
    head, *lines = done.output.splitlines()
    places = [head.index(name) for name in ("excess NLL", "violation rate", "squared error", " p")]
    assert places == sorted(places)
    (matched,) = (line for line in lines if line.startswith("matched"))
    (decoy,) = (line for line in lines if line.startswith("decoy"))
    assert matched.count("[") == 2 and decoy.count("[") == 1  # no excess NLL of answers, no violations of decoys
    assert matched[places[1] :].startswith("0 [0, 0.") and matched[places[0] :].startswith("–")

"""Discrete laws and answers are scored as by hand, and calibration tells right from wrong."""

from math import log, sqrt

import numpy as np
import pytest
from hsmt_support import MODEL, make, sentences_of
from scipy.stats import kstest

from compiler.errors import InputError
from qumode_khrnn.classical.phase_space import phase_space_answers
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import ProbeKind, ReadToken, Sentence
from qumode_khrnn.hsmt.score import calibration, mean_interval, score_answers, score_laws
from qumode_khrnn.ideal.reference import reference
from simulations.laws.discrete import DiscreteLaw, certain, uniform

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
    with pytest.raises(InputError, match="one alphabet"):
        from simulations.laws.real import NormalLaw

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

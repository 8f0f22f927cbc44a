"""The witness S of answers: its mean, its standard error, and the scores of bits."""

import itertools
from math import log, sqrt

import numpy as np
import pytest
from hsmt_support import MODEL

from compiler.errors import InputError
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.displacement import DisplacementToken, step, triangle_contexts
from qumode_khrnn.hsmt.language import ProbeKind, Sentence
from qumode_khrnn.hsmt.score import calibration, score_answers, score_laws
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.hsmt.witness_score import FEW_ANSWERS, witness_of_answers, witness_of_laws
from simulations.laws.discrete import bit, uniform
from simulations.laws.types import law_from_json

CONTEXTS = triangle_contexts((0, 1, 2), 1.0)
MOMENTUM = DisplacementToken.of((0,), (step(1.0),), (0.0,))
MATCHED, CONTEXTUAL = ProbeKind.MATCHED, ProbeKind.CONTEXTUAL


def dataset(rows):
    """Sentences of (token, kind, answer, P(+1)) each."""
    sentences = tuple(
        Sentence(
            tuple(token for token, *_ in row),
            tuple(kind for _, kind, *_ in row),
            tuple(y for *_, y, _ in row),
            tuple(bit(plus) for *_, plus in row),
        )
        for row in rows
    )
    spec = HsmtSpec(3, 2, len(sentences), probes=1, alphabet="displacement")
    return Dataset(spec, sentences)


def asked(answers):
    """One contextual probe per sentence: answers by context."""
    return dataset([[(CONTEXTS[c], CONTEXTUAL, y, 0.9)] for c, ys in enumerate(answers) for y in ys])


def of_its_own(data):
    """The witness of a dataset's own answers."""
    return witness_of_answers(data, [s.answers for s in data.sentences], [s.laws for s in data.sentences])


def test_s_is_the_sum_of_the_means():
    data = asked([[1, 1, 1, -1], [1, 1], [1, 1, -1], [-1, -1, -1, 1, 1]])
    found = of_its_own(data)
    means = {"B0": 0.5, "B1": 1.0, "B2": 1 / 3, "A": -0.2}
    assert found.means == pytest.approx(means) and found.answers == {"B0": 4, "B1": 2, "B2": 3, "A": 5}
    assert found.s == pytest.approx(0.5 + 1.0 + 1 / 3 + 0.2)
    # independent sentences: the variances (1 - mean^2) / (n - 1) of the four means add up
    assert found.standard_error == pytest.approx(sqrt((1 - 0.25) / 3 + (1 - 1 / 9) / 2 + (1 - 0.04) / 4))
    assert found.exact == pytest.approx(2 * 0.8)
    assert found.to_json()["noncontextual_bound"] == pytest.approx(2.8284271247)


@pytest.mark.parametrize(("sentences", "probes", "alike"), [(40, 1, 0.0), (100, 1, 0.0), (60, 5, 0.4)])
def test_the_standard_error_is_that_of_repeated_trials(sentences, probes, alike):
    # Contexts are drawn; in a share of the sentences all answers follow one random number. Mean of the estimated
    # variance against the variance of S in 400 repetitions: within 4 standard errors of the latter (7 %: 28 %). From
    # 25 answers a context on, 1.96 standard errors hold S in 91 to 98 % of the repetitions (4 deviations of 1.1 %).
    rng, chance = np.random.default_rng(3), np.array([0.95, 0.95, 0.95, 0.14])
    rows, true = [], (2.0 * chance - 1.0) @ [1.0, 1.0, 1.0, -1.0]
    for _ in range(400):
        asked_now = rng.integers(4, size=(sentences, probes))
        draws = rng.random((sentences, probes))
        same = rng.random(sentences) < alike
        draws[same] = draws[same, :1]
        ys = np.where(draws < chance[asked_now], 1, -1)
        data = dataset(
            [
                [(CONTEXTS[c], CONTEXTUAL, y, 0.9) for c, y in zip(cs, row, strict=True)]
                for cs, row in zip(asked_now.tolist(), ys.tolist(), strict=True)
            ]
        )
        one = of_its_own(data)
        if one is not None and one.standard_error is not None:
            rows.append((one.s, one.standard_error))
    s, error = np.array(rows).T
    assert len(rows) >= 398 and s.mean() == pytest.approx(true, abs=4.5 * s.std() / 20)
    assert np.mean(error**2) / s.var() == pytest.approx(1.0, abs=0.28)
    if sentences * probes >= 4 * FEW_ANSWERS:
        assert 0.90 <= np.mean(np.abs(s - true) <= 1.96 * error) <= 0.985


def test_few_answers_have_a_standard_error_that_is_not_too_small_on_average():
    # independent answers: the variance of a mean of n is (1 - mean^2) / (n - 1) estimated, which has no bias
    data = asked([[1, -1], [1, 1, -1], [-1, 1], [1, 1, -1, -1]])
    expected = 1.0 / 1 + (1.0 - 1.0 / 9.0) / 2 + 1.0 / 1 + 1.0 / 3
    assert of_its_own(data).standard_error == pytest.approx(sqrt(expected))
    assert of_its_own(asked([[1], [1, 1], [1, -1], [-1, 1]])).standard_error is None


def test_a_sentence_that_is_answered_several_times_is_one():
    once = dataset([[(token, CONTEXTUAL, y, 0.5) for token in CONTEXTS] for y in (1, -1)])
    often = Dataset(once.spec, once.sentences * 5)
    assert of_its_own(often).standard_error == pytest.approx(of_its_own(once).standard_error)


def test_answers_after_an_impossible_one_count():
    # the exact laws end with the second answer; S is of all, and the ideal network has no S then
    data = dataset([[(token, CONTEXTUAL, 1, 0.9) for token in CONTEXTS]])
    found = witness_of_answers(data, [(1, 1, 1, -1)], [data.sentences[0].laws[:2]])
    assert found.s == pytest.approx(4.0) and found.exact is None and found.to_json()["exact"] is None


def test_answers_of_one_sentence_are_not_independent():
    # two sentences that ask every context five times, with one and the same answer
    rows = [[(token, CONTEXTUAL, y, 0.5) for token in CONTEXTS for _ in range(5)] for y in (1, -1)]
    data = dataset(rows)
    found = of_its_own(data)
    # S is +2 and -2 in the two sentences
    assert found.s == pytest.approx(0.0) and found.standard_error == pytest.approx(2.0)


def test_predicted_laws_have_s_by_their_means():
    data = asked([[1], [1], [1], [-1]])
    laws = [(bit(p),) for p in (0.9, 0.8, 0.7, 0.4)]
    assert witness_of_laws(data, laws).s == pytest.approx(0.8 + 0.6 + 0.4 + 0.2)


def test_other_probes_and_missing_contexts_do_not_count():
    some = asked([[1], [1], [1], []])
    assert of_its_own(some) is None
    rows = [[(token, CONTEXTUAL, 1, 0.5)] for token in CONTEXTS]
    rows += [[(CONTEXTS[0], ProbeKind.CONTEXT, -1, 0.5)], [(MOMENTUM, MATCHED, -1, 0.5)]]
    data = dataset(rows)
    found = of_its_own(data)
    assert found.answers == {"B0": 1, "B1": 1, "B2": 1, "A": 1} and found.s == pytest.approx(2.0)


# --- scores of bits --------------------------------------------------------------------------------------------------


def scored(rows, kind, laws=None):
    data = dataset(rows)
    if laws is None:
        own = [s.answers for s in data.sentences]
        found = score_answers(data, MODEL, own, [s.laws for s in data.sentences])
    else:
        found = score_laws(data, MODEL, laws)
    return next(row for row in found if row.probe == kind)


def test_the_less_likely_bit_of_a_matched_probe_is_wrong():
    rows = [[(MOMENTUM, MATCHED, y, 0.95)] for y in (1, 1, 1, -1)] + [[(MOMENTUM, MATCHED, -1, 0.05)]]
    assert scored(rows, "matched").violation_rate == pytest.approx(1 / 5)
    assert scored([[(CONTEXTS[3], CONTEXTUAL, 1, 0.1)]], "contextual").violation_rate is None


def test_predicted_laws_are_scored_by_likelihood_and_by_mass_on_wrong_bits():
    rows = [[(MOMENTUM, MATCHED, 1, 0.9)], [(MOMENTUM, MATCHED, -1, 0.9)]]
    row = scored(rows, "matched", [(bit(0.8),), (bit(0.8),)])
    assert row.violation_rate == pytest.approx(0.2)
    assert row.excess_nll == pytest.approx((log(0.9 / 0.8) + log(0.1 / 0.2)) / 2)
    with pytest.raises(InputError, match="the same alphabet"):
        scored(rows, "matched", [(uniform(2),), (uniform(2),)])


def test_calibration_of_bits():
    # 300 bits of law 0.9: drawn by it, and all +1; the smallest p of right answers in 200 trials is above 1e-4
    rng = np.random.default_rng(1)
    laws = [(bit(0.9),)] * 300
    ps = [calibration([(y,) for y in rng.choice([1, -1], 300, p=[0.9, 0.1]).tolist()], laws) for _ in range(200)]
    assert min(ps) > 1e-4 and 0.35 < np.mean(ps) < 0.65
    assert calibration([(1,)] * 300, laws) < 1e-6
    assert calibration([(-1,)] * 10 + [(1,)] * 10, [(bit(1.0),)] * 20) == 0.0


def test_a_law_of_one_alphabet_is_none_of_another():
    for law, outcomes in ((bit(0.5), (0, 1)), (uniform(2), (1, -1)), (bit(0.5), None)):
        with pytest.raises(InputError, match="does not belong to this alphabet"):
            law_from_json(law.to_json(), outcomes, "here")
    assert law_from_json(bit(0.5).to_json(), (1, -1), "here") == bit(0.5)


@pytest.mark.parametrize(
    ("law", "outcomes", "message"),
    [
        ({"law": "bit", "plus": [0.5]}, (1, -1), "here: not a law: plus must be a number, found"),
        ({"law": "normal", "mean": [], "variance": 1.0}, None, "here: not a law: mean must be a number, found"),
        ({"law": "discrete", "probabilities": 0.5}, (0, 1), "here: not a law: probabilities must be a list, found 0.5"),
    ],
)
def test_a_list_is_no_number_and_a_number_no_list(law, outcomes, message):
    with pytest.raises(InputError, match=message):
        law_from_json(law, outcomes, "here")


def test_laws_of_bits():
    law = bit(0.7)
    assert (law.probability(1), law.probability(0)) == (0.7, 0.0)
    assert law.probability(-1) == pytest.approx(0.3) and law.mean == pytest.approx(0.4)
    assert law.log_density(-1) == pytest.approx(log(0.3)) and law.outcomes == (1, -1)
    assert uniform(3).mean == pytest.approx(1.0) and uniform(3).outcomes == (0, 1, 2)
    for plus, y in itertools.product((-0.1, 1.1), (1,)):
        with pytest.raises(InputError, match="sum to 1"):
            bit(plus).probability(y)

r"""Score answers to HSMT, per probe kind and overall, with 95 % confidence intervals.

- *excess NLL*: negative log-likelihood of the dataset's answers per answer, minus that of the exact laws, in nats; only
  for models that predict laws. It is infinite, and reported as None with a count, if the model excludes an answer.
- *violation rate*: share of determined answers that are wrong. Modulo d, an answer is wrong if the exact law excludes
  it. A bit of a displacement is wrong if the exact law makes the other bit more likely; the exact model gives such bits
  too, because of finite squeezing. A real answer is wrong if it lies outside the window of the exact law, as a normal
  answer beyond ``multiple`` standard deviations does (two-sided tail below ``erfc(multiple / sqrt 2)``). For a model
  that predicts laws, the rate is the probability that it puts on wrong answers.
- *squared error* (real): mean of ``(answer - exact mean)^2 / exact variance`` over determined answers, and for sampled
  answers over those of decoys too, which must spread; 1 for an exact model, 0 for one that repeats the mean.
- *calibration p*: p-value that sampled answers follow the exact laws given the model's own earlier answers, or that the
  dataset's answers follow the predicted laws. It is also small for answers that are never wrong but do not spread as
  they should.

Intervals of means take sentences, not answers, as independent; a sentence that was answered several times counts as
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import erfc, nan, sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import ProbeKind, is_determined
from simulations.laws.discrete import DiscreteLaw
from simulations.laws.real import NormalLaw
from simulations.laws.types import AnyLaw, RealLaw

MAX_MULTIPLE = 7.0
"""Largest window: beyond it the tails of the laws fall below the accuracy of their distribution functions."""

DEFAULT_MULTIPLE = 5.0
"""Window of the violation rate in standard deviations: an exact model leaves it once in 1.7 million answers."""

Laws = Sequence[Sequence[AnyLaw]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One row of a report: a model on one probe kind, or on ``"all"``. Rates that do not apply are None.

    ``impossible`` counts answers that the model excludes; ``calibration_p`` is the p-value of `calibration`.
    """

    model: str
    family: str
    alphabet: str
    n: int
    k: int
    memory: float
    memory_unit: str
    probe: str
    violation_rate: float | None
    excess_nll: float | None
    ci95: dict[str, tuple[float, float] | None]
    answers: int
    squared_error: float | None
    impossible: int = 0
    calibration_p: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Name and family of a model, and what it carries between tokens."""

    name: str
    family: str
    memory: float
    memory_unit: str


def score_answers(
    dataset: Dataset,
    model: ModelInfo,
    answers: Sequence[Sequence[float]],
    laws: Laws,
    multiple: float = DEFAULT_MULTIPLE,
) -> tuple[ScoreRow, ...]:
    """Score sampled answers.

    Parameters
    ----------
    dataset : Dataset
    model : ModelInfo
    answers : one sequence of answers per sentence
    laws : one sequence of laws per sentence
        Exact law of each answer given the model's own earlier answers. In ``modular(d)`` and over ``displacement`` the
        laws end with an impossible answer, and the answers after it do not count.
    multiple : float
        Window of the violation rate, in standard deviations.
    """
    limit = _two_sided(multiple)
    scored = []
    for index, sentence, ys, exact in zip(sentence_numbers(dataset), dataset.sentences, answers, laws, strict=True):
        for kind, y, law in zip(sentence.kinds, ys, exact, strict=False):
            fixed = is_determined(kind, law)
            if isinstance(law, DiscreteLaw):
                wrong, place, error = float(is_wrong(law, y)), nan, nan
            else:
                wrong, place = float(law.tail(y) < limit) if fixed else nan, law.cdf(y)
                error = (y - law.mean) ** 2 / law.variance if fixed or kind is ProbeKind.DECOY else nan
            scored.append(_Scored(index, kind, fixed, wrong, error, nan, y, law, place))
    return _rows(dataset, model, scored, sampled=True)


def score_laws(
    dataset: Dataset, model: ModelInfo, predicted: Laws, multiple: float = DEFAULT_MULTIPLE
) -> tuple[ScoreRow, ...]:
    """Score predicted laws against the dataset's answers and exact laws; parameters as in `score_answers`."""
    scored = []
    for index, sentence, laws in zip(sentence_numbers(dataset), dataset.sentences, predicted, strict=True):
        for kind, y, exact, guess in zip(sentence.kinds, sentence.answers, sentence.laws, laws, strict=True):
            excess, fixed = exact.log_density(y) - guess.log_density(y), is_determined(kind, exact)
            if isinstance(exact, DiscreteLaw) or isinstance(guess, DiscreteLaw):
                wrong, place, error = _mass_on_wrong(exact, guess), nan, nan
            else:
                wrong, place = _mass_outside(guess, *window(exact, multiple)) if fixed else nan, guess.cdf(y)
                error = (guess.variance + (guess.mean - exact.mean) ** 2) / exact.variance if fixed else nan
            scored.append(_Scored(index, kind, fixed, wrong, error, excess, y, guess, place))
    return _rows(dataset, model, scored, sampled=False)


def window(law: RealLaw, multiple: float) -> tuple[float, float]:
    """Return the interval of right answers: both tails are equal, and together ``erfc(multiple / sqrt 2)``.

    >>> window(NormalLaw(1.0, 4.0), 5.0)
    (-9.0, 11.0)
    """
    deviation, limit = sqrt(law.variance), 0.5 * _two_sided(multiple)
    if isinstance(law, NormalLaw):
        return law.mean - multiple * deviation, law.mean + multiple * deviation
    from scipy.optimize import brentq

    reach = 40.0 * multiple * deviation
    low = brentq(lambda y: law.cdf(y) - limit, law.mean - reach, law.mean)
    high = brentq(lambda y: 1.0 - law.cdf(y) - limit, law.mean, law.mean + reach)
    return float(low), float(high)


def _two_sided(multiple: float) -> float:
    if not 0.01 <= multiple <= MAX_MULTIPLE:
        raise InputError(f"the window must lie in 0.01..{MAX_MULTIPLE:g} standard deviations, found {multiple}")
    return erfc(multiple / sqrt(2.0))


def calibration(answers: Sequence[Sequence[float]], laws: Laws) -> float:
    """Return the p-value of the hypothesis that answers follow laws.

    Real: Kolmogorov-Smirnov test that ``F(answer)`` is uniform. Modulo d, and for bits: chi-square test that the number
    of times each answer was given, and the sum of log-probabilities, are as the laws predict; 0 if an answer is
    excluded.
    """
    pairs = [(y, law) for ys, ls in zip(answers, laws, strict=True) for y, law in zip(ys, ls, strict=False)]
    if not pairs:
        raise InputError("at least one answer is needed for a calibration, found none")
    places = [law.cdf(y) for y, law in pairs if not isinstance(law, DiscreteLaw)]
    return _uniform(places) if places else _as_often(pairs)


def _uniform(places: Sequence[float]) -> float:
    """Return the p-value of the Kolmogorov-Smirnov test that values are uniform in [0, 1]."""
    from scipy.stats import kstest

    return float(kstest(places, "uniform").pvalue)


def _as_often(pairs: Sequence[tuple[float, AnyLaw]]) -> float:
    """Return the p-value that answers are as frequent as their discrete laws predict; 0 if one is excluded."""
    from scipy.stats import chi2

    counts: dict[tuple[float, ...], Floats] = {}
    for y, law in pairs:
        assert isinstance(law, DiscreteLaw)
        if law.probability(y) == 0.0:
            return 0.0
        counts.setdefault(law.probabilities, np.zeros(len(law.probabilities)))[law.outcomes.index(int(y))] += 1.0
    levels = len(next(iter(counts)))
    off, spread = np.zeros(levels + 1), np.zeros((levels + 1, levels + 1))
    for probabilities, count in counts.items():
        p = np.array(probabilities)
        scores = np.column_stack([np.eye(levels), np.log(np.where(p > 0.0, p, 1.0))])  # of each answer
        scores -= p @ scores
        off += count @ scores
        spread += count.sum() * scores.T @ (p[:, None] * scores)
    sizes, vectors = np.linalg.eigh(spread)
    free = sizes > 1e-9 * max(1.0, sizes[-1])
    if not free.any():  # every answer determined
        return 1.0
    return float(chi2.sf(np.sum((vectors.T @ off)[free] ** 2 / sizes[free]), int(free.sum())))


def _mass_outside(law: RealLaw, low: float, high: float) -> float:
    return law.cdf(low) + 1.0 - law.cdf(high)


def is_wrong(law: DiscreteLaw, y: float) -> bool:
    """Tell whether an answer is impossible or, for a bit, the less likely of its two answers."""
    return law.probability(y) < 0.5 if law.signed else law.probability(y) == 0.0


def _mass_on_wrong(exact: AnyLaw, guess: AnyLaw) -> float:
    if not isinstance(exact, DiscreteLaw) or not isinstance(guess, DiscreteLaw) or exact.outcomes != guess.outcomes:
        raise InputError("a law and its prediction must belong to the same alphabet")
    return sum(guess.probability(y) for y in exact.outcomes if is_wrong(exact, y))


@dataclass(frozen=True, slots=True)
class _Scored:
    """One answer, the law that judges it, and the distribution function at the answer; nan where it does not apply."""

    sentence: int
    kind: ProbeKind
    determined: bool
    wrong: float
    error: float
    excess: float
    answer: float
    law: AnyLaw
    place: float


def sentence_numbers(dataset: Dataset) -> list[int]:
    """Return a number for every sentence; the same object, answered several times, keeps its number."""
    found: dict[int, int] = {}
    return [found.setdefault(id(sentence), len(found)) for sentence in dataset.sentences]


def _rows(dataset: Dataset, model: ModelInfo, scored: list[_Scored], *, sampled: bool) -> tuple[ScoreRow, ...]:
    rows = []
    for probe in [*(kind.value for kind in ProbeKind), "all"]:
        chosen = [one for one in scored if probe in (one.kind.value, "all")]
        if not chosen:
            continue
        fixed = [one for one in chosen if one.determined]
        groups = np.array([one.sentence for one in chosen])
        fixed_groups = np.array([one.sentence for one in fixed])
        wrong, error = np.array([one.wrong for one in fixed]), np.array([one.error for one in chosen])
        spread = ~np.isnan(error)
        error, error_groups = error[spread], groups[spread]
        excess = np.array([one.excess for one in chosen])
        rate = float(wrong.mean()) if fixed else None
        squared = len(error) > 0
        finite = not sampled and bool(np.isfinite(excess).all())
        places = [one.place for one in chosen if not isinstance(one.law, DiscreteLaw)]
        rows.append(
            ScoreRow(
                model=model.name,
                family=model.family,
                alphabet=dataset.spec.alphabet,
                n=dataset.spec.modes,
                k=dataset.spec.k,
                memory=model.memory,
                memory_unit=model.memory_unit,
                probe=probe,
                violation_rate=rate,
                excess_nll=float(excess.mean()) if finite else None,
                ci95={
                    "violation_rate": None
                    if rate is None
                    else wilson(rate, effective_count(wrong, fixed_groups))
                    if sampled
                    else mean_interval(wrong, fixed_groups),
                    "excess_nll": mean_interval(excess, groups) if finite else None,
                    "squared_error": mean_interval(error, error_groups) if squared else None,
                },
                answers=len(chosen),
                squared_error=float(error.mean()) if squared else None,
                impossible=int(np.isposinf(excess).sum()),
                calibration_p=_uniform(places) if places else _as_often([(one.answer, one.law) for one in chosen]),
            )
        )
    return tuple(rows)


def effective_count(values: Floats, groups: Floats) -> float:
    """Return the number of independent values that would fix the mean as well as these, whose groups are independent.

    The number N of values over the design effect ``sum_g (sum_{i in g} (v_i - mean))^2 / sum_i (v_i - mean)^2``, and at
    most N (L. Kish, Survey Sampling (1965)).

    >>> effective_count(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))  # two sentences, each answered twice
    2.0
    """
    off = values - values.mean()
    if not off.any():
        return float(len(values))
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=off)
    return len(values) / max(1.0, float((sums**2).sum() / (off**2).sum()))


def wilson(rate: float, count: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a binomial proportion (E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927)).

    >>> tuple(round(v, 4) for v in wilson(0.0, 100))
    (0.0, 0.037)
    """
    z = 1.959963984540054
    centre = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    return (0.0 if rate == 0.0 else centre - half), (1.0 if rate == 1.0 else centre + half)


def mean_interval(values: Floats, groups: Floats) -> tuple[float, float] | None:
    """Return the normal 95 % interval of a mean of values with independent groups; None for one group.

    The variance is ``sum_g (sum_{i in g} (v_i - mean))^2 G / (G - 1) / N^2`` for G groups and N values.
    """
    count = len(np.unique(groups))
    if count < 2:
        return None
    centre = float(values.mean())
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], weights=values - centre)
    half = 1.959963984540054 * sqrt(float((sums**2).sum()) * count / (count - 1)) / len(values)
    return centre - half, centre + half

r"""Scores of answers to HSMT, per probe kind and overall, with 95 % confidence intervals.

- *violation rate*: share of determined answers outside the window of the exact law that a normal answer would leave by
  ``multiple`` standard deviations (two-sided tail below ``erfc(multiple / sqrt 2)``). For a model that predicts laws:
  the probability that it puts outside the window.
- *excess NLL*: negative log-likelihood of the dataset's answers per answer, minus that of the exact laws, in nats; only
  for models that predict laws.
- *squared error*: mean of ``(answer - exact mean)^2 / exact variance`` over determined answers; 1 for an exact model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import erfc, sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import DETERMINED, ProbeKind
from qumode_khrnn.hsmt.laws import NormalLaw, QuadraticLaw

MAX_MULTIPLE = 7.0
"""Largest window: beyond it the tails of the laws fall below the accuracy of their distribution functions."""

DEFAULT_MULTIPLE = 5.0
"""Window of the violation rate in standard deviations: an exact model leaves it once in 1.7 million answers."""

Laws = Sequence[Sequence[NormalLaw | QuadraticLaw]]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One row of a report: a model on one probe kind, or on ``"all"``. Rates that do not apply are None."""

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

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
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
        Exact law of each answer given the model's own earlier answers.
    multiple : float
        Window of the violation rate, in standard deviations.
    """
    limit = _two_sided(multiple)
    wrong = [
        [float(law.tail(y) < limit) for y, law in zip(ys, ls, strict=True)]
        for ys, ls in zip(answers, laws, strict=True)
    ]
    error = [
        [(y - law.mean) ** 2 / law.variance for y, law in zip(ys, ls, strict=True)]
        for ys, ls in zip(answers, laws, strict=True)
    ]
    return _rows(dataset, model, wrong, error, None)


def score_laws(
    dataset: Dataset, model: ModelInfo, predicted: Laws, multiple: float = DEFAULT_MULTIPLE
) -> tuple[ScoreRow, ...]:
    """Score predicted laws against the dataset's answers and exact laws; parameters as in `score_answers`."""
    wrong, error, excess = [], [], []
    for sentence, laws in zip(dataset.sentences, predicted, strict=True):
        pairs = list(zip(sentence.laws, laws, strict=True))
        wrong.append([_mass_outside(guess, *window(exact, multiple)) for exact, guess in pairs])
        error.append([(g.variance + (g.mean - e.mean) ** 2) / e.variance for e, g in pairs])
        excess.append([e.log_density(y) - g.log_density(y) for (e, g), y in zip(pairs, sentence.answers, strict=True)])
    return _rows(dataset, model, wrong, error, excess)


def window(law: NormalLaw | QuadraticLaw, multiple: float) -> tuple[float, float]:
    """The interval outside of which the violation rate counts: equal tails, together ``erfc(multiple / sqrt 2)``.

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
    """p-value of a Kolmogorov-Smirnov test that ``F(answer)`` is uniform, as it is for an exact model."""
    from scipy.stats import kstest

    values = [law.cdf(y) for ys, ls in zip(answers, laws, strict=True) for y, law in zip(ys, ls, strict=True)]
    if not values:
        raise InputError("there are no answers to calibrate")
    return float(kstest(values, "uniform").pvalue)


def _mass_outside(law: NormalLaw | QuadraticLaw, low: float, high: float) -> float:
    return law.cdf(low) + 1.0 - law.cdf(high)


def _rows(
    dataset: Dataset,
    model: ModelInfo,
    wrong: list[list[float]],
    error: list[list[float]],
    excess: list[list[float]] | None,
) -> tuple[ScoreRow, ...]:
    kinds = np.array([kind.value for sentence in dataset.sentences for kind in sentence.kinds])
    determined = np.isin(kinds, [kind.value for kind in DETERMINED])
    flat = [np.array([v for row in rows for v in row]) for rows in (wrong, error)]
    nll = np.array([v for row in excess for v in row]) if excess is not None else None
    rows = []
    for probe in [*(kind.value for kind in ProbeKind), "all"]:
        chosen = (kinds == probe) | (probe == "all")
        if not chosen.any():
            continue
        fixed = chosen & determined
        rate = float(flat[0][fixed].mean()) if fixed.any() else None
        sampled = excess is None
        rows.append(
            ScoreRow(
                model=model.name,
                family=model.family,
                alphabet="real",
                n=dataset.spec.modes,
                k=dataset.spec.k,
                memory=model.memory,
                memory_unit=model.memory_unit,
                probe=probe,
                violation_rate=rate,
                excess_nll=float(nll[chosen].mean()) if nll is not None else None,
                ci95={
                    "violation_rate": None
                    if rate is None
                    else wilson(rate, int(fixed.sum()))
                    if sampled
                    else mean_interval(flat[0][fixed]),
                    "excess_nll": mean_interval(nll[chosen]) if nll is not None else None,
                    "squared_error": mean_interval(flat[1][fixed]) if fixed.any() else None,
                },
                answers=int(chosen.sum()),
                squared_error=float(flat[1][fixed].mean()) if fixed.any() else None,
            )
        )
    return tuple(rows)


def wilson(rate: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a binomial proportion (E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927)).

    >>> tuple(round(v, 4) for v in wilson(0.0, 100))
    (0.0, 0.037)
    """
    z = 1.959963984540054
    centre = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    return (0.0 if rate == 0.0 else centre - half), (1.0 if rate == 1.0 else centre + half)


def mean_interval(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float] | None:
    """Normal 95 % interval of a mean; None for a single value."""
    if len(values) < 2:
        return None
    half = 1.959963984540054 * float(values.std(ddof=1)) / sqrt(len(values))
    centre = float(values.mean())
    return centre - half, centre + half

r"""Cross-examine a model of HSMT: the exact laws judge every answer as it is given.

Over ``modular(2)`` a probe ends with the first *impossible* answer, of probability 0 given the model's own earlier
ones. A model may dodge impossible answers, so two more numbers are counted over all answers of a kind. For an answer y
of law P the *excess* is ``ln P(y) + H(P)``, of mean 0 for a model that answers by the laws; and of answers whose law
is 1/2, 1/2, the *share of ones* is 1/2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import erfc, log, sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.alphabet import REAL
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import draw, generate
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, ShiftToken, is_determined
from qumode_khrnn.hsmt.models import MODELS, Model, Player, Situation
from qumode_khrnn.hsmt.score import DEFAULT_MULTIPLE, wilson
from qumode_khrnn.hsmt.spec import HsmtSpec, possible_kinds
from qumode_khrnn.ideal.live_state import LiveState
from qumode_khrnn.ideal.reference import reference
from simulations.laws.discrete import DiscreteLaw
from simulations.laws.types import RealLaw

ALPHABET = "modular(2)"

DEVIATIONS = 4.0
"""Distance, in standard errors, from which on a statistic catches a model; a right one passes it once in 16,000."""

LEAST_FREE = 25
"""Least number of answers for which the statistics are judged: with fewer they are not normal."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over probes of one kind; tallies add up.

    Attributes
    ----------
    probes, answers : int
    violations : int
        Number of probes with an impossible answer, which is always the last one.
    free, ones : int
        Answers whose law is 1/2, 1/2, and those of them that are 1.
    uncertain : int
        Possible answers; the sums below are of their excess e, taken together for each probe.
    excess, excess_squared, excess_counted, counted_squared : float
        ``sum_g e_g``, ``sum_g e_g^2``, ``sum_g e_g m_g``, ``sum_g m_g^2`` for probes g of m_g answers.
    """

    probes: int = 0
    answers: int = 0
    violations: int = 0
    free: int = 0
    ones: int = 0
    uncertain: int = 0
    excess: float = 0.0
    excess_squared: float = 0.0
    excess_counted: float = 0.0
    counted_squared: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Tally:
        """Read a tally from a row that holds its fields."""
        return cls(**{f.name: row[f.name] for f in fields(cls)})

    @property
    def mean_excess(self) -> float | None:
        """Mean over answers; None without answers."""
        return self.excess / self.uncertain if self.uncertain else None

    @property
    def excess_error(self) -> float | None:
        """Standard error of the mean: probes, not their answers, are independent."""
        mean = self.mean_excess
        if mean is None or self.probes < 2:
            return None
        spread = self.excess_squared - 2.0 * mean * self.excess_counted + mean**2 * self.counted_squared
        return sqrt(max(spread, 0.0) * self.probes / (self.probes - 1)) / self.uncertain

    def caught_by(self) -> tuple[str, ...]:
        """Return the statistics that show that the model does not answer by the laws."""
        out = []
        if self.violations:
            out.append("impossible answers")
        mean, error = self.mean_excess, self.excess_error
        if (
            mean is not None
            and error is not None
            and self.probes >= LEAST_FREE
            and abs(mean) > DEVIATIONS * error + 1e-12
        ):
            out.append("likelihood")
        if self.free >= LEAST_FREE and abs(self.ones / self.free - 0.5) > DEVIATIONS * 0.5 / sqrt(self.free):
            out.append("share of ones")
        return tuple(out)

    def to_json(self) -> dict[str, Any]:
        """Return the numbers of a report: rates with their 95 % intervals; None where there is nothing to count."""
        mean, error = self.mean_excess, self.excess_error
        half = None if error is None else 1.959963984540054 * error
        return {
            "probes": self.probes,
            "answers": self.answers,
            "violations": self.violations,
            "ci95": list(wilson(self.violations / self.probes, self.probes)) if self.probes else None,
            "excess": mean,
            "excess_ci95": None if mean is None or half is None else [mean - half, mean + half],
            "free": self.free,
            "ones": self.ones / self.free if self.free else None,
            "ones_ci95": list(wilson(self.ones / self.free, self.free)) if self.free else None,
            "caught_by": list(self.caught_by()),
        }


def situation(model: Model, modes: int, k: int, amount: float | None) -> Situation:
    """Return the situation of a model: over ``modular(2)`` if it answers token by token there, else over ``real``."""
    real = model.player is None and model.real_answers is not None
    return Situation(REAL if real else ALPHABET, modes, k, amount)


def kinds_of(at: Situation) -> tuple[ProbeKind, ...]:
    """Return the kinds of probes that a model is asked; positions for neighbour probes count as `CONTEXT`."""
    kinds = possible_kinds(at.alphabet, at.k, at.modes)
    # no closed law follows three momenta of one hyperedge with loss
    return tuple(kind for kind in kinds if at.alphabet != REAL or kind is not ProbeKind.CONTEXTUAL)


def cross_examine(
    model: Model, at: Situation, kind: ProbeKind, probes: Iterable[int], seed: int
) -> dict[ProbeKind, Tally]:
    """Ask a model probes of one kind, each after writing a new hypergraph.

    Parameters
    ----------
    model : Model
        A model with a `Model.player`.
    at : Situation
    kind : ProbeKind
        Not `ProbeKind.CONTEXT`.
    probes : iterable of int
        Numbers of the probes; probe i draws from streams of its own, whatever else is asked.
    seed : int

    Raises
    ------
    InputError
        If the model cannot play, or an answer is not 0 or 1.
    """
    assert model.player is not None
    spec = HsmtSpec(at.modes, at.k, 1, probes=1, shift=0.0, mixture={kind.value: 1.0}, alphabet=ALPHABET)
    place = list(ProbeKind).index(kind)
    found: dict[ProbeKind, Tally] = {}
    for number in probes:
        question = np.random.default_rng([seed, place, number])
        player = model.player(at, np.random.default_rng([seed, place, number, 1]))
        for one, tally in _sentence(player, spec, question, model.name).items():
            found[one] = found.get(one, Tally()) + tally
    return found


def _sentence(player: Player, spec: HsmtSpec, rng: np.random.Generator, name: str) -> dict[ProbeKind, Tally]:
    group, last = draw(spec, rng)
    group = group + next(last)
    truth = LiveState(spec.modes, spec.k)
    given: dict[ProbeKind, list[tuple[int, float, float]]] = {}  # by kind: answer, its probability, entropy of the law
    while True:
        answers = []
        for token, kind in group:
            answer = player.step(token)
            if not isinstance(token, ReadToken):
                assert isinstance(token, EdgeToken | ShiftToken)
                truth.apply(token)
                continue
            assert kind is not None
            if answer is None or answer not in (0, 1):
                raise InputError(f"the model {name} must answer 0 or 1 to {token}, found {answer!r}")
            law = truth.law(token)
            y = int(answer)
            entropy = -sum(p * log(p) for p in law.probabilities if p > 0.0)
            given.setdefault(kind, []).append((y, law.probabilities[y], entropy))
            if law.probabilities[y] == 0.0:
                return {one: _tally(listed) for one, listed in given.items()}
            truth.take(token, y)
            answers.append(y)
        try:
            group = last.send(answers)
        except StopIteration:
            return {one: _tally(listed) for one, listed in given.items()}


def _tally(answers: list[tuple[int, float, float]]) -> Tally:
    """Return one probe's answers of one kind."""
    possible = [log(p) + entropy for _, p, entropy in answers if p > 0.0]
    free = [y for y, p, _ in answers if abs(p - 0.5) < 1e-9]
    total, count = sum(possible), len(possible)
    return Tally(
        probes=1,
        answers=len(answers),
        violations=sum(p == 0.0 for _, p, _ in answers),
        free=len(free),
        ones=sum(free),
        uncertain=count,
        excess=total,
        excess_squared=total**2,
        excess_counted=total * count,
        counted_squared=count**2,
    )


def examine_real(
    model: Model, at: Situation, kind: ProbeKind, start: int, stop: int, seed: int
) -> dict[ProbeKind, Tally]:
    """Ask a model that answers whole sentences over the real alphabet.

    A violation is a determined answer outside five standard deviations of its law. The excess of an answer is
    ``(y - mean)^2 / variance - 1``, and an answer counts as a one if it lies above the median of its law: both have the
    means that the modular ones have.
    """
    assert model.real_answers is not None
    spec = HsmtSpec(at.modes, at.k, stop, probes=1, shift=0.5, mixture={kind.value: 1.0}, seed=seed)
    data = Dataset(spec, tuple(generate(spec, reference, start, stop)))
    rng = np.random.default_rng(0)  # nothing is drawn, because every answer is given
    found: dict[ProbeKind, Tally] = {}
    for sentence, own in zip(data.sentences, model.real_answers(at, data, (seed << 20) + start), strict=True):
        laws = reference(sentence.tokens, spec, rng, own)[1]
        given: dict[ProbeKind, list[tuple[float, RealLaw]]] = {}
        for one, y, law in zip(sentence.kinds, own, laws, strict=True):
            assert not isinstance(law, DiscreteLaw)
            given.setdefault(one, []).append((y, law))
        for one, listed in given.items():
            found[one] = found.get(one, Tally()) + _real_tally(one, listed)
    return found


def _real_tally(kind: ProbeKind, answers: list[tuple[float, RealLaw]]) -> Tally:
    total = sum((y - law.mean) ** 2 / law.variance - 1.0 for y, law in answers)
    count = len(answers)
    outside = sum(is_determined(kind, law) and law.tail(y) < erfc(DEFAULT_MULTIPLE / sqrt(2.0)) for y, law in answers)
    ones = sum(law.cdf(y) > 0.5 for y, law in answers)
    return Tally(1, count, min(outside, 1), count, ones, count, total, total**2, total * count, count**2)


def require_examinable(model: Model, at: Situation) -> None:
    """Refuse a model that cannot be examined.

    Raises
    ------
    InputError
        If n or k is out of range, or the model does not answer token by token.
    """
    HsmtSpec(at.modes, at.k, 1, probes=1, alphabet=at.alphabet)
    model.memory(at)
    if at.alphabet == REAL:
        return
    if model.player is None:
        able = ", ".join(name for name, one in MODELS.usable().items() if one.player or one.real_answers)
        raise InputError(f"the model {model.name} cannot be examined: it does not answer token by token; use {able}")
    model.player(at, np.random.default_rng(0))

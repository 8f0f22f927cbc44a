r"""Estimate the witness S of a model's answers to contextual probes of displacements, with its standard error.

``S = B_0 + B_1 + B_2 - A`` of the mean answers to the four contexts of a triangle (`qumode_khrnn.hsmt.displacement`). A
model that assigns a phase to every displacement before it is read, and multiplies the phases, has ``S <= 2 sqrt 2``.
Contexts are drawn independently of all that came before, so this holds for the mean over all probes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.displacement import CONTEXTS, NONCONTEXTUAL_BOUND, DisplacementToken, context_of
from qumode_khrnn.hsmt.language import READING, ProbeKind
from qumode_khrnn.hsmt.score import Laws, sentence_numbers
from simulations.laws.discrete import DiscreteLaw

WEIGHTS = dict(zip(CONTEXTS, (1.0, 1.0, 1.0, -1.0), strict=True))
"""Factor of the mean of each context in S."""

FEW_ANSWERS = 25
"""With fewer answers to a context the standard error is often too small, because all of them may be the same bit."""


@dataclass(frozen=True, slots=True)
class Witness:
    """An estimate of S.

    Attributes
    ----------
    means : mapping from context to float
        Mean answers.
    answers : mapping from context to int
        Number of answers behind each mean.
    s : float
    standard_error : float or None
        Sentences, not answers, are taken as independent; None if only one sentence asked a context.
    exact : float or None
        The same combination of the means of the exact laws, the value of the ideal network given the same earlier
        answers. None if laws are missing because earlier answers are impossible.
    """

    means: dict[str, float]
    answers: dict[str, int]
    s: float
    standard_error: float | None
    exact: float | None

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with the bound."""
        return {
            "contexts": {name: {"mean": self.means[name], "answers": self.answers[name]} for name in WEIGHTS},
            "s": self.s,
            "standard_error": self.standard_error,
            "exact": self.exact,
            "noncontextual_bound": NONCONTEXTUAL_BOUND,
        }


def witness_of_laws(dataset: Dataset, predicted: Laws) -> Witness | None:
    """Return S of predicted laws, by their means; None if a context was not asked."""
    means = [[law.mean for law in laws] for laws in predicted]
    return witness_of_answers(dataset, means, [sentence.laws for sentence in dataset.sentences])


def witness_of_answers(dataset: Dataset, answers: Sequence[Sequence[float]], laws: Laws) -> Witness | None:
    """Return S of sampled answers; None if a context was not asked.

    The standard error is that of a sum of four means of clustered values. The deviations of a context that was asked in
    g sentences are multiplied by ``sqrt(g / (g - 1))``, which makes the variance right for few sentences too.

    Parameters
    ----------
    dataset : Dataset
    answers : one sequence of answers per sentence
    laws : one sequence of laws per sentence
        Exact law of each answer given the earlier ones. All answers count, also those after the last law.
    """
    found: dict[str, list[tuple[int, float, float]]] = {name: [] for name in WEIGHTS}
    numbers = sentence_numbers(dataset)
    for number, sentence, ys, exact in zip(numbers, dataset.sentences, answers, laws, strict=True):
        tokens = [token for token in sentence.tokens if isinstance(token, READING)]
        means = [law.mean if isinstance(law, DiscreteLaw) else np.nan for law in exact]
        means += [np.nan] * (len(tokens) - len(means))
        for token, kind, y, mean in zip(tokens, sentence.kinds, ys, means, strict=True):
            if kind is ProbeKind.CONTEXTUAL and isinstance(token, DisplacementToken):
                name = context_of(token, dataset.spec.triangle)
                if name is not None:
                    found[name].append((number, y, mean))
    if not all(found.values()):
        return None
    deviations = np.zeros(max(numbers) + 1)  # of S, by sentence
    means_of, s, exact_s, sentences = {}, 0.0, 0.0, []
    for name, weight in WEIGHTS.items():
        number_of, given, expected = np.array(found[name]).T
        asked = len(np.unique(number_of))
        means_of[name] = float(given.mean())
        s, exact_s = s + weight * means_of[name], exact_s + weight * float(expected.mean())
        scale = weight * sqrt(asked / max(1, asked - 1)) / len(given)
        np.add.at(deviations, number_of.astype(int), scale * (given - given.mean()))
        sentences.append(asked)
    return Witness(
        means_of,
        {name: len(rows) for name, rows in found.items()},
        s,
        float(np.linalg.norm(deviations)) if min(sentences) > 1 else None,
        None if np.isnan(exact_s) else exact_s,
    )

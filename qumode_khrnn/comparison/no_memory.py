r"""Score models without a memory on the same sentences as all other models, to show what a score is worth.

Such a model hears only the token that it answers. It knows which quadrature is read and of which mode, and neither
weights nor answers. There is nothing to tell the modes apart in sentences whose hyperedges are drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from qumode_khrnn.comparison.tasks import Rows, dataset, frontier_rows
from qumode_khrnn.hsmt.alphabet import REAL
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import ReadToken, Sentence
from qumode_khrnn.hsmt.score import Laws, ModelInfo, score_answers, score_laws
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from simulations.laws.discrete import DiscreteLaw, uniform
from simulations.laws.real import NormalLaw

FAMILY = "no memory"

FITTED_SENTENCES = 1000
"""Number of sentences for fitting normal laws; each has a momentum, and those with neighbour probes have positions."""

OTHER_SEED = 2**32
"""Added to the seed of sentences that are not scored: it exceeds all seeds of the comparison; no sentence recurs."""


def no_memory(settings: Mapping[str, Any], seed: int) -> Rows:
    """Score the constant 0, and the best law that needs no memory: one normal law for each quadrature, or a coin.

    The constant 0 is scored twice: given its own earlier answers, as every model that answers by sampling, and given
    the dataset's, where it does not choose the positions that a neighbour probe reads. Laws over the real alphabet
    are those of `fitted_normals`; modulo d all answers are equally likely.

    Parameters
    ----------
    settings : mapping
        ``alphabet``, ``n``, ``k``, ``sentences``, and over the real alphabet optionally the network's ``squeezing``.
    seed : int
        Seed of the sentences.
    """
    r = settings.get("squeezing")
    changes = {} if r is None else {"squeezing_latent": r, "squeezing_ancilla": r}
    alphabet, n, k = settings["alphabet"], settings["n"], settings["k"]
    # over the real alphabet contextual answers have slow laws, and are free for a model without a memory
    data = dataset(alphabet, n, k, settings["sentences"], seed, contextual=alphabet != REAL, **changes)
    zeros = [(0.0,) * len(sentence.answers) for sentence in data.sentences]
    rng = np.random.default_rng(0)  # nothing is drawn, because every answer is given
    own = [reference(s.tokens, data.spec, rng, ys)[1] for s, ys in zip(data.sentences, zeros, strict=True)]
    given = [sentence.laws for sentence in data.sentences]
    name = "coin" if data.spec.levels else "no memory, one normal law per quadrature"
    rows = (
        *score_answers(data, _info("constant 0"), zeros, own),
        *score_answers(data, _info("constant 0, given the dataset's answers"), zeros, given),
        *score_laws(data, _info(name), laws_without_memory(data)),
    )
    return frontier_rows(rows, bits=0.0)


def laws_without_memory(data: Dataset) -> Laws:
    """Return laws that need no memory for the answers of a dataset: `fitted_normals`, or modulo d the uniform law."""
    levels = data.spec.levels
    if levels is not None:
        law: DiscreteLaw = uniform(levels)
        return [(law,) * len(sentence.answers) for sentence in data.sentences]
    normals = fitted_normals(data.spec)
    return [tuple(normals[quadrature] for quadrature in _quadratures(s)) for s in data.sentences]


def fitted_normals(spec: HsmtSpec) -> dict[str, NormalLaw]:
    r"""Return one normal law for the answers of each quadrature, ``"p"`` and ``"x"``, whatever they probe.

    The mean is 0, by symmetry: shifts and weights have random signs. The variance is the most likely one,

    ``v_q = (1 / M_q) sum_m y_m^2``,

    over the answers y_1, .., y_{M_q} of that quadrature in `FITTED_SENTENCES` other sentences of the same
    specification. With an answer's exact law P its excess NLL is
    ``E_P[log P(y)] + (log(2 pi v_q) + E_P[y^2] / v_q) / 2``; for a matched probe, where P is normal with mean 0 and
    variance v, this is ``(v / v_q - 1 - log(v / v_q)) / 2``, which is 0 only if v = v_q. The momenta of all kinds of
    probes share one law, because without a memory they are one and the same token. A law of another shape, fitted to
    the same mixture of answers, could have a lower excess.
    """
    other = replace(spec, seed=spec.seed + OTHER_SEED, sentences=FITTED_SENTENCES)
    squares: dict[str, list[float]] = {}
    for sentence in generate(other, reference):
        for quadrature, y in zip(_quadratures(sentence), sentence.answers, strict=True):
            squares.setdefault(quadrature, []).append(y * y)
    return {quadrature: NormalLaw(0.0, float(np.mean(values))) for quadrature, values in squares.items()}


def _quadratures(sentence: Sentence) -> list[str]:
    return [token.quadrature for token in sentence.tokens if isinstance(token, ReadToken)]


def _info(name: str) -> ModelInfo:
    return ModelInfo(name, FAMILY, 0.0, "bits")

"""A model's own answers to the sentences of a dataset: an answers file, for any alphabet that the model can answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from compiler.errors import InputError
from compiler.files import write_text
from compiler.typing import Advance
from qumode_khrnn.hsmt.alphabet import REAL, modular
from qumode_khrnn.hsmt.dataset import Answers, Dataset, answers_text
from qumode_khrnn.hsmt.language import READING, Sentence
from qumode_khrnn.hsmt.models import MODELS, Model, Situation, find_model


def write_answers(out: Path, answers: Answers) -> None:
    """Write an answers file, whole or not at all."""
    write_text(out, answers_text(answers))


def model_laws(dataset: Dataset, name: str, progress: Advance | None = None) -> Answers:
    """Return the laws that a model predicts for the answers of a dataset, each given the dataset's earlier answers.

    Parameters
    ----------
    dataset : Dataset
    name : str
        ``NAME`` or ``NAME:NUMBER`` of one of `MODELS`.
    progress : callable
        Called with the number of sentences done.

    Raises
    ------
    InputError
        If the model predicts no laws, or none for this alphabet.
    """
    model = find_model(name)[0]
    if model.laws is None:
        able = [one for one, found in MODELS.usable().items() if found.laws is not None]
        raise InputError(f"the model {model.name} predicts no laws; use {' or '.join(able)}, or leave --laws out")
    laws = []
    for index, sentence in enumerate(dataset.sentences):
        laws.append(model.laws(sentence.tokens, dataset.spec, sentence.answers))
        if progress is not None:
            progress(index + 1)
    return Answers(name, tuple(sentence.answers for sentence in dataset.sentences), tuple(laws))


def model_answers(
    dataset: Dataset, name: str, seed: int, loss: float = 0.0, progress: Advance | None = None
) -> Answers:
    """Return a model's answers, sampled sentence by sentence.

    Parameters
    ----------
    dataset : Dataset
    name : str
        ``NAME`` or ``NAME:NUMBER`` of one of `MODELS`.
    seed : int
        Sentence i uses the stream ``[seed, i]``.
    loss : float
        For the alphabet ``displacement``: the share of light that every mode loses before each readout.
    progress : callable
        Called with the number of sentences done.

    Raises
    ------
    InputError
        If the model cannot answer the alphabet of the dataset.
    """
    model, amount = find_model(name)
    spec = dataset.spec
    if seed < 0:
        raise InputError(f"the seed must be a whole number >= 0, found {seed}")
    if not 0.0 <= loss < 1.0:
        raise InputError(f"the loss must lie in [0, 1), found {loss:.6g}")
    if loss and (model.answers is None or not spec.letters.reads_displacements):
        raise InputError(
            f"--loss needs the model ideal or phase-space-sampler and the alphabet displacement, found {name} and "
            f"{spec.alphabet}; leave --loss out"
        )
    at = Situation(spec.alphabet, spec.modes, spec.k, amount)
    found = []
    for index, own in enumerate(_answered(model, at, dataset, seed, loss)):
        found.append(tuple(own))
        if progress is not None:
            progress(index + 1)
    return Answers(f"{name}, loss {loss:g}" if loss else name, tuple(found))


def _answered(model: Model, at: Situation, dataset: Dataset, seed: int, loss: float) -> Iterator[Sequence[float]]:
    """Yield the answers to each sentence, by the method that the model offers for the alphabet."""
    if model.answers is None and model.real_answers is not None and at.alphabet == REAL:
        yield from model.real_answers(at, dataset, seed)
        return
    if model.answers is None and (model.player is None or at.alphabet != modular(2)):
        able = [name for name, one in MODELS.usable().items() if one.answers is not None]
        raise InputError(
            f"the model {model.name} cannot answer sentences of the alphabet {at.alphabet}; use {' or '.join(able)}, "
            "or another alphabet"
        )
    for index, sentence in enumerate(dataset.sentences):
        rng = np.random.default_rng([seed, index])
        if model.answers is not None:
            yield model.answers(sentence.tokens, dataset.spec, rng, loss)
        else:
            yield _played(model, at, sentence, rng)


def _played(model: Model, at: Situation, sentence: Sentence, rng: np.random.Generator) -> Sequence[float]:
    """Let a player hear a sentence token by token."""
    assert model.player is not None
    player, out = model.player(at, rng), []
    for token in sentence.tokens:
        answer = player.step(token)
        if isinstance(token, READING):
            if answer is None or answer not in (0, 1):
                raise InputError(f"the model {model.name} must answer 0 or 1 to {token}, found {answer!r}")
            out.append(int(answer))
    return out

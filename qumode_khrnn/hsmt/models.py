"""Describe models of HSMT: the memory that each carries between tokens, how it answers, and how it is run.

A model is one `Model` object in the module that runs it. This project's are listed here; another package adds one by an
entry point (docs/extending.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, Protocol

import numpy as np

from compiler.errors import InputError, did_you_mean
from hardware_profiles import extensions
from qumode_khrnn.hsmt.alphabet import levels_of
from qumode_khrnn.hsmt.language import Token
from qumode_khrnn.hsmt.spec import HsmtSpec
from simulations.laws.types import AnyLaw


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that a model carries between tokens.

    Attributes
    ----------
    amount : float
        Amount of memory, in ``unit``.
    unit : str
    bits : float, optional
        The amount in classical bits or qubits; None for real numbers and qumodes, which have no such count.
    stated : str
        Description in words.
    """

    amount: float
    unit: str
    bits: float | None
    stated: str


@dataclass(frozen=True, slots=True)
class Symbols:
    """The numbers of an alphabet: their name, and the bits per number (None for real numbers)."""

    name: str
    bits: float | None

    @classmethod
    def of(cls, alphabet: str) -> Symbols:
        """Return the numbers of an alphabet; real numbers where weights are real."""
        levels = levels_of(alphabet)
        if levels is None:
            return cls("real numbers", None)
        return cls(f"numbers modulo {levels}", log2(levels))

    def bits_of(self, count: int) -> float | None:
        """Return the bits of ``count`` numbers; None for real numbers."""
        return None if self.bits is None else count * self.bits


@dataclass(frozen=True, slots=True)
class Situation:
    """The alphabet and size at which a model is asked, and the model's own number.

    Attributes
    ----------
    alphabet : str
    modes, k : int
        Number of modes n, and of modes per hyperedge.
    amount : float, optional
        The number after the colon in ``tracker:7``; `Model.amount` says what it means. None: the default.
    bits_a_number : int
        Precision of a network's numbers.
    """

    alphabet: str
    modes: int
    k: int
    amount: float | None = None
    bits_a_number: int = 32


class Player(Protocol):
    """A model that hears one sentence. A new one is made for every sentence, and it knows nothing else."""

    def step(self, token: Token) -> float | None:
        """Hear the next token; return the answer if it is a reading token, else None."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of HSMT.

    Attributes
    ----------
    name : str
    memory : callable
        ``Situation -> Memory``: what the model carries once the hyperedges were written.
    run : str or None
        ``"module:function"`` with ``(settings: dict, seed: int) -> list of rows``, a pure function of its arguments;
        with it, ``khrnn sweep`` runs the model under its name.
    check : str or None
        ``"module:function"`` with ``(settings: dict) -> dict``: the settings with every default filled in, or an
        InputError that names the setting. Given with ``run``.
    player : callable, optional
        ``(Situation, numpy.random.Generator) -> Player``, over ``modular(2)``: with it, ``khrnn hsmt examine`` asks the
        model. It raises InputError where it cannot play.
    amount : str, optional
        Meaning of the number in ``name:number``, in words; None if the model takes no number.
    real_answers : callable, optional
        For a model that answers over ``real`` and sentence by sentence: ``(Situation, Dataset, seed) -> answers``, one
        sequence of answers for every sentence of the dataset. With it, ``khrnn hsmt examine`` asks the model there.
    answers : callable, optional
        For a model that answers whole sentences of every alphabet: ``(tokens, HsmtSpec, Generator, loss) -> answers``;
        ``loss`` is the share of light that modes lose before a displacement is read, 0 in other alphabets. With it,
        ``khrnn hsmt answer`` asks the model.
    laws : callable, optional
        For a model that knows the law of each of its answers: ``(tokens, HsmtSpec, answers) -> laws``, each given the
        earlier ones of these answers; it raises InputError where it knows none. With it, ``khrnn hsmt answer --laws``.
    """

    name: str
    memory: Callable[[Situation], Memory]
    run: str | None = None
    check: str | None = None
    player: Callable[[Situation, np.random.Generator], Player] | None = None
    amount: str | None = None
    real_answers: Callable[[Situation, Any, int], Sequence[Sequence[float]]] | None = None
    answers: Callable[[tuple[Token, ...], HsmtSpec, np.random.Generator, float], Sequence[float]] | None = None
    laws: Callable[[tuple[Token, ...], HsmtSpec, Sequence[float]], tuple[AnyLaw, ...]] | None = None


MODELS: extensions.Registry[Model] = extensions.Registry(
    extensions.MODELS,
    Model,
    {
        "constant": "qumode_khrnn.rivals.no_memory:CONSTANT",
        "coin": "qumode_khrnn.rivals.no_memory:COIN",
        "silent": "qumode_khrnn.rivals.taylor:SILENT",
        "phase-space-sampler": "qumode_khrnn.rivals.phase_space:MODEL",
        "patched-sampler": "qumode_khrnn.rivals.samplers:PATCHED",
        "hashed-sampler": "qumode_khrnn.rivals.samplers:HASHED",
        "taylor-sampler": "qumode_khrnn.rivals.taylor:TAYLOR",
        "pair": "qumode_khrnn.rivals.pair:MODEL",
        "tracker": "qumode_khrnn.rivals.tracker:MODEL",
        "network": "qumode_khrnn.classical.config:MODEL",
        "ideal": "qumode_khrnn.ideal.player:MODEL",
        "compiled": "qumode_khrnn.answers.compiled_player:MODEL",
        "qubits": "qumode_khrnn.qubits.player:MODEL",
        "qubit-registers": "qumode_khrnn.qubits.registers:MODEL",
    },
)
"""Models by name."""


def find_model(text: str) -> tuple[Model, float | None]:
    """Return the model that ``NAME`` or ``NAME:NUMBER`` names, and the number.

    Raises
    ------
    InputError
        If there is no model of that name, or it takes no number.

    Examples
    --------
    >>> find_model("tracker:7")[1]
    7.0
    """
    name, colon, number = text.partition(":")
    if name not in MODELS:
        raise InputError(f"model must be one of {', '.join(MODELS)}, found {name!r}{did_you_mean(name, MODELS)}")
    model = MODELS[name]
    if not colon:
        return model, None
    if model.amount is None:
        raise InputError(f"the model {name} takes no number, found {text!r}; write {name}")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", number):
        raise InputError(f"the number of {name}:NUMBER must be {model.amount}, found {number!r}")
    return model, float(number)


def memory_of(
    model: str, alphabet: str, modes: int, amount: float | None = None, bits_a_number: int = 32, k: int = 2
) -> Memory:
    """State what a model carries between tokens.

    Parameters
    ----------
    model : str
        Name of one of `MODELS`.
    alphabet : str
    modes : int
        n.
    amount : float, optional
        The model's own number, such as the stored weights of ``"tracker"``, the qubits per mode of
        ``"qubit-registers"``, or the numbers in the state of a ``"network"``.
    bits_a_number : int
        Precision of a network's numbers.
    k : int
        Modes of a hyperedge, for models that carry something for each.

    Raises
    ------
    InputError
        If there is no such model.

    Examples
    --------
    >>> memory_of("phase-space-sampler", "modular(2)", 5).bits
    10.0
    """
    return find_model(model)[0].memory(Situation(alphabet, modes, k, amount, bits_a_number))


def require_small(name: str, modes: int, most: int, k: int) -> None:
    """Refuse more modes than a model can hold.

    Raises
    ------
    InputError
        If there are more modes; the message names the largest number.
    """
    if modes > most:
        raise InputError(
            f"the model {name} is simulated up to n = {most} for k = {k}, found n = {modes}; use fewer modes"
        )

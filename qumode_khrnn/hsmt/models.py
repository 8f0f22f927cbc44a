"""Models of HSMT: what each carries between tokens, and how it is run.

A model is one `Model` object in the module that runs it. This project's are listed here; another package adds one by an
entry point (docs/extending.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2

from compiler.errors import InputError
from hardware_profiles import extensions
from qumode_khrnn.hsmt.alphabet import levels_of


@dataclass(frozen=True, slots=True)
class Memory:
    """What a model carries between tokens.

    Attributes
    ----------
    amount : float
        How much, in ``unit``.
    unit : str
    bits : float, optional
        The same as classical bits or qubits; None for real numbers and qumodes, which have no such count.
    stated : str
        In words.
    """

    amount: float
    unit: str
    bits: float | None
    stated: str


@dataclass(frozen=True, slots=True)
class Symbols:
    """The numbers of an alphabet: their name, and the bits of one, which real numbers do not have."""

    name: str
    bits: float | None

    @classmethod
    def of(cls, alphabet: str) -> Symbols:
        """Return the numbers of ``modular(d)`` or ``real``."""
        levels = levels_of(alphabet)
        if levels is None:
            return cls("real numbers", None)
        return cls(f"numbers modulo {levels}", log2(levels))

    def bits_of(self, count: int) -> float | None:
        """Bits of so many numbers; None for real numbers."""
        return None if self.bits is None else count * self.bits


@dataclass(frozen=True, slots=True)
class Model:
    """A model of HSMT.

    Attributes
    ----------
    name : str
    memory : callable
        ``(alphabet, modes, amount, bits_a_number) -> Memory``. What ``amount`` counts, and whether it and the precision
        of a number matter, is the model's.
    run : str or None
        ``"module:function"`` with ``(settings: dict, seed: int) -> list of rows``, a pure function of its arguments;
        with it, ``khrnn sweep`` runs the model under its name.
    check : str or None
        ``"module:function"`` with ``(settings: dict) -> dict``: the settings with every default filled in, or an
        InputError that names the setting. Given with ``run``.
    """

    name: str
    memory: Callable[[str, int, int, int], Memory]
    run: str | None = None
    check: str | None = None


MODELS: extensions.Registry[Model] = extensions.Registry(
    extensions.MODELS,
    Model,
    {
        "k-HRNN": "qumode_khrnn.ideal.reference:MODEL",
        "qubit register": "qumode_khrnn.qubits.registers:MODEL",
        "budgeted tracker": "qumode_khrnn.classical.tracker:MODEL",
        "phase-space sampler": "qumode_khrnn.classical.phase_space:MODEL",
        "network": "qumode_khrnn.classical.config:MODEL",
    },
)
"""Models by name."""


def memory_of(model: str, alphabet: str, modes: int, amount: int = 0, bits_a_number: int = 32) -> Memory:
    """State what a model carries between tokens.

    Parameters
    ----------
    model : str
        Name of one of `MODELS`.
    alphabet : str
    modes : int
        n.
    amount : int
        ``"qubit register"``: qubits per mode; ``"budgeted tracker"``: stored weights; ``"network"``: numbers in its
        state. Other models do not use it.
    bits_a_number : int
        Precision of a network's numbers.

    Raises
    ------
    InputError
        If the model is not known.

    Examples
    --------
    >>> memory_of("phase-space sampler", "modular(2)", 5).bits
    10.0
    """
    if model not in MODELS:
        raise InputError(f"the memory of {model!r} is not known; models are {', '.join(MODELS)}")
    return MODELS[model].memory(alphabet, modes, amount, bits_a_number)

"""Define the alphabets of HSMT: the numbers that weights of tokens and answers take."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compiler.errors import InputError, did_you_mean
from simulations.laws.discrete import BITS

REAL = "real"
"""Squeezed qumodes, real weights and answers."""

DISPLACEMENT = "displacement"
"""Squeezed qumodes, real weights; displacements are read, and the answers are the bits +1 and -1."""

MAX_LEVELS = 16
"""Largest d of ``modular(d)``."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The numbers that a sentence holds.

    Attributes
    ----------
    name : str
    levels : int, optional
        The number d of ``modular(d)``, whose weights are integers in 0..d-1; None where weights are real numbers.
    outcomes : tuple of int, optional
        The possible answers; None where answers are real numbers.
    """

    name: str
    levels: int | None = None
    outcomes: tuple[int, ...] | None = None

    @property
    def reads_displacements(self) -> bool:
        """Whether the reading tokens are displacements, instead of positions and momenta."""
        return self.name == DISPLACEMENT


def modular(levels: int) -> str:
    """Return the name of the alphabet of d levels.

    >>> modular(2)
    'modular(2)'
    """
    return f"modular({levels})"


def alphabet_of(name: object) -> Alphabet:
    """Return the alphabet of a name.

    Raises
    ------
    InputError
        If no alphabet has that name.

    Examples
    --------
    >>> alphabet_of("displacement").outcomes
    (1, -1)
    """
    if name == REAL:
        return Alphabet(REAL)
    if name == DISPLACEMENT:
        return Alphabet(DISPLACEMENT, None, BITS)
    found = re.fullmatch(r"modular\((\d{1,3})\)", name) if isinstance(name, str) else None
    if found is None or not 2 <= int(found[1]) <= MAX_LEVELS:
        raise InputError(
            f'the alphabet must be "{REAL}", "{DISPLACEMENT}" or "modular(d)" with 2 <= d <= {MAX_LEVELS}, '
            f"found {name!r}" + did_you_mean(str(name), (REAL, DISPLACEMENT, modular(2)))
        )
    levels = int(found[1])
    return Alphabet(modular(levels), levels, tuple(range(levels)))


def levels_of(name: object) -> int | None:
    """Return d of ``modular(d)``, or None where weights are real numbers; raises InputError as `alphabet_of` does."""
    return alphabet_of(name).levels


def require_read_quadratures(name: str, who: str) -> None:
    """Refuse the alphabet of displacements for a model that only knows readouts of positions and momenta.

    Raises
    ------
    InputError
        If displacements are read.
    """
    if alphabet_of(name).reads_displacements:
        raise InputError(
            f"{who} cannot answer the alphabet {DISPLACEMENT}, only {REAL} and modular(d); ask the models "
            "ideal or phase-space-sampler (khrnn hsmt answer)"
        )

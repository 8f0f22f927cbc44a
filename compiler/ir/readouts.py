"""Readouts: what is measured, and the name of the outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from compiler.errors import CircuitError
from compiler.ir.operation import NAME, Operation, real


@dataclass(frozen=True, slots=True)
class Homodyne(Operation):
    """Measure x cos(angle) + p sin(angle) and name the outcome; the mode is gone until it is prepared again."""

    angle: float
    result: str

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        _require_name(self, self.result)


@dataclass(frozen=True, slots=True)
class PostSelect(Operation):
    """Keep only the runs in which x cos(angle) + p sin(angle) reads ``value``; then the mode is gone, as measured."""

    angle: float
    value: float


@dataclass(frozen=True, slots=True)
class PhotonCount(Operation):
    """Count the photons, n = (x^2 + p^2) / 4 - 1 / 2, and name the outcome; the mode is gone until prepared again."""

    result: str
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        _require_name(self, self.result)


@dataclass(frozen=True, slots=True)
class DisplacementReadout(Operation):
    """Read the displacement ``D = exp(i (alpha.p + beta.x))`` by one bit, +1 or -1; the modes live on.

    A spin, or a qubit, in ``(|0> + |1>) / sqrt(2)`` that controls D and is then read along its x axis does this. The
    Kraus operators of the outcomes +1 and -1 are ``(1 + D) / 2`` and ``(1 - D) / 2``, so that
    ``P(+1) = (1 + Re <D>) / 2``. For hbar = 2, ``(D psi)(x) = exp(i alpha.beta) exp(i beta.x) psi(x + 2 alpha)``: D
    moves the positions by ``-2 alpha`` and the momenta by ``2 beta``.

    Parameters
    ----------
    modes : tuple of int
        The modes that D displaces, at least one.
    alpha, beta : tuple of float
        One number per mode, in the order of ``modes``.
    result : str
        Name of the outcome.

    Raises
    ------
    CircuitError
        If the numbers are not finite, or not one per mode, or all of them are 0 (the bit would always be +1).
    """

    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    result: str
    arity: ClassVar[int | None] = None
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        for key, values in (("alpha", self.alpha), ("beta", self.beta)):
            if isinstance(values, str) or not hasattr(values, "__iter__") or len(tuple(values)) != len(self.modes):
                raise CircuitError(
                    f"{self}: {key} must hold one number per mode, {len(self.modes)}, found {str(values)[:40]}"
                )
            object.__setattr__(self, key, tuple(real(value, f"{self}: {key}") for value in values))
        if not any((*self.alpha, *self.beta)):
            raise CircuitError(f"{self}: alpha or beta must hold a number that is not 0")
        _require_name(self, self.result)


def _require_name(op: Operation, result: object) -> None:
    if not isinstance(result, str) or not re.fullmatch(NAME, result):
        raise CircuitError(f"{op}: the result needs a name of letters, digits and _, found {result!r}")

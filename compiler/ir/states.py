r"""Preparations of states that no Gaussian gate makes: Fock, cat and GKP states, kets and density matrices.

Programs of other tools contain them. They keep their definition here, so that a program can be read, compared, drawn
and handed to a back end that prepares them; other parts of the compiler refuse them by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from compiler.errors import CircuitError
from compiler.ir.operation import Operation

MAX_PHOTONS = 1_000
"""Largest photon number, and largest cutoff, of a preparation."""

MAX_ELEMENTS = 1 << 20
"""Largest number of elements of a ket or a density matrix that a circuit holds."""

NORM_TOLERANCE = 1e-6
"""Largest accepted difference of a norm from 1: amplitudes in single precision are accepted."""


@dataclass(frozen=True, slots=True)
class PrepareFock(Operation):
    """Discard the mode and prepare the state of ``n`` photons."""

    n: int
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not 0 <= self.n <= MAX_PHOTONS:
            raise CircuitError(f"{self}: the photon number must lie in 0..{MAX_PHOTONS}, found {self.n}")


@dataclass(frozen=True, slots=True)
class PrepareCat(Operation):
    r"""Discard the mode and prepare ``N (D(x, p) + e^{i pi parity} D(-x, -p)) |0>``.

    D is `Displacement`, so that the two coherent states stand at ``+-(x, p)`` in phase space: ``alpha = (x + i p) / 2``
    for hbar = 2. Parity 0 is the even cat, 1 the odd cat. Source: A. Gilchrist et al., J. Opt. B 6, S828 (2004).
    """

    x: float
    p: float
    parity: float
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if self.x == 0.0 and self.p == 0.0 and self.parity % 2.0 == 1.0:
            raise CircuitError(f"{self}: an odd cat state needs a displacement, found x = p = 0 (its norm is zero)")


@dataclass(frozen=True, slots=True)
class PrepareGKP(Operation):
    r"""Discard the mode and prepare a square GKP qubit state of finite energy.

    ``N exp(-epsilon n) (cos(theta / 2) |0_L> + e^{-i phi} sin(theta / 2) |1_L>)`` with the photon number n and ideal
    logical states ``|mu_L>``, combs of positions at ``sqrt(pi hbar) (2 k + mu)``. Angles in radians. Source: J. E.
    Bourassa et al., PRX Quantum 2, 040315 (2021), as ``GKP`` of Strawberry Fields 0.23.
    """

    theta: float
    phi: float
    epsilon: float
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not self.epsilon > 0.0:
            raise CircuitError(f"{self}: the energy parameter epsilon must be > 0, found {self.epsilon}")


@dataclass(frozen=True, slots=True)
class PrepareKet(Operation):
    """Discard the modes and prepare a pure state of them, given in the Fock basis.

    Parameters
    ----------
    cutoff : int
        Number of Fock states per mode.
    amplitudes : sequence of complex
        ``cutoff^modes`` numbers, the last mode's photon number running fastest; their norm is 1.
    """

    cutoff: int
    amplitudes: tuple[complex, ...]
    arity: ClassVar[int | None] = None
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        values = _elements(self, self.amplitudes, "amplitudes", self.cutoff, len(self.modes))
        object.__setattr__(self, "amplitudes", tuple(values.tolist()))
        norm = float(np.linalg.norm(values))
        if not abs(norm - 1.0) <= NORM_TOLERANCE:
            raise CircuitError(f"{self}: the norm of the amplitudes must be 1, found {norm:.6g}; divide by it")


@dataclass(frozen=True, slots=True)
class PrepareDensity(Operation):
    """Discard the modes and prepare a state of them, given as a density matrix in the Fock basis.

    Parameters
    ----------
    cutoff : int
        Number of Fock states per mode.
    elements : sequence of complex
        The rows of the matrix of ``cutoff^modes`` rows and columns, one after another; Hermitian, of trace 1.
    """

    cutoff: int
    elements: tuple[complex, ...]
    arity: ClassVar[int | None] = None
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        values = _elements(self, self.elements, "elements", self.cutoff, 2 * len(self.modes))
        object.__setattr__(self, "elements", tuple(values.tolist()))
        rows = self.cutoff ** len(self.modes)
        rho = values.reshape(rows, rows)
        trace = complex(np.trace(rho))
        if not abs(trace - 1.0) <= NORM_TOLERANCE:
            raise CircuitError(f"{self}: the trace of the density matrix must be 1, found {trace:.6g}; divide by it")
        if not float(np.abs(rho - rho.conj().T).max()) <= NORM_TOLERANCE:
            raise CircuitError(f"{self}: the density matrix must be Hermitian")
        if not float(np.linalg.eigvalsh(rho)[0]) >= -NORM_TOLERANCE:
            raise CircuitError(f"{self}: the density matrix must have no negative eigenvalue")


def _elements(op: Operation, given: Any, name: str, cutoff: int, axes: int) -> np.ndarray[Any, Any]:
    """Return the numbers of a state as a flat array, checked against the cutoff."""
    if not 1 <= cutoff <= MAX_PHOTONS or not op.modes:
        raise CircuitError(f"{op}: needs at least one mode and a cutoff in 1..{MAX_PHOTONS}, found {cutoff}")
    size = prod([cutoff] * axes)
    if size > MAX_ELEMENTS:
        raise CircuitError(f"{op}: at most {MAX_ELEMENTS} {name} are held, found {size}; lower the cutoff")
    try:
        values = np.array(given, dtype=complex).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise CircuitError(f"{op}: {name} must be complex numbers") from None
    if values.size != size or not np.isfinite(values).all():
        raise CircuitError(f"{op}: {name} must be {size} finite numbers for cutoff {cutoff}, found {values.size}")
    return values

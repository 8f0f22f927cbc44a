r"""The operations of the intermediate representation: names, modes, parameters, as frozen values.

What an operation does is stated here by its action on the quadratures (hbar = 2, signs of Strawberry Fields) and
implemented in one table per consumer: `compiler.semantics.phase_space` (phase-space map), the simulators, each export.
A parameter may be a number or a `Polynomial` in the names of earlier homodyne results (feed-forward).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np

from compiler.errors import CircuitError
from compiler.ir.operation import Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.ir.readouts import DisplacementReadout, Homodyne, PhotonCount, PostSelect
from compiler.ir.states import PrepareCat, PrepareDensity, PrepareFock, PrepareGKP, PrepareKet
from hardware_profiles import names

MAX_ORDER = 12
"""Largest degree of a phase: an edge of k modes costs 2^(k-1) gates by polarization."""


SINGLE_PRECISION = 1e-5
"""Largest element of U U^dagger - 1 that rounding of U to single precision explains, up to 100 modes."""


@cache
def snake_name(kind: Any) -> str:
    """Return the name of an operation in resource tables.

    >>> snake_name(CubicPhase), snake_name(Squeeze)
    ('cubic_phase', 'squeezer')
    """
    return names.snake_name(kind if isinstance(kind, str) else kind.__name__)


# --- preparation -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrepareVacuum(Operation):
    """Discard the mode and prepare the vacuum."""


@dataclass(frozen=True, slots=True)
class PrepareSqueezed(Operation):
    """Discard the mode and prepare ``Squeeze(r)`` on the vacuum: var x = e^{-2r}, var p = e^{2r}."""

    r: float


@dataclass(frozen=True, slots=True)
class PrepareCubic(Operation):
    """Discard the mode and prepare ``CubicPhase(gamma) Squeeze(-r)`` on the vacuum: var(p - gamma x^2) = e^{-2r}."""

    gamma: Parameter
    r: float
    gaussian: ClassVar[bool] = False


# --- Gaussian gates --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotation(Operation):
    """x -> x cos(theta) - p sin(theta), p -> p cos(theta) + x sin(theta)."""

    theta: Parameter


@dataclass(frozen=True, slots=True)
class Squeeze(Operation):
    """x -> e^{-r} x, p -> e^{r} p."""

    r: Parameter


@dataclass(frozen=True, slots=True)
class Shear(Operation):
    """exp(i s x^2 / (2 hbar)): p -> p + s x (``Pgate`` of Strawberry Fields)."""

    s: Parameter


@dataclass(frozen=True, slots=True)
class Displacement(Operation):
    """x -> x + ``x``, p -> p + ``p``."""

    x: Parameter
    p: Parameter


@dataclass(frozen=True, slots=True)
class BeamSplitter(Operation):
    """a_0 -> a_0 cos(theta) - a_1 e^{-i phi} sin(theta), a_1 -> a_1 cos(theta) + a_0 e^{i phi} sin(theta)."""

    theta: Parameter
    phi: Parameter = 0.0
    arity: ClassVar[int | None] = 2


@dataclass(frozen=True, slots=True)
class ControlledX(Operation):
    """Modes (c, t): x_t -> x_t + s x_c, p_c -> p_c - s p_t."""

    s: Parameter
    arity: ClassVar[int | None] = 2


@dataclass(frozen=True, slots=True)
class ControlledZ(Operation):
    """exp(i s x_0 x_1 / hbar): p_0 -> p_0 + s x_1, p_1 -> p_1 + s x_0."""

    s: Parameter
    arity: ClassVar[int | None] = 2


@dataclass(frozen=True, slots=True)
class Interferometer(Operation):
    """a_j -> sum_k U_jk a_k over the listed modes; ``matrix`` holds the rows of the unitary U."""

    matrix: tuple[tuple[complex, ...], ...]
    arity: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        n = len(self.modes)
        try:
            rows = np.array(self.matrix, dtype=complex).reshape(n, n)
        except (TypeError, ValueError, OverflowError):
            raise CircuitError(f"{self}: the matrix must be {n} x {n} complex numbers") from None
        object.__setattr__(self, "matrix", tuple(map(tuple, rows.tolist())))
        with np.errstate(over="ignore", invalid="ignore"):  # the check below refuses what overflows
            off = np.abs(rows @ rows.conj().T - np.eye(n))
        if n and not off.max() <= 1e-9:
            j, k = (int(v) for v in np.unravel_index(int(np.argmax(np.nan_to_num(off, nan=np.inf))), off.shape))
            raise CircuitError(
                f"{self}: the matrix must be unitary, found rows {j}, {k} whose product is off by {off[j, k]:.6g}"
                f"{_way_out(rows) if off.max() <= SINGLE_PRECISION else ''}"
            )


def _way_out(rows: np.ndarray[Any, Any]) -> str:
    """Return the advice for a matrix that is unitary only to single precision."""
    distance = float(np.abs(np.linalg.svd(rows, compute_uv=False) - 1.0).max())
    return f"; nearest_unitary(matrix) of compiler.decompositions.nearest_unitary is unitary, {distance:.1e} away"


# --- non-Gaussian gates ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolynomialPhase(Operation):
    """exp(i f(x) / hbar) for a real polynomial f in the positions: p -> p + grad f.

    A logical operation: hyperedge gates of any order are written with it, and the compiler lowers it. ``modes`` are the
    modes among the variables of the polynomial, sorted; named variables are results or symbols (`Circuit`).
    """

    polynomial: Polynomial
    arity: ClassVar[int | None] = None
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        degree = max((sum(q for v, q in key if isinstance(v, int)) for key in self.polynomial.terms), default=0)
        if degree > MAX_ORDER:
            raise CircuitError(f"{self}: the degree must be at most {MAX_ORDER}, found {degree}")
        if self.modes != tuple(v for v in self.polynomial.variables if isinstance(v, int)):
            raise CircuitError(f"{self}: modes must be the variables of {self.polynomial}, sorted")


def phase(polynomial: Polynomial) -> PolynomialPhase:
    """Return the phase gate of a polynomial in positions.

    >>> phase(Polynomial.monomial((0, 2), 0.5)).modes
    (0, 2)
    """
    modes = tuple(v for v in polynomial.variables if isinstance(v, int))
    return PolynomialPhase(modes, polynomial)


def used(op: Operation) -> set[str]:
    """Return names of the results and symbols that an operation's parameters use."""
    return {name for value in op.parameters().values() if isinstance(value, Polynomial) for name in value.names}


def phase_degree(op: Operation) -> int | None:
    """Return the degree in the positions of a phase gate of any kind; None for other operations.

    >>> phase_degree(phase(Polynomial.monomial((0, 1), 0.5))), phase_degree(Rotation((0,), 0.1))
    (2, None)
    """
    match op:
        case PolynomialPhase():
            return max((sum(q for v, q in key if isinstance(v, int)) for key in op.polynomial.terms), default=0)
        case PhasePower():
            return op.order
        case CubicPhase():
            return 3
        case Shear() | ControlledZ():
            return 2
    return None


@dataclass(frozen=True, slots=True)
class CubicPhase(Operation):
    """exp(i gamma x^3 / (3 hbar)): p -> p + gamma x^2 (``Vgate`` of Strawberry Fields)."""

    gamma: Parameter
    gaussian: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class PhasePower(Operation):
    """exp(i strength x^order / (order hbar)): p -> p + strength x^{order-1}; order 3 is `CubicPhase`."""

    order: int
    strength: Parameter
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not 1 <= self.order <= MAX_ORDER:
            raise CircuitError(f"{self}: order must be an integer in 1..{MAX_ORDER}, found {self.order}")


@dataclass(frozen=True, slots=True)
class Kerr(Operation):
    """exp(i kappa n^2) with the photon number n = (x^2 + p^2) / 4 - 1 / 2 (``Kgate`` of Strawberry Fields)."""

    kappa: float
    gaussian: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class CrossKerr(Operation):
    """exp(i kappa n_0 n_1) with the photon numbers n_0, n_1 of the two modes (``CKgate`` of Strawberry Fields)."""

    kappa: float
    arity: ClassVar[int | None] = 2
    gaussian: ClassVar[bool] = False


# --- noise -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loss(Operation):
    """Pure loss: a -> sqrt(eta) a + sqrt(1-eta) a_vacuum, with transmission 0 <= eta <= 1."""

    eta: float

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not 0.0 <= self.eta <= 1.0:
            raise CircuitError(f"{self}: transmission eta must lie in [0, 1], found {self.eta}")


@dataclass(frozen=True, slots=True)
class ThermalLoss(Operation):
    """a -> sqrt(eta) a + sqrt(1-eta) a_thermal: loss into an environment of ``nbar`` quanta, variance 2 nbar + 1."""

    eta: float
    nbar: float

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not (0.0 <= self.eta <= 1.0 and self.nbar >= 0.0):
            raise CircuitError(
                f"{self}: transmission eta must lie in [0, 1] and nbar be >= 0, found {self.eta}, {self.nbar}"
            )


@dataclass(frozen=True, slots=True)
class DisplacementNoise(Operation):
    """x -> x + normal(0, x_variance), p -> p + normal(0, p_variance), independent of everything."""

    x_variance: float
    p_variance: float

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not (self.x_variance >= 0.0 and self.p_variance >= 0.0):
            raise CircuitError(f"{self}: variances must be >= 0, found {self.x_variance}, {self.p_variance}")


@dataclass(frozen=True, slots=True)
class Dephasing(Operation):
    """`Rotation` by a random angle, normal(0, variance) in rad^2."""

    variance: float
    gaussian: ClassVar[bool] = False

    def __post_init__(self) -> None:
        Operation.__post_init__(self)
        if not self.variance >= 0.0:
            raise CircuitError(f"{self}: the variance must be >= 0, found {self.variance}")


OPERATIONS: dict[str, type[Operation]] = {
    kind.__name__: kind
    for kind in (
        PrepareVacuum,
        PrepareSqueezed,
        PrepareCubic,
        PrepareFock,
        PrepareCat,
        PrepareGKP,
        PrepareKet,
        PrepareDensity,
        Rotation,
        Squeeze,
        Shear,
        Displacement,
        BeamSplitter,
        ControlledX,
        ControlledZ,
        Interferometer,
        PolynomialPhase,
        CubicPhase,
        PhasePower,
        Kerr,
        CrossKerr,
        Homodyne,
        PostSelect,
        PhotonCount,
        DisplacementReadout,
        Loss,
        ThermalLoss,
        DisplacementNoise,
        Dephasing,
    )
}
"""Every operation of the representation, by name; tables elsewhere are total over it."""

GAUSSIAN_PREPARATIONS = (PrepareVacuum, PrepareSqueezed)

STATES = (PrepareFock, PrepareCat, PrepareGKP, PrepareKet, PrepareDensity)
"""Preparations of states that no Gaussian gate and no phase polynomial makes."""

PREPARATIONS = (*GAUSSIAN_PREPARATIONS, PrepareCubic, *STATES)
"""Operations that start their modes afresh."""

MEASUREMENTS = (Homodyne, PhotonCount, DisplacementReadout)
"""Operations that have an outcome with a name."""

ENDS = (Homodyne, PhotonCount, PostSelect)
"""Operations after which the mode is gone until it is prepared again."""

NOISE = (Loss, ThermalLoss, DisplacementNoise, Dephasing)
"""Channels that are not unitary."""

DIAGONAL = (Shear, ControlledZ, PolynomialPhase, CubicPhase, PhasePower)
"""Operations that are functions of position alone, and so commute with each other."""

"""Gates and channels of Piquasso 8.0, as ``piquasso/instructions/gates.py`` and ``channels.py`` define them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.assembly import ALPHA, Assembly, attenuated, one_each, two_mode_squeezing
from compiler.imports.strawberryfields import matrices, preparations
from compiler.imports.strawberryfields.arguments import real_square, square
from compiler.imports.strawberryfields.operations import TABLE, single
from compiler.ir import operations as ops
from compiler.semantics.gaussian_state import takagi
from compiler.typing import Array

Modes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate or channel with numbers for parameters.

    Attributes
    ----------
    parameters : tuple of str
    make : callable
        From modes and parameters to operations in order of time.
    modes : int
        1 for a gate that acts on each mode by itself, 2 for a gate on a pair.
    defaults : tuple of float
        Defaults of the last parameters.
    """

    parameters: tuple[str, ...]
    make: Callable[..., list[ops.Operation]]
    modes: int = 1
    defaults: tuple[float, ...] = ()


def _attenuator(modes: Modes, theta: float, nbar: float) -> list[ops.Operation]:
    """Return the channel of ``X = cos(theta)``, which may be negative, and ``Y = sin(theta)^2 (2 nbar + 1)``."""
    turned: list[ops.Operation] = [ops.Rotation(modes, pi)] if cos(theta) < 0.0 else []
    return [*turned, attenuated(modes[0], 1.0 - sin(theta) ** 2, nbar)]


def _loss(modes: Modes, t: float) -> list[ops.Operation]:
    """Return a loss whose transmissivity is that of amplitudes: a photon stays with probability t^2."""
    if not 0.0 <= t <= 1.0:
        raise CircuitError(f"the transmissivity must lie in [0, 1], found {t:.6g}")
    return [ops.Loss(modes, t**2)]


GATES: dict[str, Gate] = {
    "Phaseshifter": Gate(("phi",), single(ops.Rotation)),
    "Fourier": Gate((), lambda modes: [ops.Rotation(modes, pi / 2)]),
    "Beamsplitter": Gate(("theta", "phi"), single(ops.BeamSplitter), 2, (pi / 4, 0.0)),
    "Beamsplitter5050": Gate((), lambda modes: [ops.BeamSplitter(modes, pi / 4, 0.0)], 2),
    "MachZehnder": Gate(("int_", "ext"), TABLE["MZgate"].make, 2),
    "Squeezing": Gate(("r", "phi"), preparations.squeezed_by, 1, (0.0,)),
    "Squeezing2": Gate(("r", "phi"), two_mode_squeezing, 2, (0.0,)),
    "QuadraticPhase": Gate(("s",), single(ops.Shear)),
    "ControlledX": Gate(("s",), single(ops.ControlledX), 2),
    "ControlledZ": Gate(("s",), single(ops.ControlledZ), 2),
    "Displacement": Gate(("r", "phi"), preparations.displaced, 1, (0.0,)),
    "PositionDisplacement": Gate(("x",), lambda modes, x: [ops.Displacement(modes, ALPHA * x, 0.0)]),
    "MomentumDisplacement": Gate(("p",), lambda modes, p: [ops.Displacement(modes, 0.0, ALPHA * p)]),
    "CubicPhase": Gate(("gamma",), single(ops.CubicPhase)),
    "Kerr": Gate(("xi",), single(ops.Kerr)),
    "CrossKerr": Gate(("xi",), single(ops.CrossKerr), 2),
    "Attenuator": Gate(("theta", "mean_thermal_excitation"), _attenuator, 1, (0.0,)),
    "Loss": Gate(("transmissivity",), _loss),
    "UniformLoss": Gate(("transmissivity",), _loss),
}
"""Gates and channels with numbers."""

NUMBERS_ONLY = ("Kerr", "CrossKerr", "Attenuator", "Loss", "UniformLoss")
"""Gates and channels whose parameters must be numbers."""


def _gaussian_transform(modes: Modes, params: Mapping[str, Any]) -> list[ops.Operation]:
    """Return ``a -> P a + A a^dagger`` as operations on quadratures."""
    passive, active = square(params["passive"], "passive"), square(params["active"], "active")
    if passive.shape != active.shape:
        raise CircuitError(f"passive and active must have one shape, found {passive.shape} and {active.shape}")
    plus, minus = passive + active, passive - active
    s: Array = np.block([[plus.real, -minus.imag], [plus.imag, minus.real]])
    return matrices.gaussian_transform(modes, s)


def _gaussian_channel(modes: Modes, params: Mapping[str, Any]) -> list[ops.Operation]:
    """Return ``mu -> X mu``, ``sigma -> X sigma X^T + Y`` for symplectic X and noise without correlations."""
    x, y = (by_kind(real_square(params[name], name)) for name in ("X", "Y"))
    if x.shape != y.shape:
        raise CircuitError(f"X and Y must have one shape, found {x.shape} and {y.shape}")
    if np.abs(y - np.diag(np.diag(y))).max() > 0.0 or np.diag(y).min() < 0.0:
        raise CircuitError("a channel with noise that correlates quadratures has no operation here")
    try:
        made = matrices.gaussian_transform(modes, x)
    except CircuitError as error:
        raise CircuitError(
            f"a channel whose X is not symplectic has no operation here ({error}); Attenuator is read"
        ) from None
    n = len(modes)
    return made + [ops.DisplacementNoise((m,), y[i, i], y[n + i, n + i]) for i, m in enumerate(modes)]


def by_kind(values: Array) -> Array:
    """Return a vector or matrix on (x, p, x, p ..) as one on (x, x .., p, p ..)."""
    order = [*range(0, len(values), 2), *range(1, len(values), 2)]
    out: Array = values[np.ix_(*[order] * values.ndim)]
    return out


MATRICES: dict[str, Callable[[Modes, Mapping[str, Any]], list[ops.Operation]]] = {
    "Interferometer": lambda modes, params: matrices.interferometer(modes, square(params["matrix"], "matrix")),
    "LossyInterferometer": lambda modes, params: matrices.passive_channel(modes, square(params["matrix"], "matrix")),
    "GaussianTransform": _gaussian_transform,
    "DeterministicGaussianChannel": _gaussian_channel,
}
"""Gates and channels with matrices."""

MAX_MEAN_PHOTONS = 1e6
"""Largest mean photon number of a `Graph`."""


def prepare_graph(assembly: Assembly, modes: Modes, params: Mapping[str, Any]) -> None:
    """Append the state that a graph makes from the vacuum: squeezers and an interferometer, by Takagi's factorisation.

    The singular values of the matrix are scaled to ``tanh(r)`` of squeezers with the mean photon number that is asked
    for. On states other than the vacuum the gate would depend on the choice of the factorisation.

    Raises
    ------
    CircuitError
        If a mode is not in the vacuum, the matrix is not symmetric, or the mean photon number is not above 0.
    """
    if any(not isinstance(op, ops.PrepareVacuum) for op in assembly.out if set(op.modes) & set(modes)):
        raise CircuitError(
            "Graph is read on modes in the vacuum only, because its matrix does not fix its action on other states"
        )
    matrix = square(params["adjacency_matrix"], "adjacency_matrix")
    (mean,) = one_each(params.get("mean_photon_number", 1.0), "mean_photon_number", 1)
    values, unitary = takagi(matrix)
    if len(matrix) != len(modes) or not values[0] > 0.0 or not 0.0 < mean <= MAX_MEAN_PHOTONS:
        raise CircuitError(
            f"Graph needs a matrix of {len(modes)} rows that is not 0, and a mean photon number in "
            f"(0, {MAX_MEAN_PHOTONS:g}], found {len(matrix)} rows and {mean:g} photons"
        )
    from scipy.optimize import brentq

    relative = values / values[0]
    t = brentq(lambda t: float(np.mean((t * relative) ** 2 / (1.0 - (t * relative) ** 2))) - mean, 0.0, 1.0 - 1e-15)
    if not any(set(op.modes) & set(modes) for op in assembly.out):
        assembly.notes["Graph acts on the vacuum, which the program does not prepare"] = None
    squeezed = np.arctanh(t * relative)
    assembly.extend([ops.PrepareSqueezed((m,), -float(r)) for m, r in zip(modes, squeezed, strict=True)])
    assembly.extend(matrices.interferometer(modes, unitary))

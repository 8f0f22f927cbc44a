"""Operations of Strawberry Fields that are given by matrices, as interferometers, squeezers and losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from compiler.decompositions.nearest_unitary import nearest_unitary
from compiler.decompositions.symplectic import (
    UNITARY_TOLERANCE,
    bloch_messiah,
    orthogonal,
    require_symplectic,
    williamson,
)
from compiler.errors import CircuitError
from compiler.imports.strawberryfields.package import strawberryfields
from compiler.ir import operations as ops
from compiler.typing import Array, ComplexArray

Modes = tuple[int, ...]

EXACT = 1e-9
"""Largest element of ``U U^dagger - 1`` that an `Interferometer` of the representation allows."""

ROUNDING = 1e-12
"""Photon numbers, squeezing parameters and displacements of decompositions below this are rounding noise."""

PURE = 1e-13
"""Photon numbers of thermal modes below this times the square of the covariance's largest element are rounding."""

GAIN_TOLERANCE = 1e-9
"""Largest excess of a transmission over 1 that counts as rounding."""


def interferometer(modes: Modes, u: ComplexArray, *settings: Any) -> list[ops.Operation]:
    """Return the unitary U, which does not depend on the layout of its mesh."""
    _require_size(u, len(modes))
    off = float(np.abs(u @ u.conj().T - np.eye(len(u))).max())
    if not off <= UNITARY_TOLERANCE:
        raise CircuitError(
            f"the matrix must be unitary, found U U^dagger - 1 with elements up to {off:.3g}; nearest_unitary of "
            "compiler.decompositions.nearest_unitary mends rounding"
        )
    return [_unitary(modes, nearest_unitary(u)[0] if off > EXACT else u)]


def unitary_note(u: ComplexArray) -> str:
    """Return the note on a matrix that is unitary to single precision only; an empty text for other matrices."""
    off = float(np.abs(u @ u.conj().T - np.eye(len(u))).max())
    if not EXACT < off <= UNITARY_TOLERANCE:
        return ""
    return f"the matrix is replaced by the nearest unitary, at a distance of {nearest_unitary(u)[1]:.2g}"


def _unitary(modes: Modes, u: ComplexArray) -> ops.Operation:
    if len(modes) == 1:
        return ops.Rotation(modes, float(np.angle(u[0, 0])))
    return ops.Interferometer(modes, tuple(map(tuple, u.tolist())))


def _mixed(modes: Modes, u: ComplexArray) -> list[ops.Operation]:
    """Return the interferometer of a decomposition, or nothing where it is the identity."""
    return [] if np.abs(u - np.eye(len(u))).max() < ROUNDING else [_unitary(modes, u)]


def _require_size(matrix: ComplexArray | Array, size: int) -> None:
    if len(matrix) != size:
        raise CircuitError(f"a matrix of {size} rows is needed, found {len(matrix)}")


def passive_channel(modes: Modes, t: ComplexArray) -> list[ops.Operation]:
    """Return ``a -> T a + noise of the vacuum``: losses between interferometers, by the singular values of T."""
    _require_size(t, len(modes))
    left, values, right = np.linalg.svd(t)
    if not values[0] <= 1.0 + GAIN_TOLERANCE:
        raise CircuitError(
            f"the matrix must not amplify: the largest singular value must be at most 1, found {values[0]:.6g}"
        )
    if np.abs(values - 1.0).max() <= ROUNDING:
        return interferometer(modes, t)
    losses = [ops.Loss((m,), min(float(s) ** 2, 1.0)) for m, s in zip(modes, values, strict=True)]
    return [*_mixed(modes, right), *losses, *_mixed(modes, left)]


def gaussian_transform(modes: Modes, s: Array, vacuum: bool = False, tol: Any = None) -> list[ops.Operation]:
    """Return the symplectic transformation S; with ``vacuum`` without the interferometer that comes first.

    The rest depends on the decomposition where squeezing is degenerate, so ``vacuum`` takes that of Strawberry Fields.
    """
    _require_size(s, 2 * len(modes))
    require_symplectic(s)
    if not vacuum:
        u_1, r, u_2 = bloch_messiah(s)
        return [*_mixed(modes, u_2), *_squeezers(modes, r), *_mixed(modes, u_1)]
    made = _called(strawberryfields().ops.GaussianTransform, s, vacuum=True)
    if not made.active:
        return []
    grown = [log(float(v)) for v in made.Sq]
    return [*_squeezers(modes, grown), *_mixed(modes, nearest_unitary(made.U1)[0])]


def _squeezers(modes: Modes, grown: Sequence[float] | Array) -> list[ops.Operation]:
    """Return ``x -> e^g x`` on each mode."""
    return [ops.Squeeze((m,), -float(g)) for m, g in zip(modes, grown, strict=True) if abs(g) > ROUNDING]


def gaussian_gate(modes: Modes, s: Array, d: Array) -> list[ops.Operation]:
    """Return the symplectic transformation S, and then the displacement d."""
    return [*gaussian_transform(modes, s), *_displacements(modes, d)]


def gaussian_state(modes: Modes, v: Array, r: Array | None = None, *settings: Any) -> list[ops.Operation]:
    """Return the state of covariance V and means r: thermal or squeezed modes, an interferometer, displacements."""
    _require_size(v, 2 * len(modes))
    nu, s = williamson(v)
    if not nu.min() >= 1.0 - 1e-6:
        raise CircuitError(
            "the covariance matrix must obey the uncertainty relation, found a symplectic eigenvalue "
            f"{nu.min():.6g} < 1"
        )
    if nu.max() > 1.0 + 2.0 * PURE:
        nu, s = _as_strawberry_fields(v, nu, s)
    nbar = [0.5 * max(float(value) - 1.0, 0.0) for value in nu]
    u_1, grown, u_2 = bloch_messiah(s)
    out: list[ops.Operation] = []
    if max(nbar) < PURE * max(1.0, float(np.abs(v).max()) ** 2):
        out += [
            ops.PrepareSqueezed((m,), -float(g)) if abs(g) > ROUNDING else ops.PrepareVacuum((m,))
            for m, g in zip(modes, grown, strict=True)
        ]
    else:
        for m, n in zip(modes, nbar, strict=True):
            out += thermal((m,), n)
        out += [*_mixed(modes, u_2), *_squeezers(modes, grown)]
    out += _mixed(modes, u_1)
    return out if r is None else out + _displacements(modes, r)


def _as_strawberry_fields(v: Array, nu: Array, s: Array) -> tuple[Array, Array]:
    """Put thermal modes in the order and the phases of Strawberry Fields, so that both decompositions can be compared.

    Any two symplectic matrices that split a covariance matrix differ by an interferometer. The interferometer is taken
    from the less accurate matrix of Strawberry Fields.
    """
    _, theirs = _called(strawberryfields().decompositions.williamson, v)
    n = len(nu)
    between = np.linalg.solve(s, theirs)
    u, _ = nearest_unitary(between[:n, :n] + 1j * between[n:, :n])
    return np.abs(u.T) ** 2 @ nu, s @ orthogonal(u)


def own_decomposition_differs(op: Any) -> bool:
    """Tell whether Strawberry Fields 0.23 decomposes a `Gaussian` into another state than it defines.

    For pure states without correlations between modes, ``Gaussian._decompose`` in ``strawberryfields/ops.py`` takes the
    size of squeezing from the diagonal, and the larger variance as that of p.
    """
    v, n = np.asarray(op.p[0]), int(op.ns)
    blocks = v.reshape(2, n, 2, n)
    apart = all(not blocks[:, i, :, j].any() for i in range(n) for j in range(n) if i != j)
    if not (op.pure and apart and op.decomp):
        return False
    return any(v[i, i] > v[n + i, n + i] or (v[i, i] == v[n + i, n + i] and v[i, n + i] != 0.0) for i in range(n))


def thermal(modes: Modes, n: float) -> list[ops.Operation]:
    """Return the thermal state of n photons: the vacuum after a full loss into an environment in that state."""
    if n < 0.0:
        raise CircuitError(f"the number of photons must be >= 0, found {n:.6g}")
    start = ops.PrepareVacuum(modes)
    return [start] if n == 0.0 else [start, ops.ThermalLoss(modes, 0.0, n)]


def _displacements(modes: Modes, d: Array) -> list[ops.Operation]:
    if d.shape != (2 * len(modes),):
        raise CircuitError(f"{2 * len(modes)} means are needed, positions before momenta, found {d.size}")
    n = len(modes)
    return [
        ops.Displacement((m,), float(d[i]), float(d[n + i]))
        for i, m in enumerate(modes)
        if d[i] != 0.0 or d[n + i] != 0.0
    ]


# --- what Strawberry Fields itself decomposes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wire:
    """Stands for a mode of a program where Strawberry Fields decomposes an operation."""

    ind: int


def graph_embedding(modes: Modes, a: ComplexArray, mean: float, traceless: bool, tol: float) -> Any:
    """Return the object `GraphEmbed` of Strawberry Fields, which decomposes itself."""
    _require_size(a, len(modes))
    return _called(strawberryfields().ops.GraphEmbed, _real_if_real(a), mean, traceless, tol)


def bipartite_embedding(modes: Modes, a: ComplexArray, mean: float, edges: bool, drop: bool, tol: float) -> Any:
    """Return the object `BipartiteGraphEmbed` of Strawberry Fields, which decomposes itself."""
    _require_size(a, len(modes) // 2 if edges else len(modes))
    return _called(strawberryfields().ops.BipartiteGraphEmbed, _real_if_real(a), mean, edges, drop, tol)


def _real_if_real(matrix: ComplexArray) -> Any:
    return matrix.real if not matrix.imag.any() else matrix


def _called(make: Any, *args: Any, **keywords: Any) -> Any:
    try:
        return make(*args, **keywords)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        raise CircuitError(f"Strawberry Fields refuses the matrix: {' '.join(str(error).split())}") from None

"""Preparations, displacements and squeezers of Strawberry Fields as operations of a circuit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.strawberryfields.arguments import direction, half_turned, number, scaled
from compiler.ir import operations as ops
from compiler.ir.operations import Parameter
from compiler.typing import ComplexArray

Modes = tuple[int, ...]


def displaced(modes: Modes, r: Parameter, phi: Parameter) -> list[ops.Operation]:
    """Return ``D(r e^{i phi})``: x + 2 r cos(phi), p + 2 r sin(phi); a symbolic phase becomes a rotation."""
    if isinstance(phi, float):
        c, s = direction(phi)
        return [ops.Displacement(modes, scaled(r, 2.0 * c), scaled(r, 2.0 * s))]
    return [
        ops.Rotation(modes, scaled(phi, -1.0)),
        ops.Displacement(modes, scaled(r, 2.0), 0.0),
        ops.Rotation(modes, phi),
    ]


def squeezed_by(modes: Modes, r: Parameter, phi: Parameter) -> list[ops.Operation]:
    """Return ``S(r e^{i phi})``: the squeezer between rotations by -phi / 2 and phi / 2."""
    r, phi = half_turned(r, phi)
    if phi == 0.0:
        return [ops.Squeeze(modes, r)]
    half = scaled(phi, 0.5)
    return [ops.Rotation(modes, scaled(half, -1.0)), ops.Squeeze(modes, r), ops.Rotation(modes, half)]


def vacuum(modes: Modes) -> list[ops.Operation]:
    """Return the vacuum."""
    return [ops.PrepareVacuum(modes)]


def coherent(modes: Modes, r: Parameter, phi: Parameter) -> list[ops.Operation]:
    """Return the displaced vacuum; if the phase is symbolic, the vacuum is displaced along x and then rotated."""
    return displaced_squeezed(modes, r, phi, 0.0, 0.0)


def squeezed(modes: Modes, r: Parameter, phi: Parameter) -> list[ops.Operation]:
    """Return the squeezed vacuum, rotated by half the phase."""
    r, phi = half_turned(r, phi)
    start: list[ops.Operation] = (
        [ops.PrepareSqueezed(modes, r)] if isinstance(r, float) else [ops.PrepareVacuum(modes), ops.Squeeze(modes, r)]
    )
    return start if phi == 0.0 else [*start, ops.Rotation(modes, scaled(phi, 0.5))]


def displaced_squeezed(
    modes: Modes, r_d: Parameter, phi_d: Parameter, r_s: Parameter, phi_s: Parameter
) -> list[ops.Operation]:
    """Return the squeezed vacuum, displaced."""
    start = vacuum(modes) if r_s == 0.0 else squeezed(modes, r_s, phi_s)
    return start if r_d == 0.0 else start + displaced(modes, r_d, phi_d)


def cat(modes: Modes, a: float, phi: float, p: float, *settings: Any) -> list[ops.Operation]:
    """Return ``|alpha> + e^{i pi p} |-alpha>`` for alpha = a e^{i phi}, with quadratures 2 Re alpha and 2 Im alpha."""
    c, s = direction(phi)
    return [ops.PrepareCat(modes, 2.0 * a * c, 2.0 * a * s, p)]


def gkp(
    modes: Modes, state: Any, epsilon: float, ampl_cutoff: Any, representation: Any, shape: str
) -> list[ops.Operation]:
    """Return the square GKP state of the qubit angles ``state = [theta, phi]``."""
    if shape != "square":
        raise CircuitError(f"the lattice must be square, as in Strawberry Fields, found shape {shape[:40]!r}")
    if state is None:
        state = (0.0, 0.0)
    if hasattr(state, "tolist"):
        state = state.tolist()
    if not isinstance(state, Sequence) or isinstance(state, str) or len(state) != 2:
        raise CircuitError(f"state must hold the two angles theta and phi, found {str(state)[:40]!r}")
    theta, phi = (number(value, f"state[{i}]") for i, value in enumerate(state))
    return [ops.PrepareGKP(modes, theta, phi, epsilon)]


def ket(modes: Modes, state: ComplexArray) -> list[ops.Operation]:
    """Return the state of a vector that is flat or has one axis per mode, as the Fock engine takes it."""
    n = len(modes)
    cutoff = state.shape[0] if state.ndim == n else _root(state.size, n) if state.ndim == 1 else 0
    if state.ndim == 2 * n and n > 0 and state.ndim > 1:
        raise CircuitError(f"state must be a vector, found the shape {state.shape} of a density matrix")
    if not cutoff or state.size != cutoff**n or state.ndim not in (1, n):
        raise CircuitError(f"state must be of shape (cutoff,) * {n}, or flat, found shape {state.shape}")
    return [ops.PrepareKet(modes, cutoff, tuple(state.reshape(-1).tolist()))]


def density_matrix(modes: Modes, state: ComplexArray) -> list[ops.Operation]:
    """Return the state of a density matrix with axes (row, column) of each mode in turn, as ``state.dm()`` has them."""
    n = len(modes)
    cutoff = state.shape[0] if state.ndim else 0
    if state.ndim == 2 and n > 1:
        raise CircuitError(
            f"a density matrix of {n} modes must have two axes for each mode, as state.dm() gives it, found shape "
            f"{state.shape}; the engine of Strawberry Fields reads a matrix of several modes in another order"
        )
    if state.ndim != 2 * n or state.shape != (cutoff,) * (2 * n):
        raise CircuitError(f"state must be of shape (cutoff,) * {2 * n}, found shape {state.shape}")
    rows_first = state.transpose([*range(0, 2 * n, 2), *range(1, 2 * n, 2)])
    return [ops.PrepareDensity(modes, cutoff, tuple(rows_first.reshape(-1).tolist()))]


def _root(size: int, n: int) -> int:
    root = round(size ** (1.0 / n)) if n else 0
    return root if root**n == size else 0

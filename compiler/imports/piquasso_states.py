"""Preparations of Piquasso, which stand at the beginning of a program and make one state of all modes together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod, sqrt
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.assembly import Assembly, numbers
from compiler.imports.piquasso_gates import by_kind
from compiler.imports.strawberryfields import matrices
from compiler.imports.strawberryfields.arguments import real_square
from compiler.ir import operations as ops
from compiler.ir.conventions import HBAR
from compiler.ir.states import MAX_ELEMENTS, MAX_PHOTONS

Counts = tuple[int, ...]

Described = tuple[str, tuple[int, ...], Mapping[str, Any]]
"""Class, modes and parameters of an instruction."""

GAUSSIAN = ("Mean", "Covariance", "Thermal")
FOCK = ("NumberState", "FockStateVector", "StateVector", "Create", "Annihilate")
PREPARATIONS = ("Vacuum", *GAUSSIAN, *FOCK, "DensityMatrix", "DistinguishableNumberState")
"""Preparations of Piquasso 8.0, and `StateVector` of older versions."""


def prepare(assembly: Assembly, instructions: Sequence[Described], tool: str) -> None:
    """Append the preparation of the state that the first instructions of a program make.

    Piquasso sets means and covariances one after another, adds vectors of the Fock basis with their coefficients, and
    lets `Create` and `Annihilate` act on their sum. A vacuum that comes before is a vector with coefficient 1. The
    state covers all modes: those that are not named are in the vacuum.

    Raises
    ------
    CircuitError
        If the instructions do not make a state of norm 1, or are of two kinds.
    """
    if not instructions:
        return
    kinds = {name for name, _, _ in instructions} - {"Vacuum"}
    try:
        if "DistinguishableNumberState" in kinds:
            raise CircuitError("states of distinguishable photons cannot be expressed here")
        if kinds <= set(GAUSSIAN):
            made = _gaussian(assembly.modes, instructions)
        elif kinds <= set(FOCK):
            made = _vector(assembly, instructions)
        elif kinds == {"DensityMatrix"}:
            made = _density(assembly.modes, instructions)
        else:
            raise CircuitError(f"preparations must be of one kind to make a state, found {sorted(kinds)}")
        assembly.extend(made)
    except CircuitError as error:
        raise CircuitError(f"{tool}: instructions 0..{len(instructions) - 1}, preparations: {error}") from None


def _vacuum(modes: range | Sequence[int]) -> list[ops.Operation]:
    return [ops.PrepareVacuum((mode,)) for mode in modes]


def _gaussian(count: int, instructions: Sequence[Described]) -> list[ops.Operation]:
    """Return the state of the means and covariances that were set last, on quadratures x, p of each mode in turn."""
    mean, cov = np.zeros(2 * count), np.eye(2 * count)
    plain = True
    for name, _, params in instructions:
        if name == "Vacuum":
            mean, cov, plain = np.zeros(2 * count), np.eye(2 * count), True
            continue
        plain = False
        if name == "Mean":
            mean = numbers(_given(params, "mean"), "mean") * sqrt(HBAR)
        elif name == "Covariance":
            cov = real_square(_given(params, "cov"), "cov")
        else:
            photons = numbers(_given(params, "mean_photon_numbers"), "mean_photon_numbers").reshape(-1)
            if (photons < 0.0).any():
                raise CircuitError(f"mean photon numbers must be >= 0, found {photons.tolist()[:8]}")
            cov = np.diag(np.repeat(2.0 * photons + 1.0, 2))
    if plain:
        return _vacuum(range(count))
    if mean.shape != (2 * count,) or cov.shape != (2 * count, 2 * count):
        raise CircuitError(f"means and covariances of {count} modes are needed, found {mean.shape} and {cov.shape}")
    return matrices.gaussian_state(tuple(range(count)), by_kind(cov), by_kind(mean))


def _given(params: Mapping[str, Any], name: str) -> Any:
    if name not in params:
        raise CircuitError(f"the parameter {name} is missing")
    return params[name]


def _counts(given: Any, modes: tuple[int, ...], count: int) -> Counts:
    """Return the numbers of photons of all modes, from those of some modes."""
    found = numbers(given, "numbers of photons").reshape(-1).tolist()
    at = modes or tuple(range(count))
    if len(found) != len(at):
        raise CircuitError(f"numbers of photons of {len(at)} modes are needed, found {len(found)}")
    if any(n != int(n) or not 0 <= n < MAX_PHOTONS for n in found):
        raise CircuitError(f"numbers of photons must be integers in 0..{MAX_PHOTONS - 1}, found {found[:8]}")
    out = [0] * count
    for mode, n in zip(at, found, strict=True):
        out[mode] = int(n)
    return tuple(out)


def _number(value: Any) -> complex:
    try:
        return complex(value)
    except (TypeError, ValueError, OverflowError):
        raise CircuitError(f"a coefficient must be a number, found {str(value)[:40]!r}") from None


def _vector(assembly: Assembly, instructions: Sequence[Described]) -> list[ops.Operation]:
    """Return the sum of vectors of the Fock basis, after creation and annihilation operators."""
    count = assembly.modes
    amplitudes: dict[Counts, complex] = {}
    for name, modes, params in instructions:
        if name == "Vacuum":
            amplitudes = {(0,) * count: 1.0}
        elif name in {"Create", "Annihilate"}:
            if not amplitudes:
                assembly.notes[f"{name} acts on the vacuum, which the program does not prepare"] = None
                amplitudes = {(0,) * count: 1.0}
            for mode in modes or range(count):
                amplitudes = _stepped(amplitudes, mode, 1 if name == "Create" else -1)
        else:
            listed = params.get("fock_amplitude_map")
            listed = {_key(params): 1.0} if listed is None else listed
            if not isinstance(listed, Mapping):
                raise CircuitError(f"fock_amplitude_map must be a dict, found {type(listed).__name__}")
            factor = _number(params.get("coefficient", 1.0))
            for key, value in listed.items():
                amplitudes[_counts(key, modes, count)] = factor * _number(value)
    amplitudes = {key: value for key, value in amplitudes.items() if value}
    if len(amplitudes) == 1:
        ((key, value),) = amplitudes.items()
        if abs(abs(value) - 1.0) < 1e-12:
            return [ops.PrepareFock((m,), n) if n else ops.PrepareVacuum((m,)) for m, n in enumerate(key)]
    used = [mode for mode in range(count) if any(key[mode] for key in amplitudes)]
    cutoff = 1 + max((n for key in amplitudes for n in key), default=0)
    ket = _array(cutoff, len(used), 1)
    for key, value in amplitudes.items():
        ket[tuple(key[mode] for mode in used)] = value
    if not used:
        raise CircuitError(
            "the norm of the state must be 1, found a multiple of the vacuum; divide the coefficients by the norm"
        )
    rest = [mode for mode in range(count) if mode not in used]
    return [ops.PrepareKet(tuple(used), cutoff, tuple(ket.reshape(-1).tolist())), *_vacuum(rest)]


def _key(params: Mapping[str, Any]) -> Counts:
    given = _given(params, "occupation_numbers")
    return tuple(numbers(given, "occupation_numbers").reshape(-1).tolist())


def _stepped(amplitudes: dict[Counts, complex], mode: int, step: int) -> dict[Counts, complex]:
    """Apply a creation (1) or annihilation (-1) operator to a vector of the Fock basis, and normalise the outcome."""
    if len(amplitudes) != 1:
        raise CircuitError(
            "Create and Annihilate are read on a single vector of the Fock basis: on sums, the simulators of Piquasso "
            "leave out the square roots of the ladder operators"
        )
    ((key, value),) = amplitudes.items()
    if key[mode] + step < 0:
        raise CircuitError(f"Annihilate acts on mode {mode}, which holds no photon")
    return {(*key[:mode], key[mode] + step, *key[mode + 1 :]): value}


def _density(count: int, instructions: Sequence[Described]) -> list[ops.Operation]:
    """Return the sum of the elements ``coefficient |ket><bra|``."""
    elements: dict[tuple[Counts, Counts], complex] = {}
    for name, modes, params in instructions:
        if name == "Vacuum":
            elements = {((0,) * count, (0,) * count): 1.0}
            continue
        ket, bra = (_counts(_given(params, side), modes, count) for side in ("ket", "bra"))
        elements[ket, bra] = _number(params.get("coefficient", 1.0))
    used = [mode for mode in range(count) if any(key[mode] for pair in elements for key in pair)]
    used = used or list(range(min(count, 1)))
    cutoff = 1 + max((n for pair in elements for key in pair for n in key), default=0)
    rho = _array(cutoff, len(used), 2)
    for (ket, bra), value in elements.items():
        rho[tuple(side[mode] for side in (ket, bra) for mode in used)] = value
    rest = [mode for mode in range(count) if mode not in used]
    return [ops.PrepareDensity(tuple(used), cutoff, tuple(rho.reshape(-1).tolist())), *_vacuum(rest)]


def _array(cutoff: int, modes: int, sides: int) -> np.ndarray[Any, np.dtype[np.complex128]]:
    size = prod([cutoff] * (modes * sides))
    if size > MAX_ELEMENTS:
        raise CircuitError(f"states of at most {MAX_ELEMENTS} numbers are read, found {cutoff}^{modes * sides}")
    return np.zeros((cutoff,) * (modes * sides), dtype=complex)

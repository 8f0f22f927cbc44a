"""Assemble circuits from operations of other tools; keep track of result names, ancillas, and modes that were read.

Results are named by mode, as `compiler.imports.strawberryfields.build` names them: the first readout of mode m is
``m{m}``, its k-th repetition ``m{m}_{k}``; a heterodyne readout has two, ``.._x`` and ``.._p``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.calls import Imported
from compiler.imports.strawberryfields.operations import TABLE
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.serialize import MAX_MODES
from compiler.typing import Array

ALPHA = sqrt(2.0 * HBAR)
"""Distance in x by which a displacement by alpha = 1 moves a state."""

HETERODYNE = (
    "a heterodyne readout is read as x and p behind a 50:50 beamsplitter; multiply these results by sqrt(2) to get the "
    "means of the coherent state"
)


@dataclass(slots=True)
class Assembly:
    """A circuit while it is being assembled.

    Attributes
    ----------
    modes : int
        Number of modes of the program, without ancillas.
    out : list of Operation
        In order of time.
    outcomes : list of str
        Names of results, in order of time.
    notes : dict
        Notes, as keys.
    """

    modes: int
    out: list[ops.Operation] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    ancillas: dict[str, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    readouts: Counter[int] = field(default_factory=Counter)

    def extend(self, made: Iterable[ops.Operation]) -> None:
        """Append operations.

        Raises
        ------
        CircuitError
            If a mode was read before, and was not prepared again.
        """
        for op in made:
            if isinstance(op, ops.PREPARATIONS):
                self.gone.difference_update(op.modes)
            elif lost := self.gone.intersection(op.modes):
                raise CircuitError(f"mode {min(lost)} was read before, which ends a mode until it is prepared again")
            if isinstance(op, ops.ENDS):
                self.gone.update(op.modes)
            self.out.append(op)

    def ancilla(self, purpose: str) -> int:
        """Return the ancilla for a purpose; the operation that uses the ancilla prepares it."""
        return self.ancillas.setdefault(purpose, self.modes + len(self.ancillas))

    def name(self, mode: int, suffix: str = "") -> str:
        """Reserve the name of the next result of a mode, and return it."""
        repeat = self.readouts[mode]
        self.readouts[mode] += suffix in {"", "_p"}
        name = f"m{mode}" + (f"_{repeat}" if repeat else "") + suffix
        self.outcomes.append(name)
        return name

    def homodyne(self, mode: int, angle: float, value: float | None = None) -> None:
        """Read x cos(angle) + p sin(angle), or keep only the runs in which this quadrature has a given value."""
        self.extend(
            [ops.Homodyne((mode,), angle, self.name(mode)) if value is None else ops.PostSelect((mode,), angle, value)]
        )

    def heterodyne(self, mode: int, value: tuple[float, float] | None = None) -> None:
        """Project on coherent states, or on that of means ``value`` if given: x and p behind a beamsplitter."""
        ancilla = self.ancilla(f"heterodyne of mode {mode}")
        self.extend([ops.PrepareVacuum((ancilla,)), ops.BeamSplitter((mode, ancilla), pi / 4, 0.0)])
        for place, (wire, angle, suffix) in enumerate([(mode, 0.0, "_x"), (ancilla, pi / 2, "_p")]):
            if value is None:
                self.extend([ops.Homodyne((wire,), angle, self.name(mode, suffix))])
            else:
                self.extend([ops.PostSelect((wire,), angle, value[place] * sqrt(0.5))])
        if value is None:
            self.notes[HETERODYNE] = None

    def count(self, mode: int, efficiency: float = 1.0) -> None:
        """Count photons, after a loss."""
        self.extend([ops.Loss((mode,), efficiency)] if efficiency < 1.0 else [])
        self.extend([ops.PhotonCount((mode,), self.name(mode))])

    def imported(self, tool: str) -> Imported:
        """Return the circuit; raise CircuitError if it breaks a rule of `Circuit`."""
        further = tuple(self.ancillas.values())
        circuit = Circuit(self.modes + len(further), tuple(self.out), further)
        return Imported(circuit, tool, tuple(self.notes))


def two_mode_squeezing(modes: tuple[int, int], r: Any, phi: Any) -> list[ops.Operation]:
    """Return ``exp(r (e^{i phi} a^dagger b^dagger - e^{-i phi} a b))``."""
    return TABLE["S2gate"].make(modes, r, phi)


def attenuated(mode: int, transmission: float, nbar: float) -> ops.Operation:
    """Return the loss into an environment of ``nbar`` photons."""
    return ops.Loss((mode,), transmission) if nbar == 0.0 else ops.ThermalLoss((mode,), transmission, nbar)


def numbers(value: Any, name: str) -> Array:
    """Return real numbers of any package as an array with at most one axis.

    Raises
    ------
    CircuitError
        If the values are anything else.
    """
    try:
        found = np.asarray(value)
    except (TypeError, ValueError, OverflowError):
        found = np.asarray("")
    if found.dtype.kind not in "biufc":
        raise CircuitError(f"{name} must be a number, found {' '.join(repr(value).split())[:60]}")
    if found.ndim > 1 or np.abs(found.imag).max(initial=0.0) > 0.0 or not np.isfinite(found.real).all():
        raise CircuitError(f"{name} must be a finite real number or a list of them, found shape {found.shape}")
    return np.ascontiguousarray(found.real)


def one_each(value: Any, name: str, count: int) -> list[float]:
    """Return a number for each of several modes, from one number for all or from as many as there are modes.

    Raises
    ------
    CircuitError
        If the values are not real numbers, or too many or too few.

    Examples
    --------
    >>> one_each(0.5, "r", 2), one_each([0.5, 1], "r", 2)
    ([0.5, 0.5], [0.5, 1.0])
    """
    found: list[float] = numbers(value, name).reshape(-1).tolist()
    if len(found) not in {1, count}:
        raise CircuitError(f"{name} must be one number or {count}, found {len(found)}")
    return found * count if len(found) == 1 else found


def places(modes: Any, where: str = "an operation") -> tuple[int, ...]:
    """Return modes of another tool as a tuple of integers.

    Raises
    ------
    CircuitError
        If the modes are not distinct integers in 0..`MAX_MODES` - 1.
    """
    try:
        found = tuple(int(mode) for mode in modes)
        exact = all(mode == given and not isinstance(given, bool) for mode, given in zip(found, modes, strict=True))
    except (TypeError, ValueError, OverflowError):
        found, exact = (), False
    if not exact or len(set(found)) != len(found) or any(not 0 <= mode < MAX_MODES for mode in found):
        shown = " ".join(repr(modes).split())[:60]
        raise CircuitError(f"{where} must act on distinct modes, integers in 0..{MAX_MODES - 1}, found {shown}")
    return found

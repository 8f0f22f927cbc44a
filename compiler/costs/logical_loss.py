r"""Loss per mode, counted twice: on the wires of a device, and for the modes that the wires carry.

Between two gates a wire rarely carries one mode of the source: a compiled hyperedge turns the modes into linear forms
and applies its cubic gates to those. The loss of a wire therefore says where light is lost, and not whose light. Let

``x_w = sum_j X_wj x_j + Y_wj p_j``,  ``p_w = sum_j Z_wj x_j + T_wj p_j``

be what wire w carries at a loss event, in the quadratures of the latent modes j as they came in (and of ancillas, which
are left out). Referred back to them, a loss of l dB on the wire takes from mode j, to first order in the loss,

``l (X_wj T_wj - Y_wj Z_wj)`` dB,

the share of the commutator ``[x_w, p_w]`` that mode j supplies. All shares of a wire, those of ancillas included, add
up to 1. Behind beamsplitters, rotations and interferometers the wire carries ``a_w = sum_j u_j a_j``: the share is
``|u_j|^2``, and all of them are the diagonal of the matrix of logical loss

``L = sum over events of l conj(u) u^T``,

by which amplitudes shrink, ``a -> (1 - (ln 10 / 20) L) a``. Its eigenvalues tell how unequal the loss of any
superpositions of the modes is; equal ones mean that all modes lose alike, whatever the wires do.

- Phases that are functions of position (cubic gates) add functions of x to p and change no frame to first order, about
  the origin. The source's own phases are such gates, so that "came in" means "at this moment of the program" for them.
- Squeezers and controlled gates change the frame as any linear map does, and the shares stay defined; between two of
  them one share can be negative and another above 1. The noise that such a loss adds is squeezed, which a matrix of
  losses would not say: no matrix is given where a frame is not passive.
- A prepared ancilla starts with no share of any latent mode, and a latent mode that is prepared again carries itself.
  A result that shifts a mode is the measured quadrature, to first order (deferred measurement): the loss of a detector
  counts for what the ancilla then carries. What it adds to an answer is noise, which the error budget states.
- Noise other than loss (heating, dephasing, random displacements) is not counted.

The formula is the first order of ``S^-1 (1 - P_w kappa / 2) S``, with S the symplectic matrix so far and P_w the
projector on the wire; the diagonal of its x block and that of its p block are equal because S is symplectic.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import cos, log10, sin
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import phase_degree
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.semantics import phase_space
from compiler.typing import AnyArray, Array, ComplexArray

PASSIVE_TOLERANCE = 1e-9
"""Largest difference, due to rounding, between the rows of x and p of a frame that counts as passive."""

BATCH = 1024
"""Number of loss events that are added up at once."""


@dataclass(frozen=True, slots=True)
class LossPerMode:
    """Loss in dB, by wire and by latent mode.

    Attributes
    ----------
    wire_db : tuple of float
        Sum of the losses on each mode of the native circuit, ancillas included.
    modes : tuple of int
        The latent modes, in the order of the following entries.
    logical_db : tuple of float
        Loss of each latent mode, to first order; see the module.
    environment_quanta : tuple of float
        Mean number of quanta, by latent mode, in the environment that its loss goes into; 0 is the vacuum.
    matrix_db : tuple of tuple of complex, or None
        L in the basis of the latent modes; None where a frame was not passive, or a latent mode is prepared anew after
        it was in use.
    """

    wire_db: tuple[float, ...]
    modes: tuple[int, ...]
    logical_db: tuple[float, ...]
    environment_quanta: tuple[float, ...]
    matrix_db: tuple[tuple[complex, ...], ...] | None

    @property
    def eigenvalues_db(self) -> tuple[float, ...] | None:
        """Eigenvalues of L in ascending order; None without a matrix."""
        if self.matrix_db is None:
            return None
        n = len(self.modes)
        values = np.linalg.eigvalsh(np.array(self.matrix_db, dtype=complex).reshape(n, n))
        return tuple(max(0.0, float(v)) for v in values)  # L is positive: what is below 0 is rounding

    @property
    def wires_of_modes_db(self) -> tuple[float, ...]:
        """The losses of the wires with the numbers of the latent modes."""
        return tuple(self.wire_db[m] for m in self.modes)

    @property
    def total_db(self) -> float:
        """Sum of the losses of all wires."""
        return sum(self.wire_db)

    @property
    def elsewhere_db(self) -> float:
        """The loss that no latent mode suffers (on ancillas, for example): the total minus all logical losses."""
        return self.total_db - sum(self.logical_db)

    @property
    def largest_wire_db(self) -> float:
        """The largest loss of a wire."""
        return max(self.wire_db, default=0.0)

    @property
    def largest_logical_db(self) -> float:
        """The largest loss of a latent mode."""
        return max(self.logical_db, default=0.0)

    def to_json(self) -> dict[str, Any]:
        """Return plain data; the matrix by its eigenvalues."""
        return {
            "wire_db": list(self.wire_db),
            "modes": list(self.modes),
            "logical_db": list(self.logical_db),
            "logical_eigenvalues_db": None if self.eigenvalues_db is None else list(self.eigenvalues_db),
            "elsewhere_db": self.elsewhere_db,
        }


def loss_per_mode(noisy: Circuit) -> LossPerMode:
    """Add up the losses of a circuit by wire, and by the latent modes that the wires carry.

    Parameters
    ----------
    noisy : Circuit
        With its losses in place, as `compiler.machines.Machine.noisy` puts them there.

    Raises
    ------
    CircuitError
        If the circuit has free symbols, or a loss leaves no light, which no number of dB states.

    Examples
    --------
    One half of a beamsplitter's light is lost alike by both modes, whichever wire it is lost on:

    >>> from compiler.ir.operations import BeamSplitter, Loss
    >>> half = Circuit(2, (BeamSplitter((0, 1), 0.25 * np.pi), Loss((0,), 0.5), BeamSplitter((0, 1), -0.25 * np.pi)))
    >>> found = loss_per_mode(half)
    >>> [[round(value, 3) for value in row] for row in (found.wire_db, found.logical_db, found.eigenvalues_db)]
    [[3.01, 0.0], [1.505, 1.505], [0.0, 3.01]]
    """
    if noisy.symbols:
        raise CircuitError(f"loss per mode needs values of the symbols {', '.join(noisy.symbols)}; bind them first")
    frame = _Frame(noisy)
    wires, events = [0.0] * noisy.modes, _Events(len(frame.owners))
    for index, op in enumerate(noisy.operations):
        if isinstance(op, ops.Loss | ops.ThermalLoss):
            if op.eta == 0.0:
                raise CircuitError(f"operation {index} {op}: a loss of all light has no value in dB")
            (wire,), loss_db = op.modes, -10.0 * log10(op.eta) + 0.0
            wires[wire] += loss_db
            quanta = op.nbar if isinstance(op, ops.ThermalLoss) else 0.0
            events.add(loss_db, quanta, frame.x[wire], frame.p[wire])
        frame.apply(op)
    events.flush()
    latent = noisy.latent
    logical, warmed = dict.fromkeys(latent, 0.0), dict.fromkeys(latent, 0.0)
    for owner, (value, warm) in zip(frame.owners, events.diagonal.T.tolist(), strict=True):
        logical[owner] += value
        warmed[owner] += warm
    quanta_of = tuple(warmed[m] / logical[m] if logical[m] > 0.0 else 0.0 for m in latent)
    rows = None
    if events.passive and frame.owners == latent:
        rows = tuple(tuple(complex(v) for v in row) for row in events.matrix)
    return LossPerMode(tuple(wires), latent, tuple(logical[m] for m in latent), quanta_of, rows)


class _Frame:
    """The modes that every wire carries: rows of x_w and p_w over the columns (x_0 .., p_0 ..) of the incoming modes.

    A latent mode has one column for each time that it starts: as the circuit's input or by a preparation that comes
    first, and by every later preparation.
    """

    def __init__(self, circuit: Circuit) -> None:
        starts = Counter(circuit.latent)
        touched: set[int] = set()
        for op in circuit.operations:
            if isinstance(op, ops.PREPARATIONS):
                starts.update(set(op.modes) & touched & set(circuit.latent))
            touched.update(op.modes)
        self.owners = tuple(m for m in circuit.latent for _ in range(starts[m]))
        self.columns = {m: iter([j for j, owner in enumerate(self.owners) if owner == m]) for m in circuit.latent}
        self.x: Array = np.zeros((circuit.modes, 2 * len(self.owners)))
        self.p: Array = np.zeros((circuit.modes, 2 * len(self.owners)))
        self.results: dict[str, Array] = {}
        self.origin: dict[str, AnyArray] = dict.fromkeys(circuit.results, np.zeros(1))
        self.touched: set[int] = set()
        for mode in circuit.latent:
            self._start(mode)

    def _start(self, mode: int) -> None:
        self.x[mode] = self.p[mode] = 0.0
        if mode in self.columns:
            column = next(self.columns[mode])
            self.x[mode, column] = self.p[mode, column + len(self.owners)] = 1.0

    def apply(self, op: ops.Operation) -> None:
        """Follow an operation to first order about the origin; noise changes nothing."""
        match op:
            case _ if isinstance(op, ops.PREPARATIONS):
                for mode in self.touched & set(op.modes):
                    self._start(mode)
            case ops.Homodyne(modes=(mode,)):
                self.results[op.result] = cos(op.angle) * self.x[mode] + sin(op.angle) * self.p[mode]
            case ops.PhotonCount() | ops.DisplacementReadout():  # no linear part
                self.results[op.result] = np.zeros(self.x.shape[1])
            case ops.PostSelect():
                pass
            case ops.Displacement(modes=(mode,)):
                self.x[mode] += self._shift(op.x)
                self.p[mode] += self._shift(op.p)
            case ops.Kerr():  # a -> e^{i kappa (2 n + 1)} a, at n = 0
                self._push(ops.Rotation(op.modes, op.kappa))
            case ops.PolynomialPhase():
                self._push(ops.phase(Polynomial({k: c for k, c in op.polynomial.terms.items() if _quadratic(k)})))
            case _ if op.gaussian or phase_degree(op) == 2:
                if not isinstance(op, ops.NOISE):
                    self._push(op)
        self.touched.update(op.modes)

    def _push(self, op: ops.Operation) -> None:
        rule = phase_space.RULES[type(op)]
        assert not isinstance(rule, str), rule
        rule(op, self.x, self.p, self.origin)

    def _shift(self, parameter: ops.Parameter) -> Array | float:
        """Return the linear part of a shift, as a form in what came in."""
        total: Array | float = 0.0
        if isinstance(parameter, Polynomial):
            for key, c in parameter.terms.items():
                if len(key) == 1 and key[0][1] == 1:
                    total = total + c * self.results[str(key[0][0])]
        return total


def _quadratic(monomial: Monomial) -> bool:
    """Return whether a term of a phase has degree 2 in the positions, and no result as a factor."""
    return sum(power for _, power in monomial) == 2 and all(isinstance(v, int) for v, _ in monomial)


class _Events:
    """Sums over loss events, added batch by batch."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.passive = True
        self.diagonal: Array = np.zeros((2, columns))  # losses, and losses times quanta of their environments
        self.matrix: ComplexArray = np.zeros((columns, columns), dtype=np.complex128)
        self.batch: list[tuple[float, float, Array, Array]] = []

    def add(self, loss_db: float, quanta: float, x: Array, p: Array) -> None:
        """Take a loss, into an environment of so many quanta, on a wire that carries the forms x and p."""
        self.batch.append((loss_db, quanta, x.copy(), p.copy()))
        if len(self.batch) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Add the batch to the sums."""
        if not self.batch:
            return
        n = self.columns
        losses, quanta, x, p = (np.array(values) for values in zip(*self.batch, strict=True))  # x, p: (events, 2 n)
        self.diagonal += np.stack([losses, losses * quanta]) @ (x[:, :n] * p[:, n:] - x[:, n:] * p[:, :n])
        off = np.maximum(abs(x[:, :n] - p[:, n:]), abs(x[:, n:] + p[:, :n]))
        self.passive = self.passive and float(off.max(initial=0.0)) <= PASSIVE_TOLERANCE
        forms = x[:, :n] - 1j * x[:, n:]
        self.matrix += (losses[:, None] * forms.conj()).T @ forms
        self.batch.clear()

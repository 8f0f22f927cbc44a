"""Follow a circuit in the Heisenberg picture: one Gaussian vector, and every readout a polynomial in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.typing import AnyArray
from simulations.exact.closed_form.arithmetic import Arithmetic

Terms = dict[tuple[int, ...], Any]
"""A polynomial in the entries of the Gaussian vector: sorted indices with repetition -> coefficient."""

BOTH_VARY = 2.5
"""The deviation of a product of powers of normal variables, over the product of their deviations, is about this."""

Prepared = Callable[[ops.Operation], tuple[float, float]]
"""Variances of x and p of a prepared state."""

COMMUTES = 1e-10
"""Commutators below this share of the operators' deviations change no moment by more than its rounding."""

ROUNDING = 1e-14
"""Commutators below this are rounding for any deviations."""


@dataclass(slots=True)
class Form:
    """A polynomial in the entries of the Gaussian vector.

    ``size`` and ``constant`` are its deviation and its constant part if nothing had cancelled on the way.
    """

    terms: Terms
    size: float
    constant: float


class Book:
    """The Gaussian vector (first the current x and p of all modes, then copies) and polynomials in it.

    ``live[0]`` and ``live[1]`` hold the covariances and the commutators (over i hbar) of current quadratures with all
    entries, ``fixed`` those of copies with each other; ``added`` the polynomials that phases and displacements added to
    the quadratures, one row each, by the monomials of ``keys``.

    ``magnitude`` holds for every quadrature, with the polynomials added to it, the variance that it would have if
    nothing had cancelled, and likewise the square of its constant part: a result far smaller than these has lost digits
    (`simulations.exact.closed_form.precision`).
    """

    def __init__(self, circuit: Circuit, prepared: Prepared, arithmetic: Arithmetic) -> None:
        self.n, self.prepared, self.arithmetic = circuit.modes, prepared, arithmetic
        self.copies = 0
        self.live = arithmetic.zeros(2, 2 * self.n, 2 * self.n + 64)
        self.fixed = arithmetic.zeros(2, 64, 64)
        self.keys: list[tuple[int, ...]] = []
        self.column: dict[tuple[int, ...], int] = {}
        self.added = arithmetic.zeros(2 * self.n, 64)
        self.magnitude = np.zeros((2 * self.n, 2))
        self.work = 0
        """Products of numbers that were formed, roughly."""
        self.results: dict[str, Form] = {}
        self.products: list[int] = []
        self.refusal: str | None = None
        for mode in range(self.n):
            self.fresh(mode, VACUUM_VARIANCE, VACUUM_VARIANCE)

    def fresh(self, mode: int, x_variance: float, p_variance: float) -> None:
        x, p = at = [mode, self.n + mode]
        self.live[:, at, :] = self.live[:, :, at] = self.arithmetic.number(0.0)
        one = self.arithmetic.number(1.0)
        self.live[0, x, x], self.live[0, p, p] = (self.arithmetic.number(v) for v in (x_variance, p_variance))
        self.live[1, x, p], self.live[1, p, x] = one, -one
        self.added[at] = 0.0 * one
        self.magnitude[at] = (x_variance, 0.0), (p_variance, 0.0)

    def copy_of(self, at: int) -> int:
        """Append a copy of a current quadrature to the vector; return its index."""
        if self.copies == self.fixed.shape[1]:
            room = self.copies + max(64, self.copies // 4)
            fixed = self.arithmetic.zeros(2, room, room)
            fixed[:, : self.copies, : self.copies] = self.fixed
            self.live = np.concatenate([self.live, self.arithmetic.zeros(2, 2 * self.n, room - self.copies)], axis=2)
            self.fixed = fixed
        start, new = 2 * self.n, self.copies
        row = self.live[:, at, start : start + new]
        self.fixed[:, new, :new] = row
        self.fixed[0, :new, new], self.fixed[1, :new, new] = row[0], -row[1]
        self.fixed[0, new, new] = self.live[0, at, at]
        self.live[:, :, start + new] = self.live[:, :, at]
        self.copies += 1
        return start + new

    def linear(self, at: list[int], matrix: AnyArray) -> None:
        """Apply ``v[at] -> matrix v[at]`` to the vector and its polynomials."""
        self.live[:, at, :] = matrix @ self.live[:, at, :]
        self.live[:, :, at] = self.live[:, :, at] @ matrix.T
        used = len(self.keys)
        self.added[at, :used] = matrix @ self.added[at, :used]
        squares = matrix * matrix
        self.magnitude[at] = (squares if self.arithmetic.digits is None else squares.astype(float)) @ self.magnitude[at]
        self.work += matrix.size * (4 * self.live.shape[2] + used)

    def add(self, at: int, form: Form) -> None:
        """Add a polynomial to a quadrature."""
        for key, value in form.terms.items():
            if key not in self.column:
                if len(self.keys) == self.added.shape[1]:
                    self.added = np.concatenate([self.added, self.arithmetic.zeros(*self.added.shape)], axis=1)
                self.column[key] = len(self.keys)
                self.keys.append(key)
            self.added[at, self.column[key]] += value
        size, constant = np.sqrt(self.magnitude[at])
        size, constant = size + form.size, constant + form.constant
        self.magnitude[at] = size * size, constant * constant

    def quadrature(self, at: int) -> Form:
        """Return a current quadrature as a polynomial: its copy, plus what phases and displacements added."""
        number = self.arithmetic.number
        out: Terms = {(self.copy_of(at),): number(1.0)}
        row = self.added[at, : len(self.keys)]
        add_terms(out, {self.keys[i]: number(row[i]) for i in np.flatnonzero(row)})
        varied, constant = self.magnitude[at]
        return Form(out, sqrt(max(varied, float(self.live[0, at, at]))), sqrt(constant))

    def product(self, left: Form, right: Form) -> Form:
        out: Terms = {}
        for a, one in left.terms.items():
            for b, two in right.terms.items():
                key = tuple(sorted(a + b))
                out[key] = out.get(key, 0.0) + one * two
        self.work += len(left.terms) * len(right.terms)
        self.commuting({i for key in out if len(key) > 1 for i in key})
        size = BOTH_VARY * left.size * right.size + left.size * right.constant + left.constant * right.size
        return Form(out, size, left.constant * right.constant)

    def commuting(self, entries: Iterable[int]) -> None:
        start = 2 * self.n
        variances = np.diagonal(self.fixed[0])
        share = min(COMMUTES, sqrt(self.arithmetic.epsilon))
        for entry in sorted(set(entries) - set(self.products)):
            others = [i - start for i in self.products]
            sizes = np.sqrt((variances[entry - start] * variances[others]).astype(float))
            if (np.abs(self.fixed[1, entry - start, others].astype(float)) > share * sizes + ROUNDING).any():
                self.refusal = "operators that do not commute enter products (positions and momenta of one mode)"
            self.products.append(entry)

    def polynomial(self, polynomial: Polynomial, positions: Mapping[int, Form]) -> Form:
        """Return a polynomial in results and positions as a polynomial in the vector."""
        out = Form({}, 0.0, 0.0)
        for key, coefficient in polynomial.terms.items():
            term = self.constant(coefficient)
            for variable, power in key:
                factor = self.results[variable] if isinstance(variable, str) else positions[variable]
                for _ in range(power):
                    term = self.product(term, factor)
            add_terms(out.terms, term.terms)
            out.size, out.constant = out.size + term.size, out.constant + term.constant
        return out

    def constant(self, value: float) -> Form:
        return Form({(): self.arithmetic.number(value)}, 0.0, abs(value))

    def value(self, parameter: ops.Parameter) -> Form:
        return self.polynomial(parameter, {}) if isinstance(parameter, Polynomial) else self.constant(parameter)

    def apply(self, op: ops.Operation) -> str | None:
        refusal = RULES[type(op)](self, op)
        return refusal or self.refusal

    # --- rules -------------------------------------------------------------------------------------------------------

    def prepare(self, op: ops.Operation) -> None:
        self.fresh(op.modes[0], *self.prepared(op))
        if isinstance(op, ops.PrepareCubic):
            self.power(op, 3, op.gamma)

    def gaussian(self, op: ops.Operation) -> str | None:
        given = [v for v in op.parameters().values() if isinstance(v, Polynomial)]
        if not given:
            modes, matrix = self.arithmetic.symplectic(op)
            self.linear([*modes, *(self.n + m for m in modes)], matrix)
            return None
        if isinstance(op, ops.Shear):
            self.power(op, 2, op.s)
            return None
        if isinstance(op, ops.ControlledZ):
            a, b = op.modes
            strength = self.value(op.s)
            x = {m: self.quadrature(m) for m in op.modes}
            self.add(self.n + a, self.product(strength, x[b]))
            self.add(self.n + b, self.product(strength, x[a]))
            return None
        return "its strength depends on earlier results"

    def displace(self, op: ops.Displacement) -> None:
        (mode,) = op.modes
        self.add(mode, self.value(op.x))
        self.add(self.n + mode, self.value(op.p))

    def power(self, op: ops.Operation, order: int, strength: ops.Parameter) -> None:
        """Apply ``p -> p + strength x^{order-1}``."""
        (mode,) = op.modes
        x = self.quadrature(mode)
        term = self.value(strength)
        for _ in range(order - 1):
            term = self.product(term, x)
        self.add(self.n + mode, term)

    def phase(self, op: ops.PolynomialPhase) -> None:
        x = {m: self.quadrature(m) for m in op.modes}
        for mode in op.modes:
            self.add(self.n + mode, self.polynomial(op.polynomial.derivative(mode), x))

    def loss(self, op: ops.Loss | ops.ThermalLoss) -> None:
        (mode,) = op.modes
        at = [mode, self.n + mode]
        eta = self.arithmetic.number(op.eta)
        keep = self.arithmetic.root(eta)
        self.live[:, at] *= keep
        self.live[:, :, at] *= keep
        self.added[at, : len(self.keys)] *= keep
        added = (1.0 - eta) * VACUUM_VARIANCE
        if isinstance(op, ops.ThermalLoss):
            added *= 2.0 * self.arithmetic.number(op.nbar) + 1.0
        self.live[0, at, at] += added
        self.magnitude[at] = op.eta * self.magnitude[at] + (float(added), 0.0)
        self.live[1, mode, self.n + mode] += 1.0 - eta  # the commutator of the environment's quadratures
        self.live[1, self.n + mode, mode] -= 1.0 - eta

    def add_noise(self, op: ops.DisplacementNoise) -> None:
        (mode,) = op.modes
        for at, variance in ((mode, op.x_variance), (self.n + mode, op.p_variance)):
            self.live[0, at, at] += self.arithmetic.number(variance)
            self.magnitude[at, 0] += variance

    def homodyne(self, op: ops.Homodyne) -> None:
        (mode,) = op.modes
        c, s = self.arithmetic.cos_sin(op.angle)
        if s == 0.0 or abs(c) < 1e-15:  # an angle of pi / 2 in float64 means p
            at, sign = (mode, c) if s == 0.0 else (self.n + mode, s)
            form = self.quadrature(at)
        else:
            self.linear([mode, self.n + mode], np.array([[c, s], [-s, c]]))
            form, sign = self.quadrature(mode), 1.0
        self.results[op.result] = replace(form, terms={key: sign * value for key, value in form.terms.items()})


def add_terms(into: Terms, terms: Terms, factor: float = 1.0) -> None:
    """Add a polynomial to another in place."""
    for key, value in terms.items():
        into[key] = into.get(key, 0.0) + factor * value


RULES: dict[type[ops.Operation], Callable[[Any, Any], str | None]] = {
    ops.PrepareVacuum: Book.prepare,
    ops.PrepareSqueezed: Book.prepare,
    ops.PrepareCubic: Book.prepare,
    ops.Rotation: Book.gaussian,
    ops.Squeeze: Book.gaussian,
    ops.Shear: Book.gaussian,
    ops.Displacement: Book.displace,
    ops.BeamSplitter: Book.gaussian,
    ops.ControlledX: Book.gaussian,
    ops.ControlledZ: Book.gaussian,
    ops.Interferometer: Book.gaussian,
    ops.PolynomialPhase: Book.phase,
    ops.CubicPhase: lambda book, op: book.power(op, 3, op.gamma),
    ops.PhasePower: lambda book, op: book.power(op, op.order, op.strength),
    **dict.fromkeys(ops.STATES, lambda book, op: f"{type(op).__name__} is neither Gaussian nor made by phases"),
    ops.CrossKerr: lambda book, op: "a cross-Kerr gate is not polynomial in the quadratures",
    ops.PostSelect: lambda book, op: "a chosen outcome conditions the state, but these moments are unconditional",
    ops.PhotonCount: lambda book, op: "a photon count is not a quadrature",
    ops.DisplacementReadout: lambda book, op: "its modes are left in a state that phases cannot make",
    ops.Kerr: lambda book, op: "a Kerr gate is not polynomial in the quadratures",
    ops.Homodyne: Book.homodyne,
    ops.Loss: Book.loss,
    ops.ThermalLoss: Book.loss,
    ops.DisplacementNoise: Book.add_noise,
    ops.Dephasing: lambda book, op: "dephasing mixes x and p at random",
}
"""What each operation does; total over `compiler.ir.operations.OPERATIONS`."""

r"""Means and covariances of readouts in closed form: no sampling, any number of modes, loss and feed-forward included.

In the Heisenberg picture a readout is a polynomial in Gaussian operators: its linear part, and products of positions
that entered phase gates. The linear parts, and copies of the positions that phases used, form one Gaussian vector with
a known covariance matrix, which loss and noise only scale and add to. If all operators that occur in products commute
with each other, the Weyl symbol of the readout is that same polynomial, and so is that of a product of two readouts
(the Moyal corrections contract second derivatives, which involve the commuting operators only). Means and covariances
are then those of a polynomial in jointly normal variables: L. Isserlis, Biometrika 12, 134 (1918).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import cos, exp, sin, sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import symplectic
from compiler.typing import Array

Terms = dict[tuple[int, ...], float]
"""A polynomial in the entries of the Gaussian vector: sorted indices with repetition -> coefficient."""

ADVICE = "sample instead, or run the source (--logical)"

MAX_PAIRS = 3_000_000
"""Largest number of pairs of monomials that a covariance of polynomials above degree 2 may take."""

MAX_WORK = 400_000_000
"""Largest number of pairs of quadratic monomials, over all pairs of readouts."""

COMMUTES = 1e-10
"""Commutators below this share of the operators' deviations change no moment by more than its rounding."""

ROUNDING = 1e-14
"""Commutators below this are rounding, whatever the deviations."""


class NoClosedFormError(InputError):
    """The moments have no closed form by this method; the message names the operation."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Joint first and second moments of readouts.

    Attributes
    ----------
    names : tuple of str
    mean : array, shape (m,)
    cov : array, shape (m, m)
        Symmetrised covariances.
    gaussian : bool
        Whether the joint law is normal, so that the moments say all.
    """

    names: tuple[str, ...]
    mean: Array
    cov: Array
    gaussian: bool

    def of(self, name: str) -> tuple[float, float]:
        """Mean and variance of one readout."""
        i = self.names.index(name)
        return float(self.mean[i]), float(self.cov[i, i])


def prepared_variances(op: ops.Operation) -> tuple[float, float]:
    """Variances of x and p that a preparation starts with (`PrepareCubic`: before its cubic gate).

    >>> prepared_variances(ops.PrepareVacuum((0,)))
    (1.0, 1.0)
    """
    r = op.r if isinstance(op, ops.PrepareSqueezed) else -op.r if isinstance(op, ops.PrepareCubic) else 0.0
    return VACUUM_VARIANCE * exp(-2.0 * r), VACUUM_VARIANCE * exp(2.0 * r)


def moments(
    circuit: Circuit,
    answers: Mapping[str, Polynomial] | None = None,
    prepared: Callable[[ops.Operation], tuple[float, float]] = prepared_variances,
) -> Moments:
    """Mean and covariance of all readouts, and of further polynomials in them, in closed form.

    Parameters
    ----------
    circuit : Circuit
        Logical or native, with or without noise. Modes that nothing prepares start in the vacuum.
    answers : mapping from name to Polynomial
        Polynomials in the names of the readouts, listed after them.
    prepared : callable
        Variances of x and p of a prepared state; `simulations.programs.budget` switches noise off with it.

    Raises
    ------
    NoClosedFormError
        If operators that do not commute enter products, for dephasing and Kerr gates, and if there are too many terms.

    Examples
    --------
    >>> from math import pi
    >>> from compiler.ir.polynomial import Polynomial
    >>> state = tuple(ops.PrepareSqueezed((m,), -0.5) for m in range(3))
    >>> edge, loss = ops.phase(Polynomial.monomial((0, 1, 2), 0.3)), tuple(ops.Loss((m,), 0.9) for m in range(3))
    >>> mean, variance = moments(Circuit(3, (*state, edge, *loss, ops.Homodyne((0,), pi / 2, "p")))).of("p")
    >>> round(variance, 6)
    1.029605
    """
    require_bound(circuit)
    book = _Book(circuit, prepared)
    with np.errstate(all="ignore"):
        for index, op in enumerate(circuit.operations):
            if refusal := book.apply(op):
                raise NoClosedFormError(f"operation {index} {op}: moments have no closed form: {refusal}; {ADVICE}")
        listed = {name: book.results[name] for name in circuit.results}
        for name, polynomial in (answers or {}).items():
            listed[name] = book.polynomial(polynomial, {})
            if refusal := book.refusal:
                raise NoClosedFormError(f"{name}: moments have no closed form: {refusal}; {ADVICE}")
        polys = list(listed.values())
        mean, cov = book.joint(polys)
    if not (np.isfinite(mean).all() and np.isfinite(cov).all()):
        raise NoClosedFormError("moments overflow float64; scale weights, shifts or squeezing of the circuit down")
    return Moments(tuple(listed), mean, cov, all(len(key) < 2 for terms in polys for key in terms))


def require_bound(circuit: Circuit) -> None:
    """Raise InputError if a circuit has symbols, which need values before it is run."""
    if circuit.symbols:
        raise InputError(f"symbols {list(circuit.symbols)} need values before the circuit is run; bind them")


class _Book:
    """The Gaussian vector (first the current x and p of all modes, then copies) and polynomials in it.

    ``live[0]`` and ``live[1]`` hold the covariances and the commutators (over i hbar) of current quadratures with all
    entries, ``fixed`` those of copies with each other; ``added`` the polynomials that phases and displacements added to
    the quadratures, one row each, by the monomials of ``keys``.
    """

    def __init__(self, circuit: Circuit, prepared: Callable[[ops.Operation], tuple[float, float]]) -> None:
        self.n, self.prepared = circuit.modes, prepared
        self.copies = 0
        self.live = np.zeros((2, 2 * self.n, 2 * self.n + 64))
        self.fixed = np.zeros((2, 64, 64))
        self.keys: list[tuple[int, ...]] = []
        self.column: dict[tuple[int, ...], int] = {}
        self.added = np.zeros((2 * self.n, 64))
        self.results: dict[str, Terms] = {}
        self.products: list[int] = []
        self.refusal: str | None = None
        for mode in range(self.n):
            self.fresh(mode, VACUUM_VARIANCE, VACUUM_VARIANCE)

    def fresh(self, mode: int, x_variance: float, p_variance: float) -> None:
        x, p = at = [mode, self.n + mode]
        self.live[:, at, :] = self.live[:, :, at] = 0.0
        self.live[0, at, at] = x_variance, p_variance
        self.live[1, x, p], self.live[1, p, x] = 1.0, -1.0
        self.added[at] = 0.0

    def copy_of(self, at: int) -> int:
        """Append a copy of a current quadrature to the vector; returns its index."""
        if self.copies == self.fixed.shape[1]:
            room = self.copies + max(64, self.copies // 4)
            fixed = np.zeros((2, room, room))
            fixed[:, : self.copies, : self.copies] = self.fixed
            self.live = np.concatenate([self.live, np.zeros((2, 2 * self.n, room - self.copies))], axis=2)
            self.fixed = fixed
        start, new = 2 * self.n, self.copies
        row = self.live[:, at, start : start + new]
        self.fixed[:, new, :new] = row
        self.fixed[0, :new, new], self.fixed[1, :new, new] = row[0], -row[1]
        self.fixed[0, new, new] = self.live[0, at, at]
        self.live[:, :, start + new] = self.live[:, :, at]
        self.copies += 1
        return start + new

    def linear(self, at: list[int], matrix: Array) -> None:
        """``v[at] -> matrix v[at]`` for the vector and its polynomials."""
        self.live[:, at, :] = matrix @ self.live[:, at, :]
        self.live[:, :, at] = self.live[:, :, at] @ matrix.T
        used = len(self.keys)
        self.added[at, :used] = matrix @ self.added[at, :used]

    def add(self, at: int, terms: Terms) -> None:
        """Add a polynomial to a quadrature."""
        for key, value in terms.items():
            if key not in self.column:
                if len(self.keys) == self.added.shape[1]:
                    self.added = np.concatenate([self.added, np.zeros_like(self.added)], axis=1)
                self.column[key] = len(self.keys)
                self.keys.append(key)
            self.added[at, self.column[key]] += value

    def quadrature(self, at: int) -> Terms:
        """A current quadrature as a polynomial: a copy of it, plus what phases and displacements added."""
        out: Terms = {(self.copy_of(at),): 1.0}
        row = self.added[at, : len(self.keys)]
        _add(out, {self.keys[i]: float(row[i]) for i in np.flatnonzero(row)})
        return out

    def product(self, left: Terms, right: Terms) -> Terms:
        out: Terms = {}
        for a, one in left.items():
            for b, two in right.items():
                key = tuple(sorted(a + b))
                out[key] = out.get(key, 0.0) + one * two
        self.commuting({i for key in out if len(key) > 1 for i in key})
        return out

    def commuting(self, entries: Iterable[int]) -> None:
        start = 2 * self.n
        variances = np.diagonal(self.fixed[0])
        for entry in sorted(set(entries) - set(self.products)):
            others = [i - start for i in self.products]
            sizes = np.sqrt(variances[entry - start] * variances[others])
            if (np.abs(self.fixed[1, entry - start, others]) > COMMUTES * sizes + ROUNDING).any():
                self.refusal = "operators that do not commute enter products (positions and momenta of one mode)"
            self.products.append(entry)

    def polynomial(self, polynomial: Polynomial, positions: Mapping[int, Terms]) -> Terms:
        """A polynomial in results and positions as a polynomial in the vector."""
        out: Terms = {}
        for key, coefficient in polynomial.terms.items():
            term: Terms = {(): coefficient}
            for variable, power in key:
                factor = self.results[variable] if isinstance(variable, str) else positions[variable]
                for _ in range(power):
                    term = self.product(term, factor)
            _add(out, term)
        return out

    def value(self, parameter: ops.Parameter) -> Terms:
        return self.polynomial(parameter, {}) if isinstance(parameter, Polynomial) else {(): float(parameter)}

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
            modes, matrix = symplectic([op])
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
        """``p -> p + strength x^{order-1}``."""
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
        self.linear(at, sqrt(op.eta) * np.eye(2))
        quanta = op.nbar if isinstance(op, ops.ThermalLoss) else 0.0
        self.live[0, at, at] += (1.0 - op.eta) * (2.0 * quanta + 1.0) * VACUUM_VARIANCE
        self.live[1, mode, self.n + mode] += 1.0 - op.eta  # the commutator of the environment's quadratures
        self.live[1, self.n + mode, mode] -= 1.0 - op.eta

    def add_noise(self, op: ops.DisplacementNoise) -> None:
        (mode,) = op.modes
        self.live[0, mode, mode] += op.x_variance
        self.live[0, self.n + mode, self.n + mode] += op.p_variance

    def homodyne(self, op: ops.Homodyne) -> None:
        (mode,) = op.modes
        c, s = cos(op.angle), sin(op.angle)
        if s == 0.0 or abs(c) < 1e-15:
            at, sign = (mode, c) if s == 0.0 else (self.n + mode, s)
            terms = self.quadrature(at)
        else:
            self.linear([mode, self.n + mode], np.array([[c, s], [-s, c]]))
            terms, sign = self.quadrature(mode), 1.0
        self.results[op.result] = {key: sign * value for key, value in terms.items()}

    # --- moments -----------------------------------------------------------------------------------------------------

    def joint(self, polys: list[Terms]) -> tuple[Array, Array]:
        start = 2 * self.n
        g = self.fixed[0]
        polys = [{tuple(i - start for i in key): value for key, value in terms.items()} for terms in polys]
        expect = partial(_expectation, {}, g)
        parts = [_Parts(terms) for terms in polys]
        if sum(len(p.weights) for p in parts) ** 2 > MAX_WORK:
            raise NoClosedFormError(f"moments have no closed form: too many terms; {ADVICE}")
        mean = [p.constant + float(p.weights @ g[p.left, p.right]) for p in parts]
        mean = [m + sum(v * expect(key) for key, v in p.high.items()) for m, p in zip(mean, parts, strict=True)]
        cov = np.zeros((len(polys), len(polys)))
        for i, one in enumerate(parts):
            for j, two in enumerate(parts[i:], start=i):
                # Cov(v_a v_b, v_c v_d) = G_ac G_bd + G_ad G_bc
                both = g[np.ix_(one.left, two.left)] * g[np.ix_(one.right, two.right)]
                both += g[np.ix_(one.left, two.right)] * g[np.ix_(one.right, two.left)]
                value = float(one.slope @ g[np.ix_(one.at, two.at)] @ two.slope + one.weights @ both @ two.weights)
                if one.high or two.high:
                    value += _beyond_quadratic(polys[i], polys[j], expect)
                cov[i, j] = cov[j, i] = value
        return np.array(mean), cov


class _Parts:
    """A polynomial by degree: constant, ``slope . v[at]``, ``sum weights v[left] v[right]``, and the rest."""

    def __init__(self, terms: Terms) -> None:
        self.constant = terms.get((), 0.0)
        linear = [(key[0], value) for key, value in terms.items() if len(key) == 1]
        self.at, self.slope = [i for i, _ in linear], np.array([v for _, v in linear])
        quadratic = [(*key, value) for key, value in terms.items() if len(key) == 2]
        self.left, self.right = [a for a, _, _ in quadratic], [b for _, b, _ in quadratic]
        self.weights = np.array([v for _, _, v in quadratic])
        self.high = {key: value for key, value in terms.items() if len(key) > 2 and value != 0.0}


def _beyond_quadratic(left: Terms, right: Terms, expect: Callable[[tuple[int, ...]], float]) -> float:
    """Covariance from all pairs of monomials of which one has a degree above 2."""
    if len(left) * len(right) > MAX_PAIRS:
        raise NoClosedFormError(f"moments have no closed form: too many terms; {ADVICE}")
    return sum(
        one * two * (expect(tuple(sorted(a + b))) - expect(a) * expect(b))
        for a, one in left.items()
        for b, two in right.items()
        if len(a) > 2 or len(b) > 2
    )


def _expectation(known: dict[tuple[int, ...], float], g: Array, key: tuple[int, ...]) -> float:
    """``E[v_i v_j ..]`` of a centred Gaussian vector: the sum over pairings."""
    if len(key) % 2:
        return 0.0
    if not key:
        return 1.0
    if key not in known:
        first, rest = key[0], key[1:]
        known[key] = sum(
            float(g[first, other]) * _expectation(known, g, rest[:i] + rest[i + 1 :])
            for i, other in enumerate(rest)
            if g[first, other] != 0.0
        )
    return known[key]


def _add(into: Terms, terms: Terms, factor: float = 1.0) -> None:
    for key, value in terms.items():
        into[key] = into.get(key, 0.0) + factor * value


RULES: dict[type[ops.Operation], Callable[[Any, Any], str | None]] = {
    ops.PrepareVacuum: _Book.prepare,
    ops.PrepareSqueezed: _Book.prepare,
    ops.PrepareCubic: _Book.prepare,
    ops.Rotation: _Book.gaussian,
    ops.Squeeze: _Book.gaussian,
    ops.Shear: _Book.gaussian,
    ops.Displacement: _Book.displace,
    ops.BeamSplitter: _Book.gaussian,
    ops.ControlledX: _Book.gaussian,
    ops.ControlledZ: _Book.gaussian,
    ops.Interferometer: _Book.gaussian,
    ops.PolynomialPhase: _Book.phase,
    ops.CubicPhase: lambda book, op: book.power(op, 3, op.gamma),
    ops.PhasePower: lambda book, op: book.power(op, op.order, op.strength),
    **dict.fromkeys(ops.STATES, lambda book, op: f"{type(op).__name__} is neither Gaussian nor made by phases"),
    ops.CrossKerr: lambda book, op: "a cross-Kerr gate is not polynomial in the quadratures",
    ops.PostSelect: lambda book, op: "a chosen outcome conditions the state, and moments here are unconditional",
    ops.PhotonCount: lambda book, op: "a photon count is not a quadrature",
    ops.Kerr: lambda book, op: "a Kerr gate is not polynomial in the quadratures",
    ops.Homodyne: _Book.homodyne,
    ops.Loss: _Book.loss,
    ops.ThermalLoss: _Book.loss,
    ops.DisplacementNoise: _Book.add_noise,
    ops.Dephasing: lambda book, op: "dephasing mixes x and p at random",
}
"""What each operation does; total over `compiler.ir.operations.OPERATIONS`."""

r"""Gaussian circuits as channels on means and covariances, with noise, readouts and linear feed-forward.

Every quadrature and every result is a linear combination of the input's quadratures, of independent normal variables of
variance 1 (two per prepared mode and per noise channel) and of 1. Gates act on these rows as on points, so a circuit of
n modes takes means to ``X mean + d`` and covariances to ``X cov X^T + Y``, where X and d are the columns of the inputs
and of 1, and ``Y = N N^T`` for the columns N of the noise. A result is the row of its quadrature (deferred
measurement), and a displacement that is linear in results adds their rows. What is left at the end fixes the channel.

Post-selection conditions the normal distribution of all rows. The inputs are then rows as well, with variance 1: a
Gaussian map is fixed by what it does to one distribution that reaches every input, and by the probability density of
what is selected there.

A displacement that is read has a column of its own, beside those of the inputs, and its exponent is an output
(`compiler.semantics.readouts.channels`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics import phase_space
from compiler.semantics.phase_space import displace, exponent, rotated
from compiler.semantics.points import squeezed, squeezing
from compiler.semantics.readouts.exponents import EXPONENT, displacement_results
from compiler.typing import AnyArray


class NotGaussianError(Exception):
    """The circuit is not a Gaussian channel."""


@dataclass(frozen=True, slots=True)
class GaussianChannel:
    """The outputs of a Gaussian circuit as rows.

    Attributes
    ----------
    names : tuple of str
        ``x_m`` and ``p_m`` of modes that exist at the end, then results of homodyne measurements; then ``x of n`` and
        ``p of n`` for every photon count n, and the exponents of displacement readouts.
    counts : tuple of str
        Results that are photon numbers.
    mean : array, shape (outputs,)
    rows : array, shape (outputs, 2 n + reads + noise)
        Coefficients of the inputs (x_0 .. x_{n-1}, p_0 .. p_{n-1}), of displacements that are read, and of the noise.
        An exponent has a noise of its own, of variance 1, so that no output is a combination of others.
    input_mean, input_rows : array, shape (2 n + reads,) and (2 n + reads, 2 n + reads + noise)
        The inputs and the read displacements: zero and the identity, unless something was post-selected.
    density : float or mpmath number
        Logarithm of the probability density of what is post-selected, for inputs of variance 1; 0 if nothing is.
    growth : float
        Largest intermediate number; infinite if it overflows.
    reads : tuple of str
        Results of displacement readouts, in order of time.
    kicks : mapping from str to int
        The column of each displacement that is read, in this circuit or in the one that it is compared with.
    pi : float or mpmath number
    """

    names: tuple[str, ...]
    counts: tuple[str, ...]
    mean: AnyArray
    rows: AnyArray
    input_mean: AnyArray
    input_rows: AnyArray
    density: Any
    growth: float
    reads: tuple[str, ...]
    kicks: Mapping[str, int]
    pi: Any

    @property
    def inputs(self) -> int:
        """Number of input quadratures, 2 n, and of displacements that are read."""
        return len(self.input_mean)


def gaussian_channel(
    circuit: Circuit,
    kept: tuple[int, ...],
    results: tuple[str, ...],
    symbols: Mapping[str, float],
    digits: int | None,
    reads: tuple[str, ...] | None = None,
) -> GaussianChannel:
    """Return the channel of a Gaussian circuit.

    Parameters
    ----------
    circuit : Circuit
    kept : tuple of int
        Modes whose quadratures are outputs.
    results : tuple of str
        Results that are outputs.
    symbols : mapping from name to float
        Values of the circuit's symbols, and of outcomes of displacement readouts that operations depend on.
    digits : int or None
        Precision of the rows; None for float64.
    reads : tuple of str, optional
        Results of displacement readouts that have columns; by default those of this circuit.

    Raises
    ------
    NotGaussianError
        If an operation is not Gaussian, or depends on results in any other way than a displacement linear in them; or
        if displacements are read and outcomes selected.

    Examples
    --------
    >>> lossy = gaussian_channel(Circuit(1, (ops.Loss((0,), 0.25),)), (0,), (), {}, None)
    >>> lossy.names, lossy.rows.round(3).tolist()
    (('x_0', 'p_0'), [[0.5, 0.0, 0.866, 0.0], [0.0, 0.5, 0.0, 0.866]])
    """
    made = _Rows(circuit, symbols, digits, displacement_results(circuit) if reads is None else reads)
    with np.errstate(all="ignore"):  # numbers that float64 cannot hold count as different
        for op in circuit.operations:
            made.apply(op)
        return made.channel(kept, results)


class _Rows:
    """The rows of all quadratures while operations are applied; column 0 is the mean."""

    def __init__(
        self, circuit: Circuit, symbols: Mapping[str, float], digits: int | None, reads: tuple[str, ...]
    ) -> None:
        noise = 2 * sum(isinstance(op, (*ops.PREPARATIONS, *ops.NOISE)) for op in circuit.operations)
        self.n, self.symbols, self.exact = circuit.modes, symbols, digits is not None
        self.inputs = 2 * self.n + len(reads)
        zeros = self.array(np.zeros((2 * self.n, 1 + self.inputs + noise + len(reads))))
        zeros[:, 1 : 1 + 2 * self.n] += self.array(np.eye(2 * self.n))
        self.x, self.p = zeros[: self.n], zeros[self.n :]
        self.kicks = {name: 2 * self.n + place for place, name in enumerate(reads)}
        self.exponents: dict[str, AnyArray] = {}
        self.free = 1 + self.inputs
        self.constants = {name: self.array(np.array([value])) for name, value in symbols.items()}
        self.results: dict[str, AnyArray] = {}
        self.counted: dict[str, tuple[AnyArray, AnyArray]] = {}
        self.selected: list[tuple[AnyArray, float]] = []
        self.growth = 1.0

    def array(self, values: AnyArray) -> AnyArray:
        """Return numbers in the precision of the rows."""
        if not self.exact:
            return np.asarray(values, dtype=float)
        import mpmath

        made: AnyArray = np.frompyfunc(mpmath.mpf, 1, 1)(values)
        return made

    def number(self, value: float) -> Any:
        """Return one number in the precision of the rows."""
        return self.array(np.array([value]))[0]

    def apply(self, op: ops.Operation) -> None:
        """Apply one operation."""
        match op:
            case ops.PrepareVacuum() | ops.PrepareSqueezed() | ops.PrepareCubic():
                self.prepare(op)
            case ops.Homodyne() | ops.PostSelect() | ops.PhotonCount():
                self.read(op)
            case ops.DisplacementReadout():
                self.read_displacement(op)
            case ops.Loss() | ops.ThermalLoss() | ops.DisplacementNoise():
                self.add_noise(op)
            case ops.Displacement():
                (m,) = op.modes
                self.x[m], self.p[m] = self.x[m] + self.linear(op.x), self.p[m] + self.linear(op.p)
            case ops.PolynomialPhase():
                kicks = [(mode, self.linear(op.polynomial.derivative(mode))) for mode in op.modes]
                for mode, kick in kicks:
                    self.p[mode] = self.p[mode] + kick
            case ops.CubicPhase():
                self.power(op.modes[0], 3, op.gamma)
            case ops.PhasePower():
                self.power(op.modes[0], op.order, op.strength)
            case _:
                rule = phase_space.RULES[type(op)]
                if isinstance(rule, str) or not self.symbols.keys() >= ops.used(op):
                    raise NotGaussianError
                rule(op, self.x, self.p, self.constants)
        for mode in op.modes:
            largest = float(max(np.max(abs(self.x[mode])), np.max(abs(self.p[mode]))))
            self.growth = float("inf") if np.isnan(largest) else max(self.growth, largest)

    def prepare(self, op: ops.Operation) -> None:
        """Prepare a squeezed vacuum, or a cubic state of strength 0."""
        if isinstance(op, ops.PrepareCubic) and op.gamma != 0.0:
            raise NotGaussianError
        (m,) = op.modes
        self.x[m], self.p[m] = squeezed(*self.fresh(), squeezing(op))

    def read(self, op: ops.Homodyne | ops.PostSelect | ops.PhotonCount) -> None:
        """Record the end of a mode."""
        (m,) = op.modes
        if isinstance(op, ops.PhotonCount):
            self.counted[op.result] = self.x[m].copy(), self.p[m].copy()
        elif isinstance(op, ops.Homodyne):
            self.results[op.result] = rotated(self.x[m], self.p[m], op.angle)
        else:
            self.selected.append((rotated(self.x[m], self.p[m], op.angle), op.value))

    def read_displacement(self, op: ops.DisplacementReadout) -> None:
        """Record a displacement readout: its exponent, with an independent noise, and what it does to the modes.

        The modes are moved by half of the displacement, and the readout's own column holds the whole displacement.
        """
        row = exponent(op, self.x, self.p)
        row[self.free] += 1
        self.free += 1
        self.exponents[op.result] = row
        moved = self.array(np.zeros(self.x.shape[1]))
        moved[0], moved[1 + self.kicks[op.result]] = self.number(0.5), self.number(1.0)
        displace(op, moved, self.x, self.p)

    def add_noise(self, op: ops.Loss | ops.ThermalLoss | ops.DisplacementNoise) -> None:
        """Apply loss into an environment, or random displacements."""
        (m,) = op.modes
        x, p = self.fresh()
        if isinstance(op, ops.DisplacementNoise):
            self.x[m] = self.x[m] + x * self.root(op.x_variance)
            self.p[m] = self.p[m] + p * self.root(op.p_variance)
            return
        kept, lost = self.root(op.eta), self.root(1 - self.number(op.eta))
        if isinstance(op, ops.ThermalLoss):
            lost = lost * self.root(2 * self.number(op.nbar) + 1)
        self.x[m], self.p[m] = self.x[m] * kept + x * lost, self.p[m] * kept + p * lost

    def fresh(self) -> tuple[AnyArray, AnyArray]:
        """Return two new independent normal variables."""
        rows = self.array(np.zeros((2, self.x.shape[1])))
        rows[0, self.free] += 1
        rows[1, self.free + 1] += 1
        self.free += 2
        return rows[0], rows[1]

    def root(self, value: Any) -> Any:
        """Return the square root of a number >= 0."""
        if not self.exact:
            return np.sqrt(value)
        import mpmath

        return mpmath.sqrt(value)

    def log(self, value: Any) -> Any:
        """Return the natural logarithm of a number > 0."""
        if not self.exact:
            return np.log(value)
        import mpmath

        return mpmath.log(value)

    def power(self, mode: int, order: int, strength: ops.Parameter) -> None:
        """Apply p -> p + strength x^(order - 1)."""
        kick = self.linear(strength)
        if order == 1:
            self.p[mode] = self.p[mode] + kick
        elif order == 2 and not np.any(kick[1:]):
            self.p[mode] = self.p[mode] + self.x[mode] * kick[0]
        elif np.any(kick):
            raise NotGaussianError

    def linear(self, value: Any) -> AnyArray:
        """Return the row of a polynomial that is linear in positions and results, at the values of the symbols."""
        row = self.array(np.zeros(self.x.shape[1]))
        if not isinstance(value, Polynomial):
            row[0] += self.number(value)
            return row
        for key, coefficient in value.terms.items():
            factor, rows = self.number(coefficient), []
            for variable, power in key:
                if isinstance(variable, str) and variable in self.symbols:
                    factor = factor * self.constants[variable][0] ** power
                else:
                    rows += [variable] * power
            if len(rows) > 1 or any(variable in self.counted for variable in rows):
                raise NotGaussianError
            if not rows:
                row[0] += factor
            elif isinstance(rows[0], str):
                row = row + self.results[rows[0]] * factor
            else:
                row = row + self.x[rows[0]] * factor
        return row

    def channel(self, kept: tuple[int, ...], results: tuple[str, ...]) -> GaussianChannel:
        """Return the outputs, conditioned on what was post-selected."""
        named = {f"{q}_{m}": rows[m] for m in kept for q, rows in (("x", self.x), ("p", self.p))}
        named |= {name: self.results[name] for name in results if name in self.results}
        counts = tuple(name for name in results if name in self.counted)
        for name in counts:
            x, p = self.counted[name]
            named |= {f"x of {name}": x, f"p of {name}": p}
        named |= {EXPONENT + name: self.exponents[name] for name in results if name in self.exponents}
        if self.exponents and self.selected:
            raise NotGaussianError
        unit = np.hstack([np.zeros((self.inputs, 1)), np.eye(self.inputs, self.x.shape[1] - 1)])
        table = np.vstack([*named.values(), self.array(unit)])
        density: Any = 0.0
        for row, value, norm in _orthogonal(self.selected, self.root):
            along = table[:, 1:] @ row
            table[:, 1:] = table[:, 1:] - np.outer(along, row)
            table[:, 0] = table[:, 0] + along * value
            density -= value * value / 2 + self.log(norm) + self.log(2 * pi) / 2
        size = len(named)
        columns = slice(1, self.free)
        return GaussianChannel(
            tuple(named),
            counts,
            table[:size, 0],
            table[:size, columns],
            table[size:, 0],
            table[size:, columns],
            density,
            self.growth,
            tuple(self.exponents),
            self.kicks,
            _pi(self.exact),
        )


def _pi(exact: bool) -> Any:
    if not exact:
        return pi
    import mpmath

    return +mpmath.pi


def _orthogonal(selected: list[tuple[AnyArray, float]], root: Callable[[Any], Any]) -> list[tuple[AnyArray, Any, Any]]:
    """Orthonormalise what is selected: combinations of the normal variables, their values, and their former norms."""
    out: list[tuple[AnyArray, Any, Any]] = []
    for row, value in selected:
        rest, left = row[1:], value - row[0]
        for _ in range(2):  # once more, for what rounding left
            for other, known, _ in out:
                along = rest @ other
                rest, left = rest - other * along, left - along * known
        norm = root(rest @ rest)
        out.append((rest / norm, left / norm, norm))
    return out

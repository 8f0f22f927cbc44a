r"""Programs for trapped ions: hyperedges and phase polynomials as sequences on directions.

One direction of a phase polynomial (`compiler.ions.sequences.powers`) is one `IonGate`: a spin sequence whose
displacements act on all modes of the direction at once, with areas theta u_j. Gates and sequences are all diagonal in
position, so they commute, and on the common region ``|u_r . x| <= X_r`` the errors of sequences that follow one another
on spins that start in ``|0>`` add up at most: ``|prod U_r |0> - e^{i f/hbar} |0>| <= sum_r eps_r``.

An edge of k modes takes ``2^{k-1}`` sequences of a length that depends on the weight, the extent and the error, and not
on the number of modes in the chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ions.extent import GaussianExtent, Interval, state_distance
from compiler.ions.sequences.powers import Direction, directions
from compiler.ions.sequences.synthesis import Synthesised, SynthesisSettings, synthesise
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array


@dataclass(frozen=True, slots=True)
class SpinRotation:
    """``R(polar, azimuth) = exp(-i (polar/2) (cos(azimuth) X + sin(azimuth) Y))`` on the spin."""

    polar: float
    azimuth: float


@dataclass(frozen=True, slots=True)
class SpinDisplacement:
    """``exp(i (sum_j theta_j x_j) sigma_z)``: one pulse that kicks several modes; ``areas`` are the theta_j by mode."""

    modes: tuple[int, ...]
    areas: tuple[float, ...]


Pulse = SpinRotation | SpinDisplacement


@dataclass(frozen=True, slots=True)
class IonGate:
    """One sequence on one direction: ``|0>|psi> -> |0> exp(i f(u . x)) |psi>`` up to the error of ``synthesised``."""

    direction: Direction
    synthesised: Synthesised

    @property
    def modes(self) -> tuple[int, ...]:
        """Modes that the pulses act on."""
        return self.direction.modes

    def pulses(self) -> Iterator[Pulse]:
        """The pulses, first in time first; pulses that do nothing are left out."""
        sequence = self.synthesised.sequence
        if sequence.kick:
            yield self._displacement(sequence.kick)
        for j, (polar, azimuth) in enumerate(zip(sequence.polar, sequence.azimuth, strict=True)):
            if j and sequence.areas[j - 1]:
                yield self._displacement(sequence.areas[j - 1])
            if polar:
                yield SpinRotation(polar, azimuth)

    def _displacement(self, area: float) -> SpinDisplacement:
        return SpinDisplacement(self.modes, tuple(area * u for u in self.direction.vector))


@dataclass(frozen=True, slots=True)
class IonProgram:
    """A phase polynomial as commuting sequences.

    Attributes
    ----------
    polynomial : Polynomial
        f of the gate ``exp(i f(x) / hbar)``.
    extent : Interval or GaussianExtent
    gates : tuple of IonGate
    """

    polynomial: Polynomial
    extent: Interval | GaussianExtent
    gates: tuple[IonGate, ...]

    @property
    def error_bound(self) -> float:
        """Sum of the sequences' sup-norm errors, which bounds the program's where every ``|u_r . x| <= X_r``."""
        return min(2.0, sum(gate.synthesised.error.sup_norm for gate in self.gates))

    @property
    def tail(self) -> float | None:
        """Mass of the state outside that region at most (union bound); None if the extent does not know the state."""
        one = self.extent.tail
        return None if one is None else min(1.0, one * len(self.curved))

    @property
    def state_error_bound(self) -> float | None:
        """`compiler.ions.state_distance` of `error_bound` and `tail`; None if the extent does not know the state."""
        return None if self.tail is None else state_distance(self.error_bound, self.tail)

    @property
    def leak_bound(self) -> float:
        """Bound, in that region, on the probability that some spin is not found in ``|0>`` at the end."""
        return min(1.0, sum(sqrt(gate.synthesised.error.leak) for gate in self.gates) ** 2)

    @property
    def curved(self) -> tuple[IonGate, ...]:
        """The gates that need spin rotations; the others are momentum displacements and exact everywhere."""
        return tuple(gate for gate in self.gates if gate.direction.phase.degree > 1)

    @property
    def displacements(self) -> int:
        """Spin-dependent displacements in all, kicks included."""
        return sum(isinstance(pulse, SpinDisplacement) for gate in self.gates for pulse in gate.pulses())

    @property
    def depth(self) -> int:
        """Pulses on the longest chain of gates that share modes, with as many spins as gates."""
        level: dict[int, int] = {}
        for gate in self.gates:
            end = max((level.get(m, 0) for m in gate.modes), default=0) + sum(1 for _ in gate.pulses())
            level.update(dict.fromkeys(gate.modes, end))
        return max(level.values(), default=0)

    def sampled_error(self, positions: Array) -> float:
        """Return the largest error of the whole program at given positions, from the product of all sequences.

        Parameters
        ----------
        positions : array, shape (points, modes)
            Column j is x_j.
        """
        spin = np.zeros((2, len(positions)), dtype=complex)
        spin[0] = 1.0
        for gate in self.gates:
            s = positions[:, list(gate.modes)] @ np.array(gate.direction.vector)
            p, q = gate.synthesised.sequence.amplitudes(s)
            spin = np.stack([p * spin[0] - q.conj() * spin[1], q * spin[0] + p.conj() * spin[1]])
        ideal = np.exp(1j * self.polynomial.evaluate(dict(enumerate(positions.T))) / HBAR)
        return float(np.hypot(np.abs(spin[0] - ideal), np.abs(spin[1])).max())


def compile_edge(
    modes: tuple[int, ...],
    weight: float,
    extent: float | Interval | GaussianExtent,
    error: float,
    settings: SynthesisSettings | None = None,
) -> IonProgram:
    """Return the hyperedge gate ``exp(i w prod_j x_j / hbar)``; see `compile_to_sequences`.

    Examples
    --------
    >>> program = compile_edge((3, 7), 0.05, 3.0, 2e-2)
    >>> len(program.gates), program.error_bound <= 2e-2
    (2, True)
    """
    return compile_to_sequences(Polynomial.monomial(modes, weight), extent, error, settings)


def compile_to_sequences(
    polynomial: Polynomial,
    extent: float | Interval | GaussianExtent,
    error: float,
    settings: SynthesisSettings | None = None,
) -> IonProgram:
    """Compile ``exp(i f(x) / hbar)`` by polarization; use `compile_directions` for a better decomposition.

    Parameters
    ----------
    polynomial : Polynomial
        f, in modes only; its constant part, a global phase, is dropped.
    extent : float, Interval or GaussianExtent
        Where the error is to hold; a float X stands for ``|u . x| <= X``.
    error : float
        Error of the whole program; each sequence gets an equal share.
    settings : SynthesisSettings, optional

    Raises
    ------
    InputError
        If the polynomial has named variables, or the error is not reached.
    """
    constant = polynomial.terms.get((), 0.0)
    return compile_directions(
        polynomial - Polynomial.constant(constant), directions(polynomial), extent, error, settings
    )


def compile_directions(
    polynomial: Polynomial,
    found: tuple[Direction, ...],
    extent: float | Interval | GaussianExtent,
    error: float,
    settings: SynthesisSettings | None = None,
) -> IonProgram:
    """Compile ``exp(i f(x) / hbar)`` along given directions, whose phases must add up to ``f(x) / hbar``.

    Raises
    ------
    InputError
        If they do not (compared at random positions), or the error is not reached.
    """
    region = Interval(extent) if isinstance(extent, int | float) else extent
    _require_sum(polynomial, found)
    share = error / max(1, sum(d.phase.degree > 1 for d in found))
    gates = tuple(IonGate(d, synthesise(d.phase, region.along(d.modes, d.vector), share, settings)) for d in found)
    return IonProgram(polynomial, region, gates)


def _require_sum(polynomial: Polynomial, found: tuple[Direction, ...]) -> None:
    modes = sorted({int(v) for v in polynomial.variables} | {m for d in found for m in d.modes})
    x = np.random.default_rng(0).normal(size=(16, max(modes, default=0) + 1))
    wanted = np.zeros(len(x)) + polynomial.evaluate(dict(enumerate(x.T))) / HBAR
    have = sum((d.phase.value(x[:, list(d.modes)] @ np.array(d.vector)) for d in found), np.zeros(len(x)))
    worst = float(np.abs(have - wanted).max())
    if not worst <= 1e-9 * (1.0 + float(np.abs(wanted).max())):
        raise InputError(
            f"the phases along {len(found)} directions must add up to {polynomial} over hbar, found a difference of "
            f"{worst:.3g} rad; check vectors and strengths"
        )

r"""Follow histories of outcomes that share one set of branches.

The outcomes so far change the amplitudes of the branches, not their displacements: ``psi_h = sum_j r_hj c_j |j>``. A
readout of a displacement D therefore needs the matrix ``<j|D|k>`` once, for all histories, and doubles their number.
Histories part where an operation depends on their results, where a position is read, and where a random angle counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.operations import Operation
from compiler.typing import Array, ComplexArray
from simulations.branches.frames import commutes
from simulations.branches.overlaps import norm_squared, pairs
from simulations.branches.play import Register, apply
from simulations.branches.readouts import PositionDensity, QuadratureDensity, characteristics
from simulations.branches.state import BranchState, Indices

LEAST_PROBABILITY = 1e-13
"""Outcomes of smaller conditional probability count as impossible: float64 cannot distinguish them from 0."""

ROUNDING = 1e-15
"""Squared norms below this share of ``(sum_j |c_j|)^2`` are rounding errors."""

DENSE = 1 << 22
"""Pairs up to which overlaps are kept as a matrix."""

NORM_ERROR = 1e-8
"""Largest error of a probability that is taken as rounding."""

NOBODY: Indices = np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of outcomes, the branches that they share, and the shots that had them.

    Attributes
    ----------
    register : Register
    rows : complex array, shape (h, m)
        Factors on the amplitudes of the register's branches, for each history.
    norms : array, shape (h,)
        Squared norms: probabilities of the bits that were read, given the positions.
    results : mapping from name to array, shape (h,)
    owner, shots : integer arrays, shape (s,)
        The history and the number of each shot.
    turns : mapping from mode to array, shape (s,)
        Random angles, in rad, by which each shot's mode is turned beside its frame.
    """

    register: Register
    rows: ComplexArray
    norms: Array
    results: Mapping[str, Array]
    owner: Indices = field(default_factory=lambda: NOBODY)
    shots: Indices = field(default_factory=lambda: NOBODY)
    turns: Mapping[int, Array] = field(default_factory=dict)

    @classmethod
    def beginning(cls, shots: int = 0) -> Histories:
        """Start before the first readout."""
        one = np.ones((1, 1), complex)
        return cls(Register.empty(), one, np.ones(1), {}, np.zeros(shots, np.intp), np.arange(shots))

    def __len__(self) -> int:
        return len(self.rows)

    # --- parts -------------------------------------------------------------------------------------------------------

    def picked(self, which: Indices) -> Histories:
        """Return the chosen histories, with their shots."""
        place = np.full(len(self), -1, np.intp)
        place[which] = np.arange(len(which))
        mine = place[self.owner] >= 0
        return replace(
            self,
            rows=self.rows[which],
            norms=self.norms[which],
            results={name: values[which] for name, values in self.results.items()},
            owner=place[self.owner[mine]],
            shots=self.shots[mine],
            turns={mode: values[mine] for mode, values in self.turns.items()},
        )

    def divided(self, names: set[str]) -> Iterator[Histories]:
        """Yield the parts with equal values of some results."""
        if not names or len(self) == 1:
            yield self
            return
        values = np.stack([self.results[name] for name in sorted(names)])
        _, group = np.unique(values, axis=1, return_inverse=True)
        for number in range(int(group.max()) + 1):
            yield self.picked(np.flatnonzero(group.ravel() == number))

    def blocks(self, most: int) -> Iterator[Histories]:
        """Yield the parts of at most so many histories."""
        if len(self) <= most:
            yield self
            return
        for start in range(0, len(self), most):
            yield self.picked(np.arange(start, min(len(self), start + most)))

    def singles(self, modes: tuple[int, ...]) -> Iterator[Histories]:
        """Yield one part for every shot, with the shots' random angles of some modes in the frames."""
        for shot in range(len(self.shots)):
            register, history = self.register, self.owner[shot]
            angles = dict(register.angles)
            for mode in modes:
                if mode in self.turns:
                    angles[mode] = angles.get(mode, 0.0) + float(self.turns[mode][shot])
            yield replace(
                self,
                register=replace(register, angles=angles),
                rows=self.rows[history : history + 1],
                norms=self.norms[history : history + 1],
                results={name: values[history : history + 1] for name, values in self.results.items()},
                owner=np.zeros(1, np.intp),
                shots=self.shots[shot : shot + 1],
                turns={m: values[shot : shot + 1] for m, values in self.turns.items() if m not in modes},
            )

    def state(self, history: int) -> BranchState:
        """Return the state of one history."""
        state = self.register.state.scaled(self.rows[history])
        kept = np.flatnonzero(state.amplitudes)
        return state.picked(kept) if len(kept) else state

    # --- operations --------------------------------------------------------------------------------------------------

    def played(self, op: Operation, rng: np.random.Generator | None) -> Iterator[Histories]:
        """Yield the parts after an operation that is no readout; random angles are drawn for every shot."""
        if isinstance(op, ops.Dephasing):
            (mode,) = op.modes
            assert rng is not None
            drawn = np.sqrt(op.variance) * rng.normal(size=len(self.shots)) + self.turns.get(mode, 0.0)
            yield replace(self, turns={**self.turns, mode: drawn}) if op.variance else self
            return
        if isinstance(op, ops.PREPARATIONS):
            turns = {mode: values for mode, values in self.turns.items() if mode not in op.modes}
            parts: Iterator[Histories] = iter([replace(self, turns=turns)])
        elif not commutes(op) and any(mode in self.turns for mode in op.modes):
            parts = self.singles(op.modes)
        else:
            parts = iter([self])
        for given in parts:
            for part in given.divided(ops.used(op)):
                results = {name: float(values[0]) for name, values in part.results.items()}
                yield part.with_register(apply(part.register, op, results))

    def with_register(self, register: Register) -> Histories:
        """Return the same histories after the register has changed; new branches come from packets of new modes."""
        copies = register.state.branches // self.register.state.branches
        return replace(self, register=register, rows=np.repeat(self.rows, copies, axis=1))

    def found(self, op: ops.Homodyne | ops.PostSelect, outcome: float) -> Histories:
        """Return the one history after a position was found, its norm set to 1; the norm is 0 if that is impossible."""
        register = replace(self.register, state=self.state(0)).position_found(op, outcome)
        norm = norm_squared(register.state)
        scale = norm**-0.5 if norm > 0.0 else 1.0
        register = replace(register, state=register.state.scaled(scale))
        turns = {mode: values for mode, values in self.turns.items() if mode not in op.modes}
        rows = np.ones((1, register.state.branches), complex)
        norms = np.ones(1) if norm > 0.0 else np.zeros(1)
        return replace(self, register=register, rows=rows, norms=norms, turns=turns)

    # --- readouts ----------------------------------------------------------------------------------------------------

    def bits_alone(self, op: ops.DisplacementReadout) -> Array:
        """Return ``Re <D>`` of every shot, shape (s,), of a readout after which the state is no longer needed."""
        register, alpha, beta = self.register, np.array(op.alpha), np.array(op.beta)
        if not any(mode in self.turns for mode in op.modes):
            alphas, betas, factors = register.operators(op.modes, alpha, beta, np.zeros((1, len(op.modes))))
            moved = register.state.displaced(alphas[0], betas[0]).scaled(factors[0])
            return (sandwiched(register.state, moved, self.rows, self.norms) / self.norms)[self.owner]
        zero = np.zeros(len(self.shots))
        turns = np.stack([self.turns.get(mode, zero) for mode in op.modes], axis=1)
        found = zero.copy()
        for history in range(len(self)):
            mine = np.flatnonzero(self.owner == history)
            alphas, betas, factors = register.operators(op.modes, alpha, beta, turns[mine])
            found[mine] = (factors * characteristics(self.state(history), alphas, betas)).real / self.norms[history]
        return found

    def read(self, op: ops.DisplacementReadout) -> Histories:
        """Return every history followed by +1, then every history followed by -1; shots stay with their history.

        The modes have no waiting noise and no random angles. Impossible outcomes have the norm 0.
        """
        register, state, h = self.register, self.register.state, len(self)
        turns = np.zeros((1, len(op.modes)))
        alphas, betas, factors = register.operators(op.modes, np.array(op.alpha), np.array(op.beta), turns)
        moved = state.displaced(alphas[0], betas[0]).scaled(factors[0])
        real = sandwiched(state, moved, self.rows, self.norms)
        both = state.joined(moved)
        first, group = both.folding()
        halves = []
        for branches, factors in (
            (slice(0, state.branches), state.amplitudes),
            (slice(state.branches, None), moved.amplitudes),
        ):
            sums = np.zeros((h, len(first)), complex)
            np.add.at(sums.T, group[branches], 0.5 * (self.rows * factors).T)
            halves.append(sums)
        rows = np.concatenate([halves[0] + halves[1], halves[0] - halves[1]])
        norms = 0.5 * np.concatenate([self.norms + real, self.norms - real])
        least = np.maximum(LEAST_PROBABILITY * np.tile(self.norms, 2), ROUNDING * np.abs(rows).sum(axis=1) ** 2)
        norms = np.where(norms > least, norms, 0.0)
        # the shared amplitudes are the largest of any history, of norm 1
        scale = np.where(norms > 0.0, norms, np.inf) ** -0.5
        amplitudes = (np.abs(rows) * scale[:, None]).max(axis=0)
        kept = np.flatnonzero(amplitudes)
        kept = kept if len(kept) else np.arange(1)
        shared = replace(both.picked(first[kept]), amplitudes=amplitudes[kept].astype(complex))
        return replace(
            self,
            register=replace(register, state=shared),
            rows=rows[:, kept] / np.where(amplitudes[kept] > 0.0, amplitudes[kept], 1.0),
            norms=norms,
            results={
                **{name: np.tile(values, 2) for name, values in self.results.items()},
                op.result: np.repeat([1.0, -1.0], h),
            },
        )

    def drawn(self, op: ops.Homodyne, history: int, rng: np.random.Generator) -> Array:
        """Return the outcomes of a homodyne readout for all shots of one history."""
        count = int((self.owner == history).sum())
        if self.register.reads_position(op):
            place, sign, offset = self.register.position_of(op)
            return sign * (PositionDensity.of(self.state(history), place).sample(count, rng) + offset)
        place, a, b, offset = self.register.quadrature_of(op)
        return QuadratureDensity(self.state(history), place, a, b).sample(count, rng) + offset


def sandwiched(bra: BranchState, ket: BranchState, rows: ComplexArray, norms: Array) -> Array:
    """``Re sum_jk conj(r_hj) <j|k> r_hk`` for every row h, where bra and ket have the same number of branches."""
    m = bra.branches
    if m * m <= DENSE:
        matrix = np.zeros((m, m), complex)
        for part in pairs(bra, ket):
            matrix[part.left, part.right] = part.overlaps
        found = ((rows.conj() @ matrix) * rows).sum(axis=1).real
    else:
        found = np.zeros(len(rows))
        for part in pairs(bra, ket):
            for h, row in enumerate(rows):
                found[h] += (row[part.left].conj() * part.overlaps * row[part.right]).sum().real
    if not float((np.abs(found) - norms).max(initial=0.0)) <= NORM_ERROR:
        raise InputError(
            f"|<D>| must be at most the norm within {NORM_ERROR:.0e}, and is larger by "
            f"{float((np.abs(found) - norms).max()):.1e}: float64 does not hold the state; lower the squeezing"
        )
    clipped: Array = np.clip(found, -norms, norms)
    return clipped

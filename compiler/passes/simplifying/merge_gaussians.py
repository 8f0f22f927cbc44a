r"""Merge runs of Gaussian gates and synthesise them again where that saves squeezers or beamsplitters.

A run on a few modes is one symplectic matrix S. A passive run is an interferometer: a rectangular mesh. An active one
is ``S = K_2 D K_1`` with K passive and D one squeezer per mode (Bloch-Messiah): the eigenvectors of ``S^T S`` give K_1.
Where all is real (ControlledX, squeezers, real beamsplitters) the interferometers stay real.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asinh, log

import numpy as np

from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter, Interferometer, Operation, Rotation, Squeeze
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.drop_trivial import is_trivial
from compiler.semantics.phase_space import symplectic
from compiler.typing import Array
from hardware_profiles.schema import Profile

PASSIVE = (Rotation, BeamSplitter, Interferometer)
ACTIVE = (Squeeze, ops.Shear, ops.ControlledX, ops.ControlledZ)

LARGEST_RUN = 12
"""Runs grow to this many modes; a run that contains all modes of a gate takes it in at any size."""

LARGEST_ENTRY = 1e3
"""Runs whose matrix has a larger entry are left alone: float64 does not hold their decomposition."""

REBUILD_TOLERANCE = 1e-13
"""Squeezing below this is rounding; a run that is not rebuilt to this relative error is left as it was."""


@dataclass(frozen=True, slots=True)
class MergeGaussians:
    """Synthesise runs of Gaussian gates again where this saves squeezers or operations and adds neither.

    Whole turns and other gates that do nothing are left out of the runs. Gates that the profile has natively and that
    are not squeezers, rotations or beamsplitters are left alone, and a new squeezer is never stronger than the run's
    strongest or the profile's limit. Profiles without native beamsplitters, squeezers or rotations are left alone.
    """

    name: str = "merge_gaussians"
    guarantee: Guarantee = Guarantee.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Merge the runs."""
        if not all(profile.is_native(name) for name in ("BeamSplitter", "Squeeze", "Rotation")):
            return PassResult(circuit, "the profile lacks a beamsplitter, squeezer or rotation")
        out: list[Operation] = []
        runs = _Runs(out, _squeezing_limit(profile))
        for op in circuit.operations:
            if _joins(op, profile):
                if not is_trivial(op):
                    runs.take(op)
            else:
                runs.close(op.modes)
                out.append(op)
        runs.close(range(circuit.modes))
        return PassResult(circuit.with_operations(tuple(out)), f"synthesised {runs.rebuilt} Gaussian runs again")


def _joins(op: Operation, profile: Profile) -> bool:
    if not isinstance(op, PASSIVE + ACTIVE) or any(isinstance(v, Polynomial) for v in op.parameters().values()):
        return False
    return isinstance(op, Squeeze | Rotation | BeamSplitter) or not profile.is_native(type(op).__name__)


def _squeezing_limit(profile: Profile) -> float:
    allowed = profile.operations["Squeeze"].ranges.get("r")
    return float("inf") if allowed is None else allowed.limit


class _Runs:
    """Open runs on disjoint modes; a closed run goes to ``out``."""

    def __init__(self, out: list[Operation], limit: float) -> None:
        self.out = out
        self.limit = limit
        self.rebuilt = 0
        self.members: dict[int, list[Operation]] = {}  # number of a run -> its gates
        self.modes: dict[int, set[int]] = {}
        self.owner: dict[int, int] = {}
        self.next = 0

    def take(self, op: Operation) -> None:
        touched = sorted({self.owner[m] for m in op.modes if m in self.owner})
        union = set(op.modes).union(*(self.modes[number] for number in touched))
        largest = max([len(op.modes), *(len(self.modes[number]) for number in touched)])
        if len(union) > max(LARGEST_RUN, largest):
            self.close(op.modes)
            touched, union = [], set(op.modes)
        number, self.next = self.next, self.next + 1
        self.members[number] = [gate for old in touched for gate in self.members.pop(old)] + [op]
        for old in touched:
            del self.modes[old]
        self.modes[number] = union
        self.owner.update(dict.fromkeys(union, number))

    def close(self, modes: range | tuple[int, ...]) -> None:
        for number in sorted({self.owner[m] for m in modes if m in self.owner}):
            for mode in self.modes.pop(number):
                del self.owner[mode]
            gates = self.members.pop(number)
            new = resynthesised(gates, self.limit)
            self.rebuilt += new is not gates
            self.out += new


def resynthesised(gates: list[Operation], limit: float = float("inf")) -> list[Operation]:
    """Return an equivalent run with fewer squeezers or operations, and no more of either; else the same list.

    >>> from compiler.ir.operations import ControlledX
    >>> run = [ControlledX((0, 1), 0.3), ControlledX((0, 1), 0.4)]
    >>> [type(op).__name__ for op in resynthesised(run)]
    ['BeamSplitter', 'Squeeze', 'Squeeze', 'BeamSplitter']
    """
    if len(gates) < 2:
        return gates
    count = len({m for op in gates for m in op.modes})
    active = [op for op in gates if isinstance(op, ACTIVE)]
    before = _cost(gates)
    if before[0] == 0 and before[1] < count:  # a tree of beamsplitters cannot be shortened
        return gates
    if before[0] and len(active) < 2:
        return gates
    modes, matrix = symplectic(gates)
    if not np.abs(matrix).max() <= LARGEST_ENTRY:
        return gates
    if not active:
        joined = _interferometer(matrix, modes)
        new = joined if any(isinstance(op, Interferometer) for op in gates) else _meshed(joined)
        return new if _better(new, before) else gates
    try:
        new = _bloch_messiah(matrix, modes)
    except CircuitError:  # stretches too close to 1 to tell from their inverses: an interferometer that is not unitary
        return gates
    strongest = max((_squeezing(op) for op in new), default=0.0)
    if strongest > max(limit, *(_squeezing(op) for op in active)):
        return gates
    if not _better(new, before):
        return gates
    # identities bring in the modes that the new run leaves alone
    _, rebuilt = symplectic([*new, *(Rotation((m,), 0.0) for m in modes)])
    return new if np.abs(rebuilt - matrix).max() <= REBUILD_TOLERANCE * np.abs(matrix).max() else gates


def _better(new: list[Operation], before: tuple[int, int, int]) -> bool:
    """Return whether there are fewer squeezers or fewer operations, and no more of either."""
    squeezers, _, total = _cost(new)
    return squeezers <= before[0] and total <= before[2] and (squeezers, total) != (before[0], before[2])


def _cost(gates: list[Operation]) -> tuple[int, int, int]:
    """Count squeezers, beamsplitters and all operations, once everything is lowered."""
    squeezers = beamsplitters = others = 0
    for op in gates:
        match op:
            case Squeeze():
                squeezers += 1
            case ops.Shear():
                squeezers, others = squeezers + 1, others + 2
            case ops.ControlledX() | ops.ControlledZ():
                squeezers, beamsplitters = squeezers + 2, beamsplitters + 2
            case BeamSplitter():
                beamsplitters += 1
            case Interferometer(modes=modes) if len(modes) <= LARGEST_RUN:
                mesh = rectangular_mesh(np.array(op.matrix, dtype=complex), modes)
                splitters = sum(isinstance(step, BeamSplitter) for step in mesh)
                beamsplitters, others = beamsplitters + splitters, others + len(mesh) - splitters
            case Interferometer(modes=modes):
                beamsplitters += len(modes) * (len(modes) - 1) // 2
            case _:
                others += 1
    return squeezers, beamsplitters, squeezers + beamsplitters + others


def _squeezing(op: Operation) -> float:
    match op:
        case Squeeze(r=float(r)):
            return abs(r)
        case ops.Shear(s=float(s)) | ops.ControlledX(s=float(s)) | ops.ControlledZ(s=float(s)):
            return abs(asinh(s / 2.0))
    return 0.0


def _interferometer(matrix: Array, modes: tuple[int, ...]) -> list[Operation]:
    k = len(modes)
    unitary = matrix[:k, :k] + 1j * matrix[k:, :k]
    if np.abs(unitary - np.eye(k)).max() < REBUILD_TOLERANCE:
        return []
    return [Interferometer(modes, tuple(tuple(complex(z) for z in row) for row in unitary))]


def _meshed(gates: list[Operation]) -> list[Operation]:
    return [
        step
        for op in gates
        for step in (
            rectangular_mesh(np.array(op.matrix, dtype=complex), op.modes) if isinstance(op, Interferometer) else [op]
        )
    ]


def _bloch_messiah(matrix: Array, modes: tuple[int, ...]) -> list[Operation]:
    k = len(modes)
    size = float(np.abs(matrix).max())
    if (
        np.abs(matrix[:k, k:]).max() <= REBUILD_TOLERANCE * size
        and np.abs(matrix[k:, :k]).max() <= REBUILD_TOLERANCE * size
    ):
        stretches, basis = np.linalg.svd(matrix[:k, :k])[1:]  # a point transformation: all is real
        basis[-1] *= np.sign(np.linalg.det(basis))
        first = np.block([[basis, np.zeros((k, k))], [np.zeros((k, k)), basis]])
    else:
        stretches, rows = _stretches(matrix.T @ matrix)
        first = np.vstack([rows, np.hstack([-rows[:, k:], rows[:, :k]])])
    last = matrix @ first.T / np.concatenate([stretches, 1.0 / stretches])
    squeezers: list[Operation] = [
        Squeeze((m,), -log(s))
        for m, s in zip(modes, stretches, strict=True)
        if abs(log(s)) > REBUILD_TOLERANCE * size**2
    ]
    return _meshed([*_interferometer(first, modes), *squeezers, *_interferometer(last, modes)])


def _stretches(gram: Array) -> tuple[Array, Array]:
    """Return stretches s >= 1 of ``S^T S``, whose eigenvalues are s^2, 1/s^2, and rows ``(X, -Y)`` of the map to them.

    An eigenvector z of s^2 has a partner J z of 1/s^2, so that the largest eigenvalues suffice; where s = 1, half of
    the eigenspace is chosen such that it holds no partners.
    """
    k = len(gram) // 2
    values, vectors = np.linalg.eigh(gram)
    one = 1.0 + REBUILD_TOLERANCE * float(values[-1]) * len(gram)
    rows: list[Array] = []
    stretches: list[float] = []
    for value, vector in zip(values[::-1], vectors.T[::-1], strict=True):
        if len(rows) == k:
            break
        new = np.array(vector)
        if value <= one:
            for row in rows:
                partner = np.concatenate([-row[k:], row[:k]])
                new = new - (new @ row) * row - (new @ partner) * partner
            if np.linalg.norm(new) < 0.1:
                continue
            new /= np.linalg.norm(new)
        rows.append(new)
        stretches.append(float(value) ** 0.5 if value > one else 1.0)
    return np.array(stretches), np.array(rows)

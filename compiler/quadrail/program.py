"""A placed program: macronodes in order, and the circuits that they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.ir.operations import Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import operation_to_json, polynomial_to_json
from compiler.quadrail.angles import Angles, exchanged, gates
from compiler.quadrail.device import QuadRail

UNIT = HBAR**-0.5
"""Quadratures in hbar = 1, which MQC3 uses, over those in ours."""


@dataclass(frozen=True, slots=True)
class Macronode:
    """One macronode that carries modes.

    Attributes
    ----------
    index : int
        k; row and step are its remainder and quotient by N.
    kind : str
        MQC3's name of what it does; ``manual`` for angles that have none.
    up, left : int or None
        The modes that enter from k - 1 and from k - N.
    down, right : int or None
        The modes that leave to k + 1 and to k + N.
    swap : bool
        Whether what enters from above leaves to the right.
    angles : tuple of four floats, or None
        Homodyne angles a, b, c, d as MQC3 counts them, with the swap; None where they follow from measured results.
    displacements : tuple of Displacement
        Added to the modes on their way in, in hbar = 2.
    operations : tuple of Operation
        What it does to the modes.
    """

    index: int
    kind: str
    up: int | None
    left: int | None
    down: int | None
    right: int | None
    swap: bool
    angles: Angles | None
    displacements: tuple[ops.Displacement, ...]
    operations: tuple[Operation, ...]

    @property
    def by_angles(self) -> bool:
        """Whether the angles alone say what it does."""
        return self.angles is not None and self.kind not in ("initialization", "measurement")


@dataclass(frozen=True, slots=True)
class ClusterProgram:
    """A Gaussian circuit on a quad-rail machine.

    Attributes
    ----------
    source : Circuit
    device : QuadRail
    macronodes : tuple of Macronode
        Those that carry modes, by index; all others are blank.
    inputs, outputs : tuple of (int, int)
        Mode and index of the macronode that it enters first, for modes that nothing prepares; and of the one that it
        would enter next, for modes that nothing reads last.
    distances : tuple of int
        Distances from every measurement to every use of its result, in macronodes.
    """

    source: Circuit
    device: QuadRail
    macronodes: tuple[Macronode, ...]
    inputs: tuple[tuple[int, int], ...]
    outputs: tuple[tuple[int, int], ...]
    distances: tuple[int, ...]

    def circuit(self) -> Circuit:
        """Return what the machine does with ideal resource states; equal to the source."""
        return self._made_of([(*node.displacements, *node.operations) for node in self.macronodes])

    def circuit_from_angles(self) -> Circuit:
        """Return `circuit`, with every gate worked out from the homodyne angles of its macronode alone."""
        out = []
        for node in self.macronodes:
            did = node.operations
            if node.by_angles:
                assert node.angles is not None
                did = gates(node.up, node.left, exchanged(node.angles) if node.swap else node.angles)
            out.append((*node.displacements, *did))
        return self._made_of(out)

    def noisy(self, scale: float = 1.0, without: Collection[str] = ()) -> Circuit:
        """Return the circuit with the noise of the resource states after every macronode, on each mode that leaves.

        A prepared mode is the machine's squeezed state, whatever the source's level.

        Parameters
        ----------
        scale : float
            Factor on the added variances; 0 leaves the prepared states as the source has them, too.
        without : collection of str
            Of ``preparation`` and ``gates``: noise to leave out.
        """
        added = 0.0 if "gates" in without else scale * self.device.added_variance * VACUUM_VARIANCE
        as_is = scale == 0.0 or "preparation" in without
        out: list[tuple[Operation, ...]] = []
        for node in self.macronodes:
            if node.kind == "initialization":
                out.append(node.operations if as_is else self._started(node))
                continue
            leaving = sorted(m for m in (node.down, node.right) if m is not None)
            noise = (ops.DisplacementNoise((m,), added, added) for m in leaving if added)
            out.append((*node.displacements, *node.operations, *noise))
        return self._made_of(out)

    def _started(self, node: Macronode) -> tuple[Operation, ...]:
        start, *turn = node.operations
        assert isinstance(start, ops.PrepareSqueezed)
        r, x, p = self.device.initial_state(start.r)
        return ops.PrepareSqueezed(start.modes, r), ops.DisplacementNoise(start.modes, x, p), *turn

    def _made_of(self, groups: list[tuple[Operation, ...]]) -> Circuit:
        return self.source.with_operations(tuple(op for group in groups for op in group))

    @property
    def passages(self) -> dict[int, int]:
        """How many macronodes each mode passes, each of which adds noise: preparations and readouts do not count."""
        found = dict.fromkeys(range(self.source.modes), 0)
        for node in self.macronodes:
            if node.kind != "initialization":
                for mode in (node.down, node.right):
                    if mode is not None:
                        found[mode] += 1
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the macronodes as plain data: place, kind, angles as MQC3 counts them, displacements in hbar = 1.

        Where angles alone do not say what is done (preparations, readouts, feed-forward), ``operations`` holds it, as
        in ``program.json``, in hbar = 2. `compiler.quadrail.reading` turns the data back into a circuit.
        """
        rows = self.device.rows
        nodes = []
        for node in self.macronodes:
            item: dict[str, Any] = {"row": node.index % rows, "step": node.index // rows, "kind": node.kind}
            item |= {key: getattr(node, key) for key in ("up", "left", "down", "right", "swap")}
            item["angles"] = None if node.angles is None else list(node.angles)
            if not node.by_angles:
                item["operations"] = [operation_to_json(op) for op in node.operations]
            if node.displacements:
                item["displacements"] = [
                    {"mode": op.modes[0], "x": _plain(op.x, UNIT), "p": _plain(op.p, UNIT)} for op in node.displacements
                ]
            nodes.append(item)
        return {"rows": rows, "macronodes": nodes, "inputs": list(self.inputs), "outputs": list(self.outputs)}

    def summary(self) -> dict[str, Any]:
        """Return counts as plain data."""
        last = self.macronodes[-1].index if self.macronodes else -1
        return {
            "macronodes": len(self.macronodes),
            "counts": dict(sorted(Counter(node.kind for node in self.macronodes).items())),
            "steps": last // self.device.rows + 1,
            "last_macronode": last,
            "passages": self.passages,
            "added_variance_per_macronode": self.device.added_variance,
            "initial_variances": list(self.device.initial_variances),
            "largest_feed_forward_distance": max(self.distances, default=None),
        }


def _plain(value: Parameter, unit: float) -> Any:
    scaled = in_units(value, unit)
    return polynomial_to_json(scaled) if isinstance(scaled, Polynomial) else scaled


def in_units(value: Parameter, unit: float) -> Parameter:
    """Return a number or a polynomial in measured results in other units; results share the unit of the value."""
    if not isinstance(value, Polynomial):
        return unit * float(value)
    return Polynomial({key: unit ** (1 - sum(q for _, q in key)) * c for key, c in value.terms.items()})

r"""The state of a routing: the site of every mode, the operations written so far, and the signs that swaps leave.

``BeamSplitter((a, b), pi/2)`` maps ``a_a -> -a_b``, ``a_b -> a_a``: the contents of a and b change places, and what
comes from b is turned by pi. The turn is not undone, but recorded as a sign of the content: the quadratures of a
content with sign -1 are minus those of the logical mode. Operations on it are written with the parameters that make up
for that (`signed`), which is exact.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi, prod
from typing import Any

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.routing.coupling import Coupling


class Board:
    """Contents on sites.

    A *wire* is a mode of the routed circuit. Wire m < modes is the mode m of the source and belongs to one site for
    good; what moves are the *contents*, numbered as the source's modes. Sites without a mode, and sites whose wire was
    measured, have no wire: before something moves there, vacuum is prepared on a further wire at that site. Several
    wires can so belong to one site, one after the other.
    """

    def __init__(self, circuit: Circuit, coupling: Coupling, sites: tuple[int, ...]) -> None:
        self.source = circuit
        self.ancillas = set(circuit.ancillas)
        self.coupling = coupling
        spare = [s for s in range(coupling.sites) if s not in set(sites)]
        self.home = [*sites, *spare]  # of every content; contents beyond the modes are empty sites
        self.site = list(self.home)
        self.content = [0] * coupling.sites
        for content, site in enumerate(self.home):
            self.content[site] = content
        self.wire: list[int | None] = [c if c < circuit.modes else None for c in self.content]
        self.sites = list(sites)  # of every wire
        self.sign = [1] * coupling.sites
        self.alive = [c < circuit.modes for c in range(coupling.sites)]
        self.out: list[Operation] = []
        self.swaps: list[int] = []  # places in `out`
        self.history: list[tuple[int, int]] = []
        self.preparations = [0] * circuit.modes  # still to come
        self.measured = [False] * circuit.modes  # whether the last thing that happens to the mode is a readout
        for op in circuit.operations:
            if isinstance(op, ops.PREPARATIONS):
                self.preparations[op.modes[0]] += 1
                self.measured[op.modes[0]] = False
            elif isinstance(op, ops.Homodyne | ops.PhotonCount):
                self.measured[op.modes[0]] = True

    def targets(self, op: Operation) -> list[int]:
        """Return the sites where a preparation or a readout may happen.

        A preparation, a chosen outcome, or a readout of a mode that is prepared again, happens on the mode's own wire,
        so that the routed circuit prepares each wire as the source does. The last readout of a latent mode may happen
        on the wire of any latent mode that ends in a readout; ancillas, which only one of two compared circuits may
        have, are read on their own.
        """
        (mode,) = op.modes
        if isinstance(op, ops.PREPARATIONS) or not self._ends(mode) or mode in self.ancillas:
            return [self.home[mode]]
        latent = (m for m in range(self.source.modes) if m not in self.ancillas)
        return [self.home[m] for m in latent if self._ends(m) and self.wire[self.home[m]] == m]

    def _ends(self, mode: int) -> bool:
        return self.measured[mode] and self.preparations[mode] == 0

    def swap(self, a: int, b: int) -> None:
        """Exchange the contents of two neighbouring sites."""
        contents = self.content[a], self.content[b]
        self.history.append((a, b))
        if any(self.alive[c] for c in contents):
            for site in (a, b):
                if self.wire[site] is None:
                    self._refill(site)
            first, second = (b, a) if self._turned(*contents) else (a, b)  # the content of the second is turned
            self.sign[self.content[second]] *= -1
            self.swaps.append(len(self.out))
            self.out.append(ops.BeamSplitter((self._wire(first), self._wire(second)), pi / 2))
        self.content[a], self.content[b] = contents[1], contents[0]
        self.site[contents[0]], self.site[contents[1]] = b, a

    def _turned(self, first: int, second: int) -> bool:
        """Return whether to turn the first of two contents rather than the second, to have few signs."""
        if not (self.alive[first] and self.alive[second]):
            return not self.alive[first]
        if self.sign[first] != self.sign[second]:
            return self.sign[first] < 0
        return first < self.source.modes and self.measured[first]

    def _refill(self, site: int) -> None:
        self.wire[site] = len(self.sites)
        self.sites.append(site)
        self.out.append(ops.PrepareVacuum((self._wire(site),)))

    def _wire(self, site: int) -> int:
        wire = self.wire[site]
        if wire is None:
            raise CircuitError(f"site {site} holds no mode")
        return wire

    def write(self, op: Operation) -> None:
        """Write an operation of the source where its contents are."""
        if isinstance(op, ops.PREPARATIONS):
            (mode,) = op.modes
            self.wire[self.home[mode]] = mode
            self.alive[mode], self.sign[mode] = True, 1
            self.preparations[mode] -= 1
            self.out.append(op)
            return
        wires = tuple(self._wire(self.site[m]) for m in op.modes)
        self.out.append(signed(op, wires, [self.sign[m] for m in op.modes]))
        if isinstance(op, ops.ENDS):
            (mode,) = op.modes
            self.alive[mode] = False
            self.wire[self.site[mode]] = None

    def finish(self) -> None:
        """Undo the signs of the modes that are left."""
        for mode in range(self.source.modes):
            if self.alive[mode] and self.sign[mode] < 0:
                self.out.append(ops.Rotation((self._wire(self.site[mode]),), pi))


def signed(op: Operation, wires: tuple[int, ...], signs: list[int]) -> Operation:
    """Return the operation on wires that hold ``sign`` times the quadratures of the modes it names.

    >>> signed(ops.CubicPhase((0,), 0.5), (3,), [-1])
    CubicPhase(modes=(3,), gamma=-0.5)
    """
    both = prod(signs)
    match op:
        case ops.PolynomialPhase():
            place = dict(zip(op.modes, wires, strict=True))
            sign = dict(zip(op.modes, signs, strict=True))
            turned = {
                key: c * prod(sign[v] ** q for v, q in key if isinstance(v, int))
                for key, c in op.polynomial.terms.items()
            }
            return ops.phase(Polynomial(turned).relabel(lambda v: place[v] if isinstance(v, int) else v))
        case ops.Homodyne() if both < 0:
            return ops.Homodyne(wires, op.angle - pi if op.angle > 0.0 else op.angle + pi, op.result)
        case ops.PostSelect() if both < 0:
            return ops.PostSelect(wires, op.angle, -op.value)
        case ops.Displacement() if both < 0:
            return ops.Displacement(wires, _times(both, op.x), _times(both, op.p))
        case ops.DisplacementReadout():
            turned_alpha, turned_beta = (
                tuple(s * v + 0.0 for s, v in zip(signs, values, strict=True)) for values in (op.alpha, op.beta)
            )
            return ops.DisplacementReadout(wires, turned_alpha, turned_beta, op.result)
        case ops.Interferometer():
            rows = tuple(
                tuple(a * b * z for b, z in zip(signs, row, strict=True))
                for a, row in zip(signs, op.matrix, strict=True)
            )
            return ops.Interferometer(wires, rows)
        case ops.PhasePower():
            return replace(op, modes=wires, strength=_times(both**op.order, op.strength))
    key = ODD.get(type(op))
    changed: dict[str, Any] = {} if key is None or both > 0 else {key: _times(both, getattr(op, key))}
    return replace(op, modes=wires, **changed)


ODD: dict[type[Operation], str] = {
    ops.BeamSplitter: "theta",
    ops.ControlledX: "s",
    ops.ControlledZ: "s",
    ops.CubicPhase: "gamma",
}
"""Parameters that change sign when one of the modes is turned by pi; parameters that are not listed are even."""


def _times(sign: int, value: Parameter) -> Parameter:
    return value if sign > 0 else -value

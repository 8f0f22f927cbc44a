"""Circuits, profiles and settings with which the tests of machines compile."""

from __future__ import annotations

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.machines import IonSettings
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import Profile, load_profile, profile_from_data
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

QUICK = SynthesisOptions(effort=0.0)
IONS = IonSettings(error=0.1, kappa=1.0, input_r=0.3)


def state(n: int, k: int, r: float, weight: float = 0.1) -> Circuit:
    """Two edges of k modes, at the two ends, prepared and read."""
    edges = {tuple(range(k)), tuple(range(n - k, n))}
    return state_circuit(Hypergraph(n, tuple(Hyperedge(e, weight) for e in sorted(edges))), r)


def cell(n: int, k: int, r: float, quadrature: str, weight: float = 0.1) -> Circuit:
    """One cell with a readout through an ancilla, on prepared modes."""
    made = UnitCell((Hyperedge(tuple(range(n - k, n)), weight),), (), Readout(quadrature, n - 1))
    return Network(n, r, r).circuit([made])


def bare(circuit: Circuit) -> Circuit:
    """Without readouts."""
    return circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.Homodyne)))


def varied(base: str, **changes: object) -> Profile:
    """A shipped profile with changed sections."""
    return profile_from_data({**load_profile(base).model_dump(mode="json"), **changes}, "test")


def line(modes: int, kind: str = "line") -> Profile:
    """A machine on a line or a ring, as long as asked."""
    number = {"value": modes, "source": "test", "date": "2026-11-23", "mark": "A"}
    return varied("ideal-cubic", name="a-line", topology={"kind": kind, "max_modes": number})


def number(value: float) -> dict[str, object]:
    return {"value": value, "source": "test", "date": "2026-11-23", "mark": "A"}

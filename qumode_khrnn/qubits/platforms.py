"""What one unit cell costs on each platform: photonic modes, trapped ions, modular qubits, position registers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from compiler.machines import IonSettings
from compiler.pipeline import compile_circuit
from compiler.qubits.modular import QubitPhase, QubitRead, modular_circuit
from compiler.qubits.register import register_circuit
from compiler.qubits.resources import QubitResources, qubit_resources
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


@dataclass(frozen=True, slots=True)
class PhotonicResources:
    """The compiled cell on a photonic profile; ``modes`` counts the ancilla."""

    profile: str
    modes: int
    cubic_phases: int
    beam_splitters: int
    squeezers: int
    depth: int


@dataclass(frozen=True, slots=True)
class IonResources:
    """The edge by spin sequences, read through the spin; ``error`` bounds their error in sup-norm."""

    profile: str
    modes: int
    sequences: int
    spin_displacements: int
    depth: int
    duration_s: float
    error: float


@dataclass(frozen=True, slots=True)
class PlatformResources:
    """The same cell on every platform; ``qubits`` holds rows of encoding and cost."""

    photonic: PhotonicResources
    ions: IonResources
    qubits: tuple[tuple[str, QubitResources], ...]

    def rows(self) -> list[dict[str, Any]]:
        """Plain rows for a table."""
        return [
            {"platform": f"photonic ({self.photonic.profile})", **asdict(self.photonic)},
            {"platform": f"trapped ions ({self.ions.profile})", **asdict(self.ions)},
            *({"platform": name, **cost.to_json()} for name, cost in self.qubits),
        ]


def platform_resources(
    qubits: Iterable[int] = (3, 4, 5, 6), precision: float = 1e-3, squeezing: float = 0.5, weight: float = 0.3
) -> PlatformResources:
    """Costs of preparing three modes, one 3-edge and the readout of p of its first mode.

    The photonic network and the position registers read through an ancilla; ions through the spin, one bit a shot; a
    modular qubit is read without, and its edge has weight 1. Registers are written with rotations of parities, the
    cheaper of the two styles.

    Parameters
    ----------
    qubits : iterable of int
        m of the registers.
    precision : float
        Error of each rotation, see `qubit_resources`.
    squeezing, weight : float
        Of all modes, and of the edge.
    """
    edge = Hyperedge((0, 1, 2), weight)
    source = Network(3, squeezing, squeezing).circuit([UnitCell((edge,), (), Readout("p", 0))])
    program = compile_circuit(source, load_profile("ideal-cubic"))
    counts = program.resources.counts
    modular = modular_circuit(3, [QubitPhase((0, 1, 2), 1), QubitRead("p", 0, "y1")])
    rows = [("modular(2)", qubit_resources(modular, precision))]
    for m in qubits:
        lowered = register_circuit(source, m, style="parity")
        rows.append((f"register, m = {m}", qubit_resources(lowered.quantum_circuit, precision)))
    return PlatformResources(
        PhotonicResources(
            "ideal-cubic",
            program.circuit.modes,
            counts.get("cubic_phase", 0),
            counts.get("beam_splitter", 0),
            counts.get("squeezer", 0),
            program.resources.depth,
        ),
        _on_ions(edge, squeezing),
        tuple(rows),
    )


def _on_ions(edge: Hyperedge, squeezing: float) -> IonResources:
    profile = load_profile("trapped-ion-motional")
    source = state_circuit(Hypergraph(len(edge.modes), (edge,)), squeezing)
    program = compile_circuit(source, profile, settings=IonSettings(kappa=1.0))
    assert program.layout is not None
    costs = program.layout.summary
    return IonResources(
        profile.name,
        program.circuit.modes,
        costs["sequences"],
        costs["displacements"],
        costs["pulse_depth"],
        costs["duration_s"],
        costs["error_bound"],
    )

"""Compare the cost of one unit cell on photonic modes, trapped ions, modular qubits and position registers."""

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
    """The edge by spin sequences, read through the spin.

    Attributes
    ----------
    profile : str
    modes, sequences, spin_displacements, depth : int
    duration_s : float
    error : float
        Bound on the summed errors of the sequences in sup-norm, where every ``|u . x|`` is in its interval.
    outside : float
        Bound on the mass of the state elsewhere.
    state_distance : float
        `compiler.ions.state_distance` of both: how far the state is at most from the ideal one, without noise.
    """

    profile: str
    modes: int
    sequences: int
    spin_displacements: int
    depth: int
    duration_s: float
    error: float
    outside: float
    state_distance: float


@dataclass(frozen=True, slots=True)
class QubitPlatform:
    """An encoding on qubits: ``cost`` at the total error that the ions certify, and ``fine`` at a smaller one."""

    encoding: str
    cost: QubitResources
    fine: QubitResources


@dataclass(frozen=True, slots=True)
class PlatformResources:
    """The same cell on every platform, the rotations of qubits as exact as the pulses of ions are certified to be."""

    photonic: PhotonicResources
    ions: IonResources
    qubits: tuple[QubitPlatform, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return plain rows for a table."""
        return [
            {"platform": f"photonic ({self.photonic.profile})", **asdict(self.photonic)},
            {"platform": f"trapped ions ({self.ions.profile})", **asdict(self.ions)},
            *(
                {
                    "platform": row.encoding,
                    **row.cost.to_json(),
                    "t_count_fine": row.fine.t_count,
                    "precision_fine": row.fine.precision,
                }
                for row in self.qubits
            ),
        ]


def platform_resources(
    qubits: Iterable[int] = (3, 4, 5, 6), fine: float = 1e-3, squeezing: float = 0.5, weight: float = 0.3
) -> PlatformResources:
    """Return costs of preparing three modes, one 3-edge and a readout of p, at equal total accuracy.

    The accuracy is the one that the ion pulses certify, `IonResources.state_distance`. The rotations of a qubit circuit
    may together be off by as much in operator norm, and so the final state by at most as much. Light has no such error:
    its circuit is exact if its gates are. The accuracy leaves out the grid of the registers, noise, and the readout.

    The photonic network and the position registers read through an ancilla, and ions through the spin, one bit per
    shot. A modular qubit is read directly, and its edge has weight 1. Registers are written with rotations of parities,
    the cheaper of the two styles.

    Parameters
    ----------
    qubits : iterable of int
        Numbers m of qubits per register.
    fine : float
        A second total error of the rotations, see `qubit_resources`.
    squeezing, weight : float
        Squeezing of all modes, and weight of the edge.
    """
    edge = Hyperedge((0, 1, 2), weight)
    source = Network(3, squeezing, squeezing).circuit([UnitCell((edge,), (), Readout("p", 0))])
    program = compile_circuit(source, load_profile("ideal-cubic"))
    counts = program.resources.counts
    ions = _on_ions(edge, squeezing)
    circuits = {"modular(2)": modular_circuit(3, [QubitPhase((0, 1, 2), 1), QubitRead("p", 0, "y1")])}
    circuits |= {f"register, m = {m}": register_circuit(source, m, style="parity").quantum_circuit for m in qubits}
    rows = []
    for encoding, circuit in circuits.items():
        cost = qubit_resources(circuit, ions.state_distance)
        rows.append(QubitPlatform(encoding, cost, cost.at_precision(fine)))
    return PlatformResources(
        PhotonicResources(
            "ideal-cubic",
            program.circuit.modes,
            counts.get("cubic_phase", 0),
            counts.get("beam_splitter", 0),
            counts.get("squeezer", 0),
            program.resources.depth,
        ),
        ions,
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
        costs["outside"],
        costs["state_distance"],
    )

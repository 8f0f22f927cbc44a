"""Assign the modes of a circuit to the pulses of a machine of delay loops (Borealis)."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.errors import MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter, PrepareSqueezed, Rotation, Squeeze
from compiler.passes.base import Guarantee, PassResult
from compiler.photon_counters.graph_states import with_fitting_graphs
from compiler.photon_counters.loop_fit import loop_reasons
from compiler.photon_counters.loop_job import in_order, loop_device, size_reasons
from compiler.photon_counters.refusals import refused_operations
from compiler.routing.coupling import Placement
from compiler.routing.time_bins import assign_loops
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class AssignTimeBins:
    """Assign modes to pulses, and beamsplitters to loops that every pulse passes once.

    A circuit whose modes already fit as pulses in their order stays as it is. Otherwise `compiler.routing.time_bins`
    searches for an assignment with as many pulses as modes, and then with as many as the device has; pulses without a
    mode become ancillas.
    """

    name: str = "assign_time_bins"
    guarantee: Guarantee = Guarantee.SAME_STATE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Assign the modes; raises NotMappableError with the reasons if none fits."""
        device = loop_device(profile)
        count = circuit.modes
        if size_reasons(count, device) or not (as_numbered := loop_reasons(circuit, device)):
            return PassResult(circuit, f"the {count} modes keep their numbers as pulses")
        couples = all(len(op.modes) == 1 or isinstance(op, BeamSplitter) for op in circuit.operations)
        if not couples or refused_operations(circuit):
            raise with_fitting_graphs(
                NotMappableError(device.name, as_numbered), "separate pairs that cover all modes", device.levels
            )
        movable = (BeamSplitter.__name__, Rotation.__name__)
        if fixed := tuple(r for r in as_numbered if not any(name in r.operation for name in movable)):
            raise NotMappableError(device.name, fixed)  # sources, and the circuit as a whole: other pulses do not help
        found = assign_loops(circuit, device.delays, length=device.most_pulses, phi=device.phi)
        native = found.circuit()
        level = next((op.r for op in native.operations if isinstance(op, PrepareSqueezed | Squeeze)), 0.0)
        spare = sorted(set(range(found.length)) - set(found.bins))
        ancillas = tuple(range(count, count + len(spare)))
        assert isinstance(level, float)
        extra = [PrepareSqueezed((m,), level) for m in ancillas]
        out = Circuit(count + len(spare), (*extra, *native.operations), (*native.ancillas, *ancillas))
        pulses = (*found.bins, *spare)
        in_place = found.bins == tuple(range(count))
        if reasons := loop_reasons(in_order(out, pulses), device):
            raise NotMappableError(device.name, as_numbered if in_place else tuple(_named(r, out) for r in reasons))
        report = f"the modes are pulses {', '.join(map(str, found.bins))} of {found.length}"
        return PassResult(out, report, (Placement(found.length, pulses),))


def _named(reason: MappingReason, circuit: Circuit) -> MappingReason:
    """Return a reason about a circuit in order of pulses, with the modes of the source and advice for them."""
    words = reason.operation.split()
    if words[0] != "operation":
        return reason
    op = circuit.operations[int(words[1])]
    return MappingReason(f"{op}, with modes as other pulses", reason.reason, "leave it out")

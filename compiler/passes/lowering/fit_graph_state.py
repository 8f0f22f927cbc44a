"""Fit a graph state of separate pairs to the levels of a machine of delay loops (Borealis)."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter
from compiler.passes.base import Guarantee, PassResult
from compiler.photon_counters.graph_states import pairs_of_graph
from compiler.photon_counters.loop_job import loop_device
from compiler.photon_counters.refusals import refused_operations
from compiler.photon_counters.state import same_state
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class FitGraphState:
    """Replace a graph state of pairs by squeezed modes and a balanced beamsplitter for every pair.

    Circuits without gates that squeeze are left alone: they are rotations and beamsplitters already.
    """

    name: str = "fit_graph_state"
    guarantee: Guarantee = Guarantee.SAME_STATE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Fit the state to the levels of the device."""
        device = loop_device(profile)
        if all(len(op.modes) == 1 or isinstance(op, BeamSplitter) for op in circuit.operations):
            return PassResult(circuit, "only beamsplitters couple modes")
        if not refused_operations(circuit):
            for level in device.levels:
                made = pairs_of_graph(circuit, level, device.phi) if level else None
                if made is not None and same_state(circuit, made).equivalent:
                    pairs = sum(isinstance(op, BeamSplitter) for op in made.operations)
                    return PassResult(made, f"{pairs} pairs of modes squeezed by r = {level:g}, and beamsplitters")
        return PassResult(circuit, "the state is not one of separate pairs of modes at a level of the device")

"""Fit a Gaussian preparation to squeezed pairs of modes and one unitary on both halves (X8)."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.errors import NotMappableError
from compiler.ir.circuit import Circuit
from compiler.passes.base import Guarantee, PassResult
from compiler.photon_counters.graph_states import with_fitting_graphs
from compiler.photon_counters.pair_fit import fit_pairs, paired_device
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class FitPairs:
    """Replace a preparation by squeezed pairs and one unitary on both halves that prepare the same state."""

    name: str = "fit_pairs"
    guarantee: Guarantee = Guarantee.SAME_STATE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Fit the preparation; raises NotMappableError with the reasons."""
        device = paired_device(profile)
        try:
            program = fit_pairs(circuit, device)
        except NotMappableError as error:
            raise with_fitting_graphs(error, f"the pairs (m, m + {device.pairs})", device.levels) from None
        shown = ", ".join(f"{r:g}" for r in program.squeezing)
        return PassResult(program.circuit(), f"two-mode squeezing {shown} of the pairs, one unitary on both halves")

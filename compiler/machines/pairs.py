"""Machines of signal and idler pairs that count photons of Gaussian light (X8).

A circuit for them prepares a state; the proof is that the fitted program prepares the same one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from compiler.costs.noise import with_noise
from compiler.decompositions.quadratic import quadratic_gates
from compiler.errors import MappingReason
from compiler.ir.circuit import Circuit
from compiler.machines.layout import JOB, Bounded, LayoutFile, read_layout
from compiler.machines.limits import too_many_modes
from compiler.machines.machine import Layout, NoisyCircuit, Request, Results
from compiler.passes.base import Pass
from compiler.passes.lowering.fit_pairs import FitPairs
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.photon_counters.graph_states import input_squeezing
from compiler.photon_counters.pair_fit import PairedProgram, fit_pairs, pair_reasons, paired_device
from compiler.photon_counters.refusals import LEVEL_TOLERANCE, refused_operations
from compiler.photon_counters.state import COVARIANCE_TOLERANCE, METHOD, same_state
from compiler.semantics.equivalence import DEFAULT_SEED, Equivalence
from hardware_profiles.schema import Profile


class PairedFile(LayoutFile):
    """Settings of a machine of pairs: squeezing of every pair, the unitary on both halves as (real, imaginary)."""

    FORMAT = "qumode-khrnn/paired-job"
    squeezing: tuple[Annotated[float, Field(ge=0.0, le=10.0)], ...]
    unitary: tuple[tuple[tuple[Bounded, Bounded], ...], ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A machine of signal and idler pairs; see the module."""

    method: str = METHOD
    tolerance: float = COVARIANCE_TOLERANCE
    reads_bits: bool = False

    def require_parts(self, profile: Profile) -> None:
        """Require what `paired_device` needs."""
        paired_device(profile)

    def layout_file(self, profile: Profile) -> str | None:
        """Return ``job.json``."""
        return JOB

    def default_squeezing(self, profile: Profile) -> float:
        """Return the squeezing of the graph states of the largest level (`compiler.photon_counters.graph_states`)."""
        return input_squeezing(max(paired_device(profile).levels))

    def check_source(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Return reasons for readouts, feed-forward and non-Gaussian gates; unprepared modes start in the vacuum."""
        request.require_no_settings(profile)
        return (*too_many_modes(source, profile), *refused_operations(source))

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """List the passes: quadratic phases to gates, then the fit."""
        return CollectPhases(), LowerQuadratics(), FitPairs()

    def lay_out(self, native: Circuit, profile: Profile, facts: tuple[object, ...], request: Request) -> Layout | None:
        """Return the settings of the machine."""
        program = fit_pairs(native, paired_device(profile))
        unitary = tuple(tuple((z.real, z.imag) for z in row) for row in program.unitary)
        text = PairedFile(squeezing=program.squeezing, unitary=unitary).text()
        squeezed = sum(r > 0.0 for r in program.squeezing)
        summary = {"pairs": program.pairs, "squeezed_pairs": squeezed}
        line = f"{squeezed} of {program.pairs} pairs squeezed; every mode ends in a photon counter"
        return Layout(JOB, text, summary, (line,))

    def check_native(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Return the reasons of the fit, and one if the file's settings are not those of the circuit."""
        device = paired_device(profile)
        reasons = pair_reasons(native, device)
        if reasons or layout is None:
            return reasons
        read = read_layout(PairedFile, layout, JOB)
        rows = tuple(tuple(complex(*z) for z in row) for row in read.unitary)
        levels = np.array(device.levels)
        known = all(np.abs(levels - r).min() <= LEVEL_TOLERANCE for r in read.squeezing)
        square = len(rows) == len(read.squeezing) and all(len(row) == len(rows) for row in rows)
        made = PairedProgram(read.squeezing, rows)
        if known and square and 2 * made.pairs == native.modes and same_state(native, made.circuit()).equivalent:
            return ()
        return (MappingReason(JOB, "does not hold the settings of program.json", "compile it again"),)

    def caveats(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Return no caveat: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """Compare the states by `same_state`; modes that the source does not have are vacuum."""
        gates = [gate for op in source.operations for gate in quadratic_gates(op)]
        return same_state(source.with_operations(tuple(gates)), native)

    def noisy(
        self,
        native: Circuit,
        profile: Profile,
        layout: str | None = None,
        scale: float = 1.0,
        without: Collection[str] = (),
    ) -> NoisyCircuit:
        """Add the losses and noises of operations and of waiting time."""
        return NoisyCircuit(with_noise(native, profile, scale, without))

    def read_bits(self, results: Results, layout: str | None, rng: np.random.Generator) -> Results:
        """Return the quadratures unchanged."""
        return results


MACHINE = Pairs()

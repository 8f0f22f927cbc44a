"""Run passes one after another and check the guarantee of each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.passes.base import Guarantee, Pass, PassResult
from compiler.photon_counters.state import same_state
from compiler.semantics.equivalence import Equivalence, equivalent
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class PassRun:
    """One pass on one circuit: the circuits before and after, and whether its guarantee holds.

    ``verdict`` is None where nothing can be compared; ``unchecked`` then says why.
    """

    step: Pass
    before: Circuit
    result: PassResult
    verdict: Equivalence | None
    unchecked: str = ""

    @property
    def holds(self) -> bool:
        """Whether no check found the guarantee broken."""
        return self.verdict is None or self.verdict.equivalent


def run_passes(circuit: Circuit, profile: Profile, passes: Sequence[Pass]) -> Iterator[PassRun]:
    """Run passes in order; yields each with the circuits before and after it.

    Raises
    ------
    CircuitError, NotMappableError
        If a pass raises it.

    Examples
    --------
    >>> from compiler.passes.registry import parse_passes
    >>> from compiler.ir import Rotation
    >>> from hardware_profiles import load_profile
    >>> turned = Circuit(1, (Rotation((0,), 0.3), Rotation((0,), -0.3)))
    >>> (run,) = run_passes(turned, load_profile("ideal-cubic"), parse_passes("merge_neighbours"))
    >>> len(run.result.circuit.operations), run.holds
    (0, True)
    """
    for step in passes:
        result = step(circuit, profile)
        verdict, unchecked = _checked(step.guarantee, circuit, result.circuit)
        yield PassRun(step, circuit, result, verdict, unchecked)
        circuit = result.circuit


def _checked(guarantee: Guarantee, before: Circuit, after: Circuit) -> tuple[Equivalence | None, str]:
    try:
        if guarantee is Guarantee.SAME_STATE:
            return same_state(before, after, further_vacuum=False), ""
        return equivalent(before, after), ""
    except CircuitError as error:
        return None, str(error)

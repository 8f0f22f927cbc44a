"""What a pass is: a name, a promise, and ``(circuit, profile) -> PassResult``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from compiler.circuit import Circuit
from compiler.routing.coupling import Placement
from compiler.synthesis.choose import StrategyRow
from hardware_profiles.schema import Profile


class Promise(Enum):
    """What a pass keeps of the circuit's action."""

    EXACT = "exact"
    UP_TO_GLOBAL_PHASE = "exact up to global phase"
    IDEAL_RESOURCES = "exact up to global phase with ideal resource states; finite ones add the noise they state"
    SAME_STATE = "prepares the same Gaussian state, up to phases before photons are counted"


@dataclass(frozen=True, slots=True)
class PassResult:
    """The new circuit, one line on what was done, what every synthesis strategy reached, where routed modes sit."""

    circuit: Circuit
    report: str
    strategies: tuple[StrategyRow, ...] = ()
    placement: Placement | None = None


class Pass(Protocol):
    """A transformation of circuits that keeps its stated promise; `compiler.verify` checks it after the pipeline."""

    @property
    def name(self) -> str:
        """Name in reports and certificates."""

    @property
    def promise(self) -> Promise:
        """What is kept."""

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Transform the circuit for the profile."""

"""The interface of a pass: a name, a guarantee, and ``(circuit, profile) -> PassResult``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from compiler.ir.circuit import Circuit
from hardware_profiles.schema import Profile


class Guarantee(Enum):
    """The sense in which a pass leaves the circuit's action unchanged."""

    EXACT = "exact"
    UP_TO_GLOBAL_PHASE = "exact up to global phase"
    IDEAL_RESOURCES = "exact up to global phase with ideal resource states; finite ones add the noise they state"
    SAME_STATE = "prepares the same Gaussian state, up to phases before photons are counted"


@dataclass(frozen=True, slots=True)
class PassResult:
    """Result of a pass.

    Attributes
    ----------
    circuit : Circuit
    report : str
        One line on what was done.
    facts : tuple of object
        Facts for machines and certificates, each selected by its type: `compiler.synthesis.options.StrategyRow` for
        what a synthesis strategy reached, `compiler.routing.Placement` for where modes sit.
    """

    circuit: Circuit
    report: str
    facts: tuple[object, ...] = ()


Fact = TypeVar("Fact")


def facts_of(facts: tuple[object, ...], kind: type[Fact]) -> tuple[Fact, ...]:
    """Select the facts of one type, in the order in which passes reported them.

    >>> facts_of((1, "one", 2), int)
    (1, 2)
    """
    return tuple(fact for fact in facts if isinstance(fact, kind))


class Pass(Protocol):
    """A transformation of circuits with a stated guarantee, which is checked after the last pass."""

    @property
    def name(self) -> str:
        """Name in reports and certificates."""

    @property
    def guarantee(self) -> Guarantee:
        """The sense in which the circuit's action is unchanged."""

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Transform the circuit for the profile."""

"""What a kind of machine is to the compiler: what it refuses, its passes, its layouts, and the proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from compiler.circuit import Circuit
from compiler.errors import InputError, MappingReason
from compiler.passes.base import Pass
from compiler.routing.coupling import Placement
from compiler.synthesis.choose import Progress, SynthesisOptions
from compiler.verify import DEFAULT_SEED, Equivalence
from hardware_profiles.schema import Profile

if TYPE_CHECKING:  # only machines of ions load their modules
    from compiler.ions.qscout import QscoutCalibration


@dataclass(frozen=True, slots=True)
class IonSettings:
    """What spin sequences must reach, and how the motion is read.

    Parameters
    ----------
    error : float
        Largest sum of the sequences' errors in sup-norm.
    deviations : float
        The error holds where every ``|u . x|`` is within that many standard deviations of its mean.
    input_r : float
        Latent modes that nothing prepares are taken as squeezed in p by this much.
    kappa : float
        Strength of the readout pulse through the spin; 0 if readouts are not to go through the spin.
    calibration : QscoutCalibration, optional
        Measured settings, where a profile's operations need them.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    error: float = 1e-2
    deviations: float = 3.0
    input_r: float = 1.0
    kappa: float = 0.0
    calibration: QscoutCalibration | None = None

    def __post_init__(self) -> None:
        if not (0.0 < self.error < 2.0 and 1.0 <= self.deviations <= 10.0):
            raise InputError(
                f"spin sequences need an error in (0, 2) and deviations in 1..10, found {self.error}, {self.deviations}"
            )
        if not (0.0 <= self.input_r <= 4.0 and 0.0 <= self.kappa <= 100.0):
            raise InputError(
                f"spin sequences need an input squeezing in 0..4 and a kappa in 0..100, found {self.input_r}, "
                f"{self.kappa}"
            )


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a compilation besides the circuit and the profile."""

    options: SynthesisOptions = field(default_factory=SynthesisOptions)
    progress: Progress | None = None
    ions: IonSettings = field(default_factory=IonSettings)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a native circuit sits on a machine that is more than a set of gates.

    Attributes
    ----------
    file : str
        Name of the file that holds it, in a program's folder.
    text : str
        The file: JSON.
    summary : dict
        What it costs, as plain data.
    lines : tuple of str
        The same, to read.
    """

    file: str
    text: str
    summary: dict[str, Any]
    lines: tuple[str, ...]


Comparison = Callable[..., Equivalence]
"""``(source, native, *, seed, digits) -> Equivalence``; seed and digits may be left out."""


class Machine(Protocol):
    """A kind of machine. All its methods take the profile that is one of the kind."""

    @property
    def method(self) -> str:
        """What the proof of `compare` is called in a certificate."""

    @property
    def tolerance(self) -> float:
        """Largest residual that `compare` accepts."""

    def require_parts(self, profile: Profile) -> None:
        """Raise InputError if the profile lacks a part that machines of the kind need."""

    def layout_file(self, profile: Profile) -> str | None:
        """Name of the layout file that every program for the profile has; None if programs have none."""

    def usual_squeezing(self, profile: Profile) -> float:
        """Squeezing parameter r of latent modes, where the user asks for none: 1, or what the machine has instead."""

    def refused(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Reasons why no pass can bring a logical circuit onto the machine."""

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """From logical operations to those of the machine."""

    def laid_out(
        self, native: Circuit, profile: Profile, placement: Placement | None, request: Request
    ) -> Layout | None:
        """The layout of a native circuit; raises NotMappableError where there is none."""

    def misfits(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Reasons why a native circuit, with the text of its layout file, is no program of the machine."""

    def claims(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """What the proof holds up to, one line each; empty if it holds as it stands."""

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """Whether the two do the same."""

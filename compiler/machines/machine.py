"""The interface of a kind of machine: what it refuses, its passes, its layouts, its noise, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError, MappingReason
from compiler.ir.circuit import Circuit
from compiler.passes.base import Pass
from compiler.semantics.equivalence import DEFAULT_SEED, Equivalence
from compiler.synthesis.options import SynthesisOptions
from compiler.typing import Say
from hardware_profiles.schema import Profile

Kind = TypeVar("Kind")
Results = Mapping[str, NDArray[np.float64]]
"""Outcomes of readouts by name, each of shape (shots,)."""


@dataclass(frozen=True, slots=True)
class Request:
    """The options of a compilation besides the circuit and the profile.

    Attributes
    ----------
    options : SynthesisOptions
    progress : callable, optional
        Called with one line before every search.
    settings : object, optional
        The machine's own settings, such as `compiler.machines.IonSettings`; None for its defaults.
    """

    options: SynthesisOptions = field(default_factory=SynthesisOptions)
    progress: Say | None = None
    settings: object | None = None

    def settings_of(self, kind: type[Kind]) -> Kind:
        """Return the machine's own settings, or its defaults where none were given.

        Raises
        ------
        InputError
            If settings of another kind of machine were given.
        """
        if self.settings is None:
            return kind()
        if not isinstance(self.settings, kind):
            raise InputError(
                f"the settings of this machine are {kind.__name__}, found {type(self.settings).__name__}; leave "
                "them out"
            )
        return self.settings

    def require_no_settings(self, profile: Profile) -> None:
        """Raise InputError if settings were given to a machine that has none."""
        if self.settings is not None:
            raise InputError(
                f"{type(self.settings).__name__} does not apply to {profile.name}, whose kind of machine has no "
                "settings of its own; leave it out"
            )


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a native circuit on a machine that is more than a set of gates.

    Attributes
    ----------
    file : str
        Name of the file that holds it, in a program's folder.
    text : str
        The file: JSON.
    summary : dict
        Costs of the program on the machine, as plain data.
    lines : tuple of str
        The same in sentences.
    """

    file: str
    text: str
    summary: dict[str, Any]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoisyCircuit:
    """A circuit with the noise of its profile in place, and one line for each noise that was left out.

    ``flips`` is the probability with which a detector shows the wrong bit, by name of the result; see `flipped`.
    """

    circuit: Circuit
    left_out: tuple[str, ...] = ()
    flips: Mapping[str, float] = field(default_factory=dict)


def flipped(results: Results, flips: Mapping[str, float], rng: np.random.Generator) -> Results:
    """Return bits, +1 or -1, as a detector with errors shows them; other results stay as they are.

    >>> flipped({"m": np.array([1.0, -1.0])}, {"m": 1.0}, np.random.default_rng(0))["m"].tolist()
    [-1.0, 1.0]
    """
    return {
        name: np.where(rng.random(len(bits)) < flips[name], -bits, bits) if name in flips else bits
        for name, bits in results.items()
    }


Comparison = Callable[..., Equivalence]
"""``(source, native, *, seed, digits) -> Equivalence``; seed and digits may be left out."""


@runtime_checkable
class Machine(Protocol):
    """A kind of machine. All its methods take the profile of one machine of the kind."""

    @property
    def method(self) -> str:
        """Name of the proof that `compare` makes, as a certificate states it."""

    @property
    def tolerance(self) -> float:
        """Largest residual that `compare` accepts."""

    @property
    def reads_bits(self) -> bool:
        """Whether readouts give one bit per shot, +1 or -1, in the place of a quadrature."""

    def require_parts(self, profile: Profile) -> None:
        """Raise InputError if the profile lacks a part that machines of the kind need."""

    def layout_file(self, profile: Profile) -> str | None:
        """Return the name of the layout file of every program for the profile; None if programs have no such file."""

    def default_squeezing(self, profile: Profile) -> float:
        """Return the squeezing parameter r of latent modes where the user asks for none."""

    def check_source(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Report why no pass can bring a logical circuit onto the machine."""

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """Return the passes from logical operations to those of the machine, in order."""

    def lay_out(self, native: Circuit, profile: Profile, facts: tuple[object, ...], request: Request) -> Layout | None:
        """Lay out a native circuit, given what the passes reported; raises NotMappableError if it does not fit."""

    def check_native(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Report why a native circuit, with the text of its layout file, cannot run on the machine."""

    def caveats(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """State the limits of the proof, one line each; empty if it holds as it stands."""

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """Decide whether the two do the same."""

    def noisy(
        self,
        native: Circuit,
        profile: Profile,
        layout: str | None = None,
        scale: float = 1.0,
        without: Collection[str] = (),
    ) -> NoisyCircuit:
        """Place the noise of the profile in a circuit.

        ``scale`` multiplies every loss in dB and every noise variance, ``without`` names the parts of the noise that
        are left out (`compiler.costs.noise.PARTS` and ``"dephasing"``), ``layout`` is the text of the layout file.
        """

    def read_bits(self, results: Results, layout: str | None, rng: np.random.Generator) -> Results:
        """Turn quadratures into what the machine's detectors show, shot by shot, but for errors (`flipped`)."""

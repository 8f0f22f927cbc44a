"""Define rows of device tables: the cost of a program and the quality of its answer, or why it cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from compiler.artifact import StoredProgram
from compiler.costs.logical_loss import LossPerMode
from compiler.costs.multiplexing import Multiplexing
from compiler.errors import InputError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ENDS, PREPARATIONS
from compiler.machines import IonSettings, machine_of
from compiler.pipeline import CompiledProgram, compile_circuit
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A program on one device.

    Attributes
    ----------
    profile, status : str
    reason : MappingReason or None
        Why the device cannot run it: the first operation that does not fit. If given, all later fields are empty.
    gates, non_gaussian, depth : int
        Operations without preparations and readouts (pulses, on ions; macronodes, on a cluster machine); operations
        that are not Gaussian, resource states included (sequences, on ions); and layers.
    duration_s : float or None
        None if the profile does not time every operation in use. On ions it only counts spin displacements and timed
        gates, and is a lower bound.
    variance : float or None
        Variance of the answer in closed form; None where no closed form is known.
    shares : mapping from cause to float
        The part of the variance that each cause makes.
    loss : LossPerMode or None
        Loss of the program with the device's noise, preparations and detectors included, by wire and by source mode.
    by_bits : bool
        Whether the device reads one bit per shot.
    heralding : tuple of Multiplexing
        Sources that the heralded states of the program need.
    unverified : tuple of str
        Numbers of the profile that entered and are recalled or from a secondary source.
    """

    profile: str
    status: str
    reason: MappingReason | None = None
    gates: int = 0
    non_gaussian: int = 0
    depth: int = 0
    duration_s: float | None = None
    variance: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    loss: LossPerMode | None = None
    by_bits: bool = False
    heralding: tuple[Multiplexing, ...] = ()
    unverified: tuple[str, ...] = ()

    @property
    def limit(self) -> str:
        """The cause of the largest share of the variance."""
        return max(self.shares, key=lambda cause: self.shares[cause], default="")

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        loss = None if self.loss is None else self.loss.to_json()
        heralding = [states.to_json() for states in self.heralding]
        more = {"shares": dict(self.shares), "limit": self.limit, "loss": loss, "heralding": heralding}
        return asdict(self) | more

    def cells(self) -> tuple[str, str, str, str]:
        """Return the time, variance, and the largest losses of a wire and of a mode of the source, for a table."""
        time = "-" if self.duration_s is None else f"{self.duration_s:.3g} s"
        variance = "-" if self.variance is None else f"{self.variance:.3g}"
        if self.loss is None or not self.loss.total_db > 0.0:
            return time, variance, "-", "-"
        return time, variance, f"{self.loss.largest_wire_db:.3g} dB", f"{self.loss.largest_logical_db:.3g} dB"


def compiled_for(circuit: Circuit, profile: Profile, r: float | None = None) -> CompiledProgram:
    """Compile a program for a profile, with the readout that the device offers.

    A device without a homodyne detector reads one bit per shot through a spin.

    Parameters
    ----------
    circuit : Circuit
    profile : Profile
    r : float, optional
        Squeezing of the input modes that are read by bits; by default the device's usual one.

    Raises
    ------
    NotMappableError
        If the profile cannot run the program.
    """
    by_bits = "spin-one-bit" in profile.measurement
    input_r = machine_of(profile).default_squeezing(profile) if r is None else r
    return compile_circuit(circuit, profile, settings=IonSettings(input_r=input_r, kappa=1.0) if by_bits else None)


def stored(program: CompiledProgram) -> StoredProgram:
    """Return a compiled program as its folder would hold it."""
    layout = None if program.layout is None else program.layout.text
    return StoredProgram(program.source, program.circuit, program.profile, layout)


def refusal(error: InputError) -> MappingReason:
    """Return the reason that a row states where a program cannot be compiled."""
    if isinstance(error, NotMappableError):
        return error.reasons[0]
    return MappingReason("the program", " ".join(str(error).split()), "change what it says")


def costs(program: CompiledProgram) -> dict[str, Any]:
    """Return what a compiled program costs, by the attributes of `Row`."""
    summary = {} if program.layout is None else program.layout.summary
    timed = summary.get("duration_s", None if program.schedule.untimed else program.schedule.duration_s)
    gates = [op for op in program.circuit.operations if not isinstance(op, (*PREPARATIONS, *ENDS))]
    return {
        "gates": summary.get("pulses", summary.get("macronodes", len(gates))),
        "non_gaussian": sum(not op.gaussian for op in program.circuit.operations),
        "depth": summary.get("pulse_depth", program.resources.depth),
        "duration_s": None if timed is None else float(timed),
        "by_bits": machine_of(program.profile).reads_bits,
        "heralding": program.heralding,
        "unverified": program.unverified,
    }


def refused_text(reason: MappingReason) -> str:
    """Return the line of a table in the place of costs."""
    return f"not mappable, because {reason.operation}: {reason.reason}; {reason.relaxation}"


def heralding_lines(row: Row) -> list[str]:
    """Return the lines of a table under a row whose states are heralded: the sources that they take."""
    return [f"{'':22} {states.line()}" for states in row.heralding]


def unverified_lines(row: Row) -> list[str]:
    """Return the line of a table under a row whose costs rest on unverified numbers, or no line."""
    return [f"{'':22} unverified: {', '.join(row.unverified)}"] if row.unverified else []

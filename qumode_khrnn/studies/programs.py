"""One program on every device: what it costs there and how good its first answer is; or why it cannot run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from compiler.artifact import StoredProgram
from compiler.costs.logical_loss import LossPerMode
from compiler.errors import CircuitError, InputError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ENDS, PREPARATIONS
from compiler.machines import IonSettings, machine_of
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.typing import Advance
from hardware_profiles.schema import Profile
from simulations.exact.moments import NoClosedFormError
from simulations.programs.budget import Budget, budget_of, loss_of


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program on one device.

    Attributes
    ----------
    profile, status : str
    reason : MappingReason or None
        Why it cannot run: the first operation that does not fit. If given, what follows is empty.
    gates, non_gaussian, depth : int
        Operations without preparations and readouts (pulses, on ions; macronodes, on a cluster machine); what is not
        Gaussian, resource states included (sequences, on ions); and layers.
    duration_s : float or None
        None if the profile does not time every operation in use.
    answer : str
        The first nullifier that the readouts determine, or else the first result; empty if there is none.
    variance : float or None
        Of the answer, in closed form; None where there is none.
    shares : mapping from cause to float
        The part of the variance that each cause makes.
    loss : LossPerMode or None
        By wire and by mode of the source.
    by_bits : bool
        Whether the device reads one bit a shot.
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
    answer: str = ""
    variance: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    loss: LossPerMode | None = None
    by_bits: bool = False
    unverified: tuple[str, ...] = ()

    @property
    def limit(self) -> str:
        """The cause of the largest share of the variance."""
        return max(self.shares, key=lambda cause: self.shares[cause], default="")

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        loss = None if self.loss is None else self.loss.to_json()
        return asdict(self) | {"shares": dict(self.shares), "limit": self.limit, "loss": loss}


def compiled_for(circuit: Circuit, profile: Profile) -> CompiledProgram:
    """Compile a program for a profile, read as the device can: by one bit a shot where it has nothing else.

    Raises
    ------
    NotMappableError
        If the profile cannot run it.
    """
    by_bits = "spin-one-bit" in profile.measurement
    r = machine_of(profile).default_squeezing(profile)
    return compile_circuit(circuit, profile, settings=IonSettings(input_r=r, kappa=1.0) if by_bits else None)


def stored(program: CompiledProgram) -> StoredProgram:
    """A compiled program as its folder would hold it."""
    layout = None if program.layout is None else program.layout.text
    return StoredProgram(program.source, program.circuit, program.profile, layout)


def program_rows(
    profiles: Sequence[Profile], circuit: Circuit, advance: Advance | None = None
) -> tuple[ProgramRow, ...]:
    """A program on every profile."""
    rows: list[ProgramRow] = []
    for profile in profiles:
        rows.append(program_row(profile, circuit))
        if advance is not None:
            advance(len(rows))
    return tuple(rows)


def program_row(profile: Profile, circuit: Circuit) -> ProgramRow:
    """A program on one profile."""
    try:
        program = compiled_for(circuit, profile)
    except NotMappableError as error:
        return ProgramRow(profile.name, profile.status, error.reasons[0])
    except InputError as error:
        reason = MappingReason("the program", " ".join(str(error).split()), "change what it says")
        return ProgramRow(profile.name, profile.status, reason)
    summary = {} if program.layout is None else program.layout.summary
    budget = _budget(program)
    timed = summary.get("duration_s", None if program.schedule.untimed else program.schedule.duration_s)
    gates = [op for op in program.circuit.operations if not isinstance(op, (*PREPARATIONS, *ENDS))]
    return ProgramRow(
        profile.name,
        profile.status,
        None,
        gates=summary.get("pulses", summary.get("macronodes", len(gates))),
        non_gaussian=sum(not op.gaussian for op in program.circuit.operations),
        depth=summary.get("pulse_depth", program.resources.depth),
        duration_s=None if timed is None else float(timed),
        answer="" if budget is None else budget.answer,
        variance=None if budget is None else budget.variance,
        shares={} if budget is None else budget.shares,
        loss=_loss(program),
        by_bits=machine_of(profile).reads_bits,
        unverified=program.unverified,
    )


def _budget(program: CompiledProgram) -> Budget | None:
    """The budget of the first answer; none where bits are read, whose dephasing has no closed form."""
    if machine_of(program.profile).reads_bits:
        return None
    try:
        found = budget_of(stored(program), 1.0)
    except NoClosedFormError:
        return None
    return found[0] if found else None


def _loss(program: CompiledProgram) -> LossPerMode | None:
    """The loss per mode; none where an operation, such as the counting of photons, moves no quadratures."""
    try:
        return loss_of(stored(program), 1.0)
    except CircuitError:
        return None


def program_lines(rows: Sequence[ProgramRow]) -> list[str]:
    """The rows as a table; the losses are the largest of a wire and of a mode of the source."""
    columns = (
        f"{'gates':>6} {'not G.':>6} {'depth':>6} {'time':>9} {'answer':>8} {'variance':>9} {'wire':>8} {'logical':>8}"
    )
    lines = [f"{'':22} {columns}  largest part"]
    for row in rows:
        if row.reason is not None:
            reason = f"not mappable, because {row.reason.operation}: {row.reason.reason}; {row.reason.relaxation}"
            lines.append(f"{row.profile:22} {reason}")
            continue
        time = "-" if row.duration_s is None else f"{row.duration_s:.3g} s"
        variance = "-" if row.variance is None else f"{row.variance:.3g}"
        wire, logical = "-", "-"
        if row.loss is not None and row.loss.total_db > 0.0:
            wire, logical = f"{row.loss.largest_wire_db:.3g} dB", f"{row.loss.largest_logical_db:.3g} dB"
        lines.append(
            f"{row.profile:22} {row.gates:6} {row.non_gaussian:6} {row.depth:6} {time:>9} {row.answer or '-':>8} "
            f"{variance:>9} {wire:>8} {logical:>8}  {row.limit}"
        )
        if row.unverified:
            lines.append(f"{'':22} unverified: {', '.join(row.unverified)}")
    return lines

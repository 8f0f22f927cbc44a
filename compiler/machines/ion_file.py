"""The layout file of ion programs: the pulses of every phase and the readouts through the spin."""

from __future__ import annotations

from cmath import phase
from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, Field

from compiler.files import json_text
from compiler.ions.extent import Interval
from compiler.ions.program import IonGate, IonProgram
from compiler.ions.qscout import IonLayout, MotionalMode, QscoutCalibration
from compiler.ions.qscout_steps import QscoutStep
from compiler.ions.readout import SpinReadout
from compiler.ions.sequences.certify import SequenceError
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.powers import Direction
from compiler.ions.sequences.sequence import SpinSequence
from compiler.ions.sequences.synthesis import Synthesised
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout, Homodyne, PolynomialPhase
from compiler.ir.polynomial import Polynomial
from compiler.machines.layout import STRICT, Bounded, Index, LayoutFile
from hardware_profiles.schema import Profile


class Part(BaseModel):
    """Base of the parts of the file: strictly typed, without unknown keys."""

    model_config = STRICT


class Sequence(Part):
    """The pulses of one phase, a `compiler.ions.SpinSequence` on ``u . x``, with its error on ``|u . x| <= extent``."""

    operation: Index
    modes: tuple[Index, ...]
    vector: tuple[Bounded, ...]
    phase: tuple[float, ...]
    extent: Annotated[float, Field(gt=0.0, le=1e6)]
    sup_norm: Annotated[float, Field(ge=0.0, le=2.1)]
    leak: Annotated[float, Field(ge=0.0, le=1.1)]
    kick: Bounded
    offset: Bounded
    areas: tuple[Bounded, ...]
    polar: tuple[Bounded, ...]
    azimuth: tuple[Bounded, ...]

    @classmethod
    def of(cls, operation: int, gate: IonGate) -> Sequence:
        """Return the sequence of an operation of the native circuit."""
        found, error = gate.synthesised.sequence, gate.synthesised.error
        return cls(
            operation=operation,
            modes=gate.direction.modes,
            vector=gate.direction.vector,
            phase=gate.direction.phase.coefficients,
            extent=error.extent,
            sup_norm=error.sup_norm,
            leak=error.leak,
            kick=found.kick,
            offset=found.offset,
            areas=found.areas,
            polar=found.polar,
            azimuth=found.azimuth,
        )


class Reading(Part):
    """A readout of the circuit, by name, as one bit of the spin per shot: ``P(+) = (1 + cos(kappa q)) / 2``."""

    result: str
    kappa: Annotated[float, Field(gt=0.0, le=100.0)]


class DisplacementReading(Part):
    """The pulses of a `DisplacementReadout` of the circuit, as a laboratory drives them to get its bit.

    In order of time, with `compiler.ions.SpinRotation` and the amplitudes ``g_j = amplitude_j e^{i angle_j}``:

    1. the spin starts in ``|0>``, and ``prepare`` turns it to ``|+>``;
    2. one spin-dependent displacement of all modes at once, ``exp(sigma_z sum_j (g_j a_j^dag - g_j^* a_j))``;
    3. ``analyse`` turns the spin back, and it is read: ``|0>`` is the result +1, ``|1>`` is -1;
    4. a displacement of every mode by the same g_j, without the spin: the kick of `compiler.ions.readout`. It commutes
       with the rest, so that it may as well come first, by the pulse of step 2 with the spin in ``|0>``; where the
       modes are not used again it can be left out.
    """

    operation: Index
    result: str
    modes: tuple[Index, ...]
    amplitude: tuple[Annotated[float, Field(ge=0.0, le=1e6)], ...]
    angle: tuple[Bounded, ...]
    prepare: tuple[Bounded, Bounded]
    analyse: tuple[Bounded, Bounded]

    @classmethod
    def of(cls, operation: int, op: DisplacementReadout) -> DisplacementReading:
        """Return the pulses of a readout of the native circuit."""
        pulses = SpinReadout(op.modes, op.alpha, op.beta)
        prepare, analyse = pulses.rotations
        return cls(
            operation=operation,
            result=op.result,
            modes=op.modes,
            amplitude=tuple(abs(g) for g in pulses.amplitudes),
            angle=tuple(phase(g) if g else 0.0 for g in pulses.amplitudes),
            prepare=(prepare.polar, prepare.azimuth),
            analyse=(analyse.polar, analyse.azimuth),
        )


class IonFile(LayoutFile):
    """Pulses and readouts; ``error`` bounds the sum of the sequences' errors.

    ``displacement_readouts`` is left out of the file where it is empty: older versions do not know this key.
    """

    FORMAT = "qumode-khrnn/ions"
    error: Annotated[float, Field(gt=0.0, lt=2.0)]
    deviations: Annotated[float, Field(ge=1.0, le=10.0)]
    input_r: Annotated[float, Field(ge=0.0, le=4.0)]
    sequences: tuple[Sequence, ...]
    readouts: tuple[Reading, ...]
    displacement_readouts: tuple[DisplacementReading, ...] = ()
    calibration: QscoutCalibration | None = None

    def text(self) -> str:
        """Return the file, without ``displacement_readouts`` where there are none."""
        body = self.model_dump(mode="json", exclude=None if self.displacement_readouts else {"displacement_readouts"})
        return json_text({"format": self.FORMAT, "version": 1, **body})


def gate_of(sequence: Sequence) -> IonGate:
    """Return the gate of a sequence; raises InputError where its numbers do not fit together."""
    line = LinePhase(sequence.phase)
    pulses = SpinSequence(sequence.polar, sequence.azimuth, sequence.areas, sequence.kick, sequence.offset)
    error = SequenceError(sequence.extent, sequence.sup_norm, sequence.leak, 0.0, 0)
    return IonGate(Direction(sequence.modes, sequence.vector, line), Synthesised(line, pulses, error))


def ion_program(native: Circuit, file: IonFile, place: Callable[[int], int] = lambda mode: mode) -> IonProgram:
    """Return all phases of a native circuit as one program, on modes with other numbers if ``place`` gives them."""
    total = Polynomial({})
    for op in native.operations:
        if isinstance(op, PolynomialPhase):
            total = total + op.polynomial.relabel(lambda v: place(v) if isinstance(v, int) else v)
    moved = (sequence.model_copy(update={"modes": tuple(map(place, sequence.modes))}) for sequence in file.sequences)
    gates = tuple(gate_of(sequence) for sequence in moved)
    largest = max((gate.synthesised.error.extent for gate in gates), default=1.0)
    return IonProgram(total, Interval(largest), gates)


def steps_of(native: Circuit, file: IonFile) -> list[QscoutStep]:
    """Return the steps of a native circuit for Jaqal: sequences for phases, bits for readouts."""
    sequences = {sequence.operation: sequence for sequence in file.sequences}
    kappas = {reading.result: reading.kappa for reading in file.readouts}
    steps: list[QscoutStep] = []
    for index, op in enumerate(native.operations):
        if isinstance(op, PolynomialPhase) and index in sequences:
            steps.append(gate_of(sequences[index]))
        elif isinstance(op, Homodyne) and op.result in kappas:
            steps.append(SpinReadout.of_quadrature(op.modes, (1.0,), kappas[op.result], op.angle))
        else:
            steps.append(op)
    return steps


def is_qscout(profile: Profile) -> bool:
    """Return whether programs for the profile are written in hybridlane's dialect of Jaqal."""
    return "zCD" in profile.primitives


def layout_of(native: Circuit, profile: Profile) -> IonLayout:
    """Return modes in the order of the profile's names, all ions as spins."""
    names = profile.topology.mode_names[: native.modes]
    ions = 1 if profile.spins is None else int(profile.spins.count.value)
    return IonLayout(tuple(MotionalMode.parse(name) for name in names), tuple(range(ions)), ions)

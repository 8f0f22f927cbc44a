"""Check an ion file against its circuit: does it hold the circuit's pulses, and are they as accurate as stated?"""

from __future__ import annotations

from cmath import rect
from collections import Counter

from compiler.errors import MappingReason, NotMappableError
from compiler.ions.sequences.certify import certify
from compiler.ions.sequences.powers import polynomial_along
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout, PolynomialPhase
from compiler.machines.ion_file import DisplacementReading, IonFile, gate_of
from compiler.machines.ion_positions import position_laws
from compiler.machines.layout import ION_FILE
from hardware_profiles.schema import Profile

ERROR_ROUNDING = 1e-9
"""Rounding between an error as written and as certified again."""

PULSE_ROUNDING = 1e-9
"""Rounding of the amplitudes and angles of a readout's pulses, absolute."""


def wrong_pulses(native: Circuit, profile: Profile, file: IonFile) -> list[MappingReason]:
    """Return the reasons why the pulses of a file are wrong, from the circuit and the angles alone."""
    try:
        laws = {law.operation: law for law in position_laws(native, profile.name, file.input_r)}
    except NotMappableError as error:
        return list(error.reasons)
    held = {sequence.operation: sequence for sequence in file.sequences}
    count = Counter(sequence.operation for sequence in file.sequences)
    reasons = [
        MappingReason(f"operation {index}", f"{ION_FILE} must hold {wanted}, found {count[index]}", "compile it again")
        for index in sorted(laws.keys() | count.keys())
        for wanted in ("one sequence for this phase" if index in laws else "sequences for phases only",)
        if count[index] != (index in laws)
    ]
    reasons += _wrong_readouts(native, file)
    read = Counter([*(one.result for one in file.readouts), *(one.result for one in file.displacement_readouts)])
    for result in sorted(read.keys() | set(native.results)):
        if read[result] != (result in native.results):
            wrong = f"{ION_FILE} must state once how {result} is read, found {read[result]} times"
            if result not in native.results:
                wrong = f"{ION_FILE} reads {result}, but no operation of the circuit does"
            reasons.append(MappingReason("the circuit", wrong, "compile it again"))
    total = 0.0
    for index in sorted(laws.keys() & held.keys()):
        op, sequence = native.operations[index], held[index]
        assert isinstance(op, PolynomialPhase)
        where = f"operation {index} {op}"
        gate = gate_of(sequence)
        off = op.polynomial - polynomial_along(gate.direction.modes, gate.direction.vector, gate.direction.phase)
        largest = max((abs(c) for c in op.polynomial.terms.values()), default=0.0)
        if max((abs(c) for c in off.terms.values()), default=0.0) > 1e-9 * largest:
            reasons.append(MappingReason(where, "its sequence is for another phase", "compile it again"))
        needed = laws[index].extent(file.deviations)
        if gate.synthesised.error.extent < needed * (1.0 - ERROR_ROUNDING):
            certified = f"|u.x| <= {gate.synthesised.error.extent:.6g}"
            reason = f"its sequence is certified for {certified}, but {needed:.6g} is needed"
            reasons.append(MappingReason(where, reason, "compile it again"))
        again = certify(gate.synthesised.sequence, gate.direction.phase, gate.synthesised.error.extent)
        if again.sup_norm > sequence.sup_norm + ERROR_ROUNDING or again.leak > sequence.leak + ERROR_ROUNDING:
            reason = f"the error of its sequence is {again.sup_norm:.6g}, but {ION_FILE} states {sequence.sup_norm:.6g}"
            reasons.append(MappingReason(where, reason, "compile it again"))
        total += again.sup_norm
    if total > file.error + ERROR_ROUNDING:
        found = f"the errors of the sequences add up to {total:.6g}, but {ION_FILE} states {file.error:.6g}"
        reasons.append(MappingReason("the circuit", found, "compile it again"))
    return reasons


def _wrong_readouts(native: Circuit, file: IonFile) -> list[MappingReason]:
    """Return reasons for displacement readouts whose pulses are missing, given twice, or of another displacement."""
    reasons = []
    for index, op in enumerate(native.operations):
        held = [reading for reading in file.displacement_readouts if reading.operation == index]
        if isinstance(op, DisplacementReadout) and not (len(held) == 1 and _same_pulses(held[0], op)):
            reason = f"{ION_FILE} must hold the pulses of this displacement once, found {len(held)} times"
            if len(held) == 1:
                reason = f"{ION_FILE} holds the pulses of another displacement"
            reasons.append(MappingReason(f"operation {index} {op}", reason, "compile it again"))
        elif held and not isinstance(op, DisplacementReadout):
            reason = f"{ION_FILE} holds pulses of a displacement readout for it, but it is no such readout"
            reasons.append(MappingReason(f"operation {index} {op}", reason, "compile it again"))
    return reasons


def _same_pulses(reading: DisplacementReading, op: DisplacementReadout) -> bool:
    """Return whether pulses read ``(1 +- D) / 2`` of the operation's D, under the name of its result."""
    wanted = DisplacementReading.of(reading.operation, op)
    if (reading.result, reading.modes) != (wanted.result, wanted.modes):
        return False
    if not len(reading.amplitude) == len(reading.angle) == len(op.modes):
        return False
    found = [rect(size, angle) for size, angle in zip(reading.amplitude, reading.angle, strict=True)]
    asked = [rect(size, angle) for size, angle in zip(wanted.amplitude, wanted.angle, strict=True)]
    turns = zip((*reading.prepare, *reading.analyse), (*wanted.prepare, *wanted.analyse), strict=True)
    return all(abs(a - b) <= PULSE_ROUNDING for a, b in (*zip(found, asked, strict=True), *turns))

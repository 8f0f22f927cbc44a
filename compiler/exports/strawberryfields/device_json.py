"""Write device specifications of photonic profiles for Strawberry Fields, and check them by compiling the program."""

from __future__ import annotations

from compiler.errors import CircuitError, InputError
from compiler.exports.format import ExportInput, Format, same_text
from compiler.exports.reading.difference import difference
from compiler.exports.strawberryfields.device import (
    compile_loops,
    compile_on,
    compile_pairs,
    loop_spec,
    paired_spec,
    spec_text,
    universal_spec,
)
from compiler.exports.strawberryfields.program import from_strawberryfields, strawberryfields, to_strawberryfields
from compiler.ir.circuit import Circuit
from compiler.ir.operations import NOISE, ControlledX, ControlledZ, Shear, used
from compiler.machines import machine_of
from compiler.machines.loops import Loops, job_of
from compiler.machines.pairs import Pairs
from compiler.photon_counters.loop_job import loop_device, loop_efficiencies
from compiler.photon_counters.pair_fit import paired_device
from hardware_profiles.schema import Profile


def to_device_json(native: Circuit, profile: Profile, layout: str | None = None) -> str:
    """Return the specification of a profile as JSON text, after Strawberry Fields has compiled the program for it.

    For machines of pairs and of loops, Strawberry Fields has special compilers (``Xunitary`` and ``borealis``); their
    result must prepare the same state. For other machines the compiler is ``gaussian`` if the program is Gaussian, and
    else ``fock``; the result must be the same circuit.

    Raises
    ------
    InputError
        If the profile is not photonic, or the compiler refuses or changes the program.
    """
    if profile.family not in ("photonic", "ideal"):
        raise InputError(f"Strawberry Fields describes photonic devices, and {profile.name} is {profile.family}")
    target = profile.name.replace("-", "_")  # Blackbird's names have no hyphens
    machine = machine_of(profile)
    if isinstance(machine, Pairs):
        device = paired_device(profile)
        compile_pairs(native, device, target)
        return spec_text(paired_spec(device, target))
    if isinstance(machine, Loops):
        loops = loop_device(profile)
        job = job_of(native, profile, layout)
        compile_loops(job, loops, target)
        compile_loops(job, loops, target, loop_efficiencies(profile))
        return spec_text(loop_spec(loops, target))
    gaussian = all(op.gaussian for op in native.operations)
    spec = universal_spec(target, native.modes, "gaussian" if gaussian else "fock")
    if any(isinstance(op, NOISE) for op in native.operations):
        raise CircuitError("a program for a device must not contain noise operations; give the circuit without them")
    for index, op in enumerate(native.operations):
        if isinstance(op, Shear | ControlledX | ControlledZ) and used(op):
            raise CircuitError(
                f"operation {index} {op} depends on a readout, as the correction of a teleported cubic gate does; "
                f"the {spec['compiler'][0]} compiler turns it into squeezers and rotations whose parameters are not "
                "polynomials in the readout, so that the result cannot be compared; use blackbird or strawberryfields"
            )
    refused = strawberryfields().program_utils.CircuitError
    try:
        compiled = compile_on(to_strawberryfields(native), spec)
    except (refused, ValueError) as error:
        raise InputError(f"the {spec['compiler'][0]} compiler refuses the program: {error}") from None
    if reason := difference(from_strawberryfields(compiled), native):
        raise InputError(f"the {spec['compiler'][0]} compiler changed the program: {reason}")
    return spec_text(spec)


def _write(given: ExportInput) -> str:
    if given.profile is None:
        raise InputError("a device specification is made from a profile")
    return to_device_json(given.native, given.profile, given.layout)


FORMAT = Format(
    "device",
    "device.json",
    "read back by strawberryfields.Device, and the program compiled for it",
    _write,
    same_text(_write, "device specification of the profile"),
)

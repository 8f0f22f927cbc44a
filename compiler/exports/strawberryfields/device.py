"""Photonic devices in Strawberry Fields 0.23: device specifications, programs for them, and their compilation.

The compilers of Strawberry Fields keep the layout of a device on their class, so the layout is removed before and after
each compilation. The compiled program is read back and compared with the requested one, because the Borealis compiler
shifts rotations that are out of range by pi and only logs this change.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import pi, remainder
from typing import Any

import numpy as np

from compiler.errors import CircuitError, NotMappableError
from compiler.exports.strawberryfields.program import from_strawberryfields, strawberryfields
from compiler.files import json_text, parse_json
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Rotation
from compiler.photon_counters.loop_job import LoopDevice, LoopEfficiencies, LoopJob, job_reasons
from compiler.photon_counters.pair_fit import PairedDevice, PairedProgram, fit_pairs
from compiler.semantics.gaussian_state import GaussianState, prepared_state
from compiler.typing import Array

COVARIANCE_TOLERANCE = 1e-6
"""Largest accepted difference of covariances; the meshes of Strawberry Fields are accurate to about 1e-9."""

LOSSLESS_CHANNELS = 16
"""Number of detector channels in a certificate without losses."""

BUILT_IN_DELAYS = (1, 6, 36)
"""Delays of the loops that are built into the ``borealis`` compiler of Strawberry Fields, in bins."""

COMPILERS = ("fock", "gaussian")
"""Compilers for universal machines: one for cubic gates, homodyne and loss, one for Gaussian operations only."""


def paired_spec(device: PairedDevice, target: str = "X8_01") -> dict[str, Any]:
    """Return the specification of a device of the X8 kind, for `strawberryfields.Device`.

    The layout has a rectangular mesh of Mach-Zehnder interferometers on each half, with equal phases, and one free
    phase per mode, which does not change photon counts.

    Examples
    --------
    >>> spec = paired_spec(PairedDevice("four-pairs", 4, (0.0, 1.0)))
    >>> spec["modes"], spec["gate_parameters"]["squeezing_amplitude_3"], spec["layout"].count("MZgate")
    (8, [0.0, 1.0], 12)
    """
    n = device.pairs
    mesh = [(m, m + 1) for column in range(n) for m in range(column % 2, n - 1, 2)]
    lines = [f"name template_{n}x2", "version 1.0", f"target {target} (shots=1)", ""]
    lines += [f"S2gate({{squeezing_amplitude_{m}}}, 0.0) | [{m}, {m + n}]" for m in range(n)]
    for first in (0, n):
        lines += [
            f"MZgate({{phase_{2 * i}}}, {{phase_{2 * i + 1}}}) | [{first + a}, {first + b}]"
            for i, (a, b) in enumerate(mesh)
        ]
    lines += [f"Rgate({{final_phase_{m}}}) | [{m}]" for m in range(2 * n)]
    lines.append(f"MeasureFock() | {list(range(2 * n))}")
    phases = [f"phase_{i}" for i in range(2 * len(mesh))] + [f"final_phase_{m}" for m in range(2 * n)]
    return {
        "target": target,
        "layout": "\n".join(lines) + "\n",
        "modes": 2 * n,
        "compiler": ["Xunitary"],
        "gate_parameters": {f"squeezing_amplitude_{m}": list(device.levels) for m in range(n)}
        | {name: [[0.0, 2.0 * pi]] for name in phases},
    }


def loop_spec(device: LoopDevice, target: str = "borealis") -> dict[str, Any]:
    """Return the specification of a device of the Borealis kind.

    Raises
    ------
    CircuitError
        If the delays differ from those that are built into the compiler of Strawberry Fields.

    Examples
    --------
    >>> device = LoopDevice("loops", (1, 6, 36), 216, 331, (0.0, 0.9), pi / 2, pi / 2, pi / 2)
    >>> loop_spec(device)["modes"]
    {'concurrent': 44, 'spatial': 1, 'temporal_max': 331}
    """
    if device.delays != BUILT_IN_DELAYS:
        raise CircuitError(f"Strawberry Fields compiles loops of {BUILT_IN_DELAYS} bins, found {device.delays}")
    bins = device.modes + sum(device.delays)
    lines = [
        "name template_loops",
        "version 1.0",
        f"target {target} (shots=1)",
        f"type tdm (temporal_modes={bins}, copies=1)",
        "",
    ]
    names = ["s", *(f"{gate}{i}" for i in range(len(device.delays)) for gate in ("r", "bs"))]
    for place, name in enumerate(names):
        lines += [f"float array p{place}[1, {bins}] =", f"    {{{name}}}"]
    enters = sum(device.delays)
    lines += ["", f"Sgate({{s}}, 0.0) | {enters}"]
    parameters: dict[str, Any] = {"s": list(device.levels)}
    for i, d in enumerate(device.delays):
        lines += [
            f"Rgate({{r{i}}}) | {enters}",
            f"BSgate({{bs{i}}}, {device.phi!r}) | [{enters - d}, {enters}]",
            f"Rgate({{loop{i}_phase}}) | {enters}",
        ]
        parameters |= {
            f"r{i}": [[-device.phase, device.phase]],
            f"bs{i}": [[0.0, device.splitter]],
            f"loop{i}_phase": [[-pi, pi]],
        }
        enters -= d
    lines.append("MeasureFock() | 0")
    return {
        "target": target,
        "layout": "\n".join(lines) + "\n",
        "modes": {"concurrent": sum(device.delays) + 1, "spatial": 1, "temporal_max": device.bins},
        "compiler": ["borealis"],
        "gate_parameters": parameters,
    }


def loop_certificate(device: LoopDevice, efficiencies: LoopEfficiencies | None = None) -> dict[str, Any]:
    """Return the certificate of a device of the Borealis kind: loop phases, efficiencies (1 by default) and levels.

    Raises
    ------
    CircuitError
        If the number of efficiencies differs from the number of loops.
    """
    eta = efficiencies or LoopEfficiencies(1.0, (1.0,) * len(device.delays), (1.0,) * LOSSLESS_CHANNELS)
    if len(eta.loops) != len(device.delays):
        raise CircuitError(f"{len(device.delays)} loops need as many efficiencies, found {len(eta.loops)}")
    names = ("zero", "low", "medium", "high")
    return {
        "loop_phases": list(device.loop_phases or (0.0,) * len(device.delays)),
        "common_efficiency": eta.common,
        "loop_efficiencies": list(eta.loops),
        "relative_channel_efficiencies": list(eta.channels),
        "squeezing_parameters_mean": dict(zip(names, sorted(device.levels), strict=False)),
    }


def universal_spec(target: str, modes: int, compiler: str = "fock") -> dict[str, Any]:
    """Return the specification of a machine without a fixed layout, for the ``fock`` or ``gaussian`` compiler.

    Such a specification has no ranges of parameters, because these would need a layout, which fixes the circuit;
    `compiler.machines.limits` checks the ranges.

    Raises
    ------
    CircuitError
        If the compiler is not one of `COMPILERS`, or the number of modes is below 1.
    """
    if compiler not in COMPILERS:
        raise CircuitError(f"a machine without a layout is compiled by {' or '.join(COMPILERS)}, found {compiler!r}")
    if modes < 1:
        raise CircuitError(f"a device needs at least 1 mode, found {modes}")
    return {"target": target, "layout": None, "modes": modes, "compiler": [compiler], "gate_parameters": None}


def spec_text(spec: Mapping[str, Any]) -> str:
    """Return a specification as JSON text, after Strawberry Fields has read the text back as a device."""
    text = json_text(dict(spec))
    strawberryfields().Device(parse_json(text, "device.json"))
    return text


def paired_program(program: PairedProgram, name: str = "khrnn") -> Any:
    """Return a `strawberryfields.Program` of two-mode squeezers, the interferometer on both halves, photon counting."""
    sf = strawberryfields()
    n, u = program.pairs, np.array(program.unitary, dtype=complex)
    out = sf.Program(2 * n, name=name)
    with out.context as q:
        for m, r in enumerate(program.squeezing):
            sf.ops.S2gate(r) | (q[m], q[m + n])
        for half in (q[:n], q[n:]):
            sf.ops.Interferometer(u) | half
        sf.ops.MeasureFock() | q
    return out


def loop_program(job: LoopJob, device: LoopDevice, name: str = "khrnn") -> Any:
    """Return the `strawberryfields.TDMProgram` of a job, with empty bins around it until all loops are empty again.

    Raises
    ------
    NotMappableError
        If the device cannot run the job.
    """
    if reasons := job_reasons(job, device):
        raise NotMappableError(device.name, reasons)
    sf = strawberryfields()
    bins = job.modes + sum(device.delays)

    def padded(values: tuple[float, ...], offset: int) -> list[float]:
        return [0.0] * offset + [float(v) for v in values] + [0.0] * (bins - offset - len(values))

    lists = [padded((job.r,) * job.modes, 0)]
    for place, (loop, offset) in enumerate(zip(job.loops, device.offsets, strict=True)):
        turns = padded(loop.rotation, offset)
        for bin_ in {*range(bins)} - {*range(offset, offset + job.modes)}:  # empty: rest the modulator
            turns[bin_] = -remainder(device.compensation(place, bin_ - offset), 2.0 * pi)
        lists += [turns, padded(loop.theta, offset)]
    indices, concurrent = sf.tdm.get_mode_indices(list(device.delays))
    out = sf.TDMProgram(int(concurrent), name=name)
    with out.context(*lists) as (p, q):
        sf.ops.Sgate(p[0]) | q[int(indices[0])]
        for i in range(len(device.delays)):
            new, old = int(indices[i]), int(indices[i + 1])
            sf.ops.Rgate(p[2 * i + 1]) | q[new]
            sf.ops.BSgate(p[2 * i + 2], device.phi) | (q[old], q[new])
        sf.ops.MeasureFock() | q[0]
    return out


def compile_on(
    program: Any,
    spec: Mapping[str, Any],
    compiler: str | None = None,
    certificate: Mapping[str, Any] | None = None,
    realistic_loss: bool = False,
) -> Any:
    """Compile a program for a device specification; let errors of Strawberry Fields pass.

    The compiler is the first of the specification, unless another one is given. With ``realistic_loss`` it adds the
    loss that the certificate states.
    """
    sf = strawberryfields()
    from strawberryfields.compilers import compiler_db

    name = compiler or spec["compiler"][0]
    compiler_db[name].reset_circuit()
    options = {"realistic_loss": True} if realistic_loss else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of modes that do not interact
            device = sf.Device(dict(spec), certificate)
            return program.compile(device=device, compiler=name, warn_connected=False, **options)
    finally:
        compiler_db[name].reset_circuit()


def compile_pairs(circuit: Circuit, device: PairedDevice, target: str = "X8_01") -> Any:
    """Fit a Gaussian preparation to a device of the X8 kind and compile it there.

    Returns
    -------
    strawberryfields.Program
        The program that ``Xunitary`` compiled for `paired_spec`; it prepares the state of the circuit and then counts.

    Raises
    ------
    NotMappableError
        If the circuit does not fit.
    CircuitError
        If the compiled program prepares another state.
    """
    fitted = fit_pairs(circuit, device)
    compiled = compile_on(paired_program(fitted), paired_spec(device, target))
    wanted = prepared_state(Circuit(2 * device.pairs, circuit.operations))
    _require(wanted, counted_state(compiled), "Xunitary")
    return compiled


def compile_loops(
    job: LoopJob,
    device: LoopDevice,
    target: str = "borealis",
    efficiencies: LoopEfficiencies | None = None,
) -> Any:
    """Compile a job for a device of the Borealis kind.

    Parameters
    ----------
    job : LoopJob
    device : LoopDevice
    target : str
    efficiencies : LoopEfficiencies, optional
        If given, the compiled program contains the loss of a certificate with these efficiencies, for simulation.

    Returns
    -------
    strawberryfields.TDMProgram
        The program that ``borealis`` compiled for `loop_spec`, with rotations that compensate the loop phases. It
        prepares the state of the job, up to phases that the loops leave (`LoopDevice.final_phase`), and then counts.

    Raises
    ------
    NotMappableError
        If the device cannot run the job.
    CircuitError
        If the compiled program prepares another state.
    """
    certificate = loop_certificate(device, efficiencies)
    program = loop_program(job, device)
    compiled = compile_on(
        program, loop_spec(device, target), certificate=certificate, realistic_loss=efficiencies is not None
    )
    compiled.space_unroll()
    unrolled = from_strawberryfields(_without_counting(compiled))
    compiled.roll()
    n, first, modes = job.modes, sum(device.delays), unrolled.modes  # wires before the first pulse are vacuum
    undo = tuple(Rotation((first + w,), -device.final_phase(w)) for w in range(n))
    every = prepared_state(unrolled.then(undo))
    rows = [first + w + part for part in (0, modes) for w in range(n)]
    found = GaussianState(every.mean[rows], every.cov[np.ix_(rows, rows)])
    _require(prepared_state(job.circuit(device, efficiencies)), found, "borealis")
    return compiled


def counted_state(program: Any) -> GaussianState:
    """Return the state before the photon counters of a program of pairs, from Strawberry Fields' Gaussian back end."""
    state = strawberryfields().Engine("gaussian").run(_without_counting(program)).state
    return GaussianState(np.array(state.means(), dtype=float), np.array(state.cov(), dtype=float))


def _without_counting(program: Any) -> Any:
    """Return the gates of a program as another `strawberryfields.Program`."""
    bare = strawberryfields().Program(program.num_subsystems)
    with bare.context as q:
        for command in program.circuit:
            if type(command.op).__name__ != "MeasureFock":
                command.op | [q[r.ind] for r in command.reg]
    return bare


def _require(wanted: GaussianState, found: GaussianState, compiler: str) -> None:
    off: Array = np.abs(wanted.cov - found.cov)
    if not off.max(initial=0.0) <= COVARIANCE_TOLERANCE:
        raise CircuitError(
            f"the {compiler} compiler changed the state: covariances differ by {off.max():.3g}; do not run its program"
        )

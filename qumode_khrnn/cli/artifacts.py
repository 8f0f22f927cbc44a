"""``khrnn verify``, ``simulate`` and ``budget``: what is done with compiled programs, and with program files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from qumode_khrnn.cli.common import Json, fail, say_notes, show, tracker
from qumode_khrnn.cli.front.idle import refuse_idle, refuse_options
from qumode_khrnn.cli.profiles import SetOption
from qumode_khrnn.cli.programs import (
    BindOption,
    DropNoise,
    Vacuum,
    compile_in_memory,
    is_program_file,
    open_program,
    verify_program,
)


def verify(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A folder written by khrnn compile or khrnn hsmt bound, or a program file."
        ),
    ],
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate",
            help="Also simulate a small instance on every back end, or the pulses of a program for trapped ions.",
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the random numbers of --simulate, a whole number; 0 by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a compiled program, or the certificate of a bound, from its files alone.

    The exit code is 1 if the check fails. For a program file (program.json, .xbb, .xir, .qasm, .py) the command says
    what the file holds, or why it is not a program.

    Example: khrnn verify compiled --simulate
    """
    from compiler.errors import InputError
    from qumode_khrnn.separation.certificate import is_certificate

    if is_certificate(folder):
        idle = {"--simulate": simulate, "--seed": seed is not None}
        refuse_options(folder, idle, "the certificate of a bound, which is checked without simulation")
        _verify_bound(folder, as_json=as_json)
        return
    if is_program_file(folder):
        idle = {"--simulate": simulate, "--seed": seed is not None}
        refuse_options(folder, idle, "a program file; khrnn simulate runs it")
        verify_program(folder, as_json)
        return
    if seed is not None and not simulate:
        raise InputError("--seed is for --simulate; give --simulate, or leave --seed out")
    from compiler.artifact import check_artifact
    from qumode_khrnn.cli.compile_text import resource_note

    check = check_artifact(folder)
    found = check.equivalence
    data = {
        "equivalent": found.equivalent,
        "method": check.method,
        "residual": found.residual if found.residual != float("inf") else None,
        "tolerance": found.tolerance,
        "precision": found.precision,
        "ideal_resources": found.resources,
        "teleportation_noise": check.noise,
        "claims": list(check.caveats),
        "problems": list(check.problems),
    }
    if check.problems:
        if as_json:
            typer.echo(json.dumps(data))
        fail("; ".join(check.problems), 1)
    lines = [
        f"holds: program.json equals source.json (residual {found.residual:.1e}, {found.precision})"
        f"{resource_note(found.resources, check.noise)}, and fits the profile",
        *check.caveats,
    ]
    failed: tuple[str, ...] = ()
    if simulate:
        from qumode_khrnn.cli.simulation_text import validation_lines
        from simulations.programs.cross_validation import CrossValidation, validate_folder
        from simulations.programs.instances import NoInstanceError
        from simulations.programs.ion_pulses import check_pulses

        runs: tuple[CrossValidation, ...] = ()
        try:
            with tracker() as track:
                pulses = check_pulses(folder)
                runs = validate_folder(folder, seed or 0, track) if pulses is None else ()
            if pulses is not None:
                data["pulses"] = pulses.to_json()
                lines += pulses.lines()
                failed = pulses.failed()
        except NoInstanceError as error:
            lines.append(f"not simulated: {error}")
        data["simulations"] = [one.to_json() for one in runs]
        lines += validation_lines(runs)
        failed += tuple(text for one in runs for text in one.unexplained)
    show(data, as_json, lines)
    if failed:
        fail("; ".join(failed), 1)


def _verify_bound(path: Path, *, as_json: bool) -> None:
    from dataclasses import asdict

    from qumode_khrnn.separation.certificate import check_certificate

    found = check_certificate(path)
    if found.problems:
        if as_json:
            typer.echo(json.dumps(asdict(found)))
        fail("; ".join(found.problems), 1)
    text = (
        f"holds: {found.modes} modes need {found.bits} bits for k = 2; {found.triples} triples refuted, "
        f"{found.paths} paths of answers, at most {found.deepest} readouts (docs/hsmt.md has the proof they complete)"
    )
    show(asdict(found), as_json, [text])


def simulate(
    folder: Annotated[
        Path, typer.Argument(metavar="PATH", help="A folder written by khrnn compile, or a program file.")
    ],
    shots: Annotated[
        int, typer.Option(help="Number of shots; 0 prints the moments in closed form, without sampling.")
    ] = 1000,
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Simulator: exact, momenta, branches, grid, strawberryfields or mrmustard (khrnn backends describes "
            "them). auto takes exact, or momenta for joint momenta that exact refuses.",
        ),
    ] = "auto",
    loss_scale: Annotated[
        float | None,
        typer.Option(help="Factor on the profile's losses in dB and on its noise; 0 for no noise, 1 by default."),
    ] = None,
    cutoff: Annotated[
        int | None,
        typer.Option(
            help="Number of Fock states per mode in strawberryfields and mrmustard, for non-Gaussian programs; 8 by "
            "default."
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(help="Number of threads of the back ends exact and momenta; by default one per processor."),
    ] = None,
    logical: Annotated[
        bool,
        typer.Option("--logical", help="Run the source circuit without noise instead of the compiled program."),
    ] = False,
    bind: BindOption = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the random numbers, a whole number from 0 on; 0 by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sample the readouts of a compiled program with the noise of its device.

    Outcomes of a spin readout are +1 or -1. A program file (program.json, .xbb, .xir, .qasm, .py) runs as it stands:
    with its own noise channels and without those of a device. Modes that it does not prepare start in the vacuum.

    Example: khrnn simulate compiled --shots 10000 --json
    """
    from compiler.errors import InputError
    from simulations.backends.registry import Settings
    from simulations.programs.sampling import sample_circuit, sample_program

    if shots == 0:
        idle = {"--seed": seed is not None, "--threads": threads is not None, "--cutoff": cutoff is not None}
        refuse_idle(
            {f"--backend {backend}": backend not in ("auto", "exact"), **idle},
            "is for sampling, and --shots 0 samples nothing; give --shots",
        )
    _require_used(backend, {"--cutoff": cutoff, "--threads": threads})
    seed = 0 if seed is None else seed
    settings = Settings(Settings().cutoff if cutoff is None else cutoff, threads)
    from_file = is_program_file(folder)
    notes: tuple[str, ...] = ()

    def say(line: str) -> None:
        typer.echo(f"khrnn: {line}", err=True)

    with tracker() as track:
        if from_file:
            from compiler.exchange.adjust import require_values

            idle = {"--loss-scale": loss_scale is not None, "--logical": logical}
            refuse_options(folder, idle, "a program that is compiled for no device")
            program = open_program(folder, bind)
            require_values(program.circuit, "simulated")
            notes = program.notes
            sampled = sample_circuit(program.circuit, shots, backend, settings, seed, track("shots", shots), say)
        else:
            refuse_options(folder, {"--bind": bool(bind)}, "a compiled program, whose numbers are fixed")
            if logical and loss_scale is not None:
                raise InputError("--logical runs without noise, so --loss-scale has no effect; leave one of them out")
            scale = 1.0 if loss_scale is None else loss_scale
            advance = track("shots", shots)
            sampled = sample_program(folder, shots, backend, scale, settings, seed, advance, logical=logical, say=say)
    for warning in sampled["warnings"]:
        typer.echo(f"khrnn: warning: {warning}", err=True)
    from qumode_khrnn.cli.simulation_text import simulate_lines

    say_notes(notes)
    show({**sampled, **({"notes": list(notes)} if from_file else {})}, as_json, simulate_lines(sampled))


OWN_SETTINGS = {
    "--cutoff": ("strawberryfields", "mrmustard"),
    "--threads": ("auto", "exact", "momenta"),
}
"""Options of ``khrnn simulate`` that only some back ends of this project use."""


def _require_used(backend: str, values: dict[str, int | None]) -> None:
    """Refuse settings that a back end of this project does not use; those of other packages may use any."""
    from compiler.errors import InputError

    own = {"auto", "exact", "momenta", "branches", "grid", "strawberryfields", "mrmustard"}
    for name, value in values.items():
        if value is not None and backend in own - set(OWN_SETTINGS[name]):
            users = " and ".join(one for one in OWN_SETTINGS[name] if one != "auto")
            raise InputError(f"{name} is for the back ends {users}, found --backend {backend}; leave {name} out")


def budget(
    folder: Annotated[
        Path, typer.Argument(metavar="PATH", help="A folder written by khrnn compile, or a program file.")
    ],
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="For a program file, which is compiled first: the name of a shipped profile, or a .toml or .json "
            "file.",
        ),
    ] = None,
    numbers: SetOption = None,
    loss_scale: Annotated[
        float, typer.Option(help="Factor on the profile's losses in dB and on its noise; 0 for no noise.")
    ] = 1.0,
    cutoff: Annotated[
        int | None,
        typer.Option(
            help="Also compute the variance that Strawberry Fields' Fock engine would add with this number of Fock "
            "states per mode (for readouts only)."
        ),
    ] = None,
    bind: BindOption = None,
    drop_noise: DropNoise = False,
    vacuum: Vacuum = False,
    as_json: Json = False,
) -> None:
    """Split the variance of every answer by its causes: squeezing, resources, loss, detectors, waiting.

    The numbers of the device that are worth improving follow, then the loss in dB of every wire and of every mode of
    the source (logical loss): between gates a wire carries superpositions of modes, so that the loss of wire 0 is not
    that of mode 0. A program file is compiled for --profile first, with the defaults of khrnn compile, and nothing is
    written.

    Example: khrnn budget compiled
    """
    from dataclasses import asdict

    from compiler.artifact import read_program
    from compiler.costs.unverified import unverified_numbers
    from compiler.machines import machine_of
    from qumode_khrnn.cli.simulation_text import budget_lines, improvement_lines, loss_lines
    from qumode_khrnn.studies.improvements import improvements_of_program
    from simulations.programs.budget import budget_of, loss_of, noise_left_out

    notes: tuple[str, ...] = ()
    from_file = is_program_file(folder)
    if from_file:
        stored, notes = compile_in_memory(folder, profile, numbers, bind, drop_noise=drop_noise, vacuum=vacuum)
    else:
        idle = {"--profile": profile is not None, "--set": bool(numbers), "--bind": bool(bind)}
        refuse_options(folder, idle | {"--drop-noise": drop_noise, "--vacuum": vacuum}, "compiled already")
        stored = read_program(folder)
    if machine_of(stored.profile).reads_bits:
        refuse_idle({"--cutoff": cutoff is not None}, f"is for quadratures, and {stored.profile.name} reads bits")
    found = budget_of(stored, loss_scale, cutoff)
    doubtful = unverified_numbers(stored.circuit, stored.profile)
    left_out = noise_left_out(stored.profile)
    lost = loss_of(stored, loss_scale)
    better = improvements_of_program(stored, [row.answer for row in found], loss_scale)
    data = {
        "answers": [asdict(row) for row in found],
        "improvements": better,
        "loss": lost.to_json(),
        "unverified": list(doubtful),
        "left_out": list(left_out),
        **({"notes": list(notes)} if from_file else {}),
    }
    lines = [f"{part} is left out: it has no closed form" for part in left_out]
    lines += improvement_lines(better, len(found))
    say_notes(notes)
    show(data, as_json, [*budget_lines(found, doubtful), *lines, *loss_lines(lost)])

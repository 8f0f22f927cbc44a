"""``khrnn compile``: part of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qumode_khrnn.cli.common import (
    Force,
    Json,
    ProfileOption,
    Seed,
    WeightsOption,
    say_notes,
    say_remarks,
    show,
    status,
)
from qumode_khrnn.cli.front.idle import refuse_force, refuse_idle, refuse_search
from qumode_khrnn.cli.profiles import SetOption, read_profile
from qumode_khrnn.cli.programs import BindOption, DropNoise, Vacuum, bindings

if TYPE_CHECKING:
    from compiler.exports.table import Exported
    from compiler.machines import IonSettings
    from compiler.pipeline import CompiledProgram
    from compiler.synthesis.options import SynthesisOptions
    from hardware_profiles import Profile
    from qumode_khrnn.network.source import Source


def compile_command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="A hypergraph (.json, .csv, .tsv, .txt, .hgr, a set of simplices), a cell (.json), a program "
            "(program.json, .xbb, .xir, .qasm, .py) or a compiled folder, whose source is compiled again.",
        ),
    ],
    profile: ProfileOption = "ideal-cubic",
    numbers: SetOption = None,
    squeezing: Annotated[
        float | None,
        typer.Option(
            help="For hypergraphs and cells: squeezing parameter r of the latent modes and ancillas (r = dB / 8.686); "
            "by default 1, or the value that suits the device."
        ),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option(help="Refuse hyperedges of more than this number of modes; by default all sizes are accepted."),
    ] = None,
    weights: WeightsOption = None,
    readout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What is read out: homodyne (p of modes that share no edge, x of all others), momenta (p of every "
            "mode), spin (one bit per shot, on trapped ions), or none (only the state is prepared).",
        ),
    ] = "homodyne",
    optimize: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What the search makes small: cubics (number of cubic gates), depth (number of non-Gaussian layers) "
            "or strength (sum of |gamma| of the cubic gates).",
        ),
    ] = "cubics",
    effort: Annotated[
        float,
        typer.Option(
            help="Effort of the search for each connected component, in nominal seconds; 0 means no search. For large "
            "forms the effort sets the aim: 10 for 1.15 times the generic Waring rank, 30 for 1.10, 100 for 1.05 or "
            "less. For trapped ions it is the effort for all pulses together. Ctrl-C ends the search, and the best "
            "plan so far is used."
        ),
    ] = 10.0,
    strength_cap: Annotated[
        float,
        typer.Option(
            help="Largest accepted total cubic strength, as a multiple of the strength that polarization needs; 1 or "
            "more."
        ),
    ] = 5.0,
    error: Annotated[
        float | None,
        typer.Option(
            help="For trapped ions: largest sum of the errors of all spin sequences, in the supremum norm; 0.01 by "
            "default."
        ),
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            help="For the profile trapped-ion-qscout: file with measured settings of beamsplitters and squeezers "
            "(.json)."
        ),
    ] = None,
    digits: Annotated[
        int | None,
        typer.Option(
            help="Verify with at least this many decimal digits, 15 or more (mpmath). By default float64 is used, and "
            "more digits only where float64 cannot decide."
        ),
    ] = None,
    seed: Seed = 0,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Also write this format: strawberryfields, blackbird, xir, mrmustard, cv-openqasm, openqasm3, jaqal, "
            "device, latex, svg, or all. The option may be repeated. The format program is always written.",
        ),
    ] = None,
    bind: BindOption = None,
    drop_noise: DropNoise = False,
    vacuum: Vacuum = False,
    passes: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Run only these passes, such as collect_phases,lower_phases{effort=1}, and print the circuit before "
            "and after each of them. khrnn passes lists all passes. Nothing is written without --out.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the compiled program; by default khrnn-out/ and the name of INPUT.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Compile a hypergraph, a unit cell or a program for a device, and prove the result.

    Every file that is written is read back and compared with the program. If the device cannot run the program, the
    exit code is 1, and every reason is printed. If a package that a format needs is not installed, --format all leaves
    this format out and says so; a format that is asked for by name is then refused, and nothing is written.

    Example: khrnn compile examples/triangle.json --profile photonic-cubic --format all --out compiled
    """
    from dataclasses import asdict

    from compiler.artifact import MAX_DIGITS
    from compiler.artifact.certificate import digest
    from compiler.errors import InputError, did_you_mean
    from compiler.exports.table import require_formats
    from compiler.files import json_text, read_text
    from compiler.ir.serialize import circuit_text
    from compiler.machines import Request, machine_of
    from compiler.passes.registry import parse_passes
    from compiler.passes.run import run_passes
    from compiler.synthesis.options import OBJECTIVES, SynthesisOptions
    from qumode_khrnn.cli.compile_text import compile_lines, source_lines
    from qumode_khrnn.cli.passes import show_passes
    from qumode_khrnn.network.source import read_source

    wanted = require_formats(formats or [])
    if optimize not in OBJECTIVES:
        hint = did_you_mean(optimize, OBJECTIVES)
        raise InputError(f"--optimize must be one of {', '.join(OBJECTIVES)}, found {optimize!r}{hint}")
    if digits is not None and not 15 <= digits <= MAX_DIGITS:
        raise InputError(f"--digits must lie in 15..{MAX_DIGITS}, found {digits}")
    options = SynthesisOptions(optimize, effort, seed, strength_cap, interruptible=True)
    device = read_profile(profile, numbers)
    r = machine_of(device).default_squeezing(device) if squeezing is None else squeezing
    given = read_source(source, r, k, readout, bindings(bind), drop_noise, weights, vacuum=vacuum)
    if given.kind == "program" and squeezing is not None:
        raise InputError(
            f"--squeezing is for hypergraphs and cells; {source} is a program, which holds its own preparations"
        )
    if passes is not None:
        idle = {"--format": formats, "--digits": digits, "--error": error, "--calibration": calibration}
        refuse_idle(
            {name: value not in (None, []) for name, value in idle.items()},
            "is for whole compilations, not for --passes",
        )
        refuse_force(force, out)
        chosen = parse_passes(passes, asdict(options))
        refuse_search(chosen, options, "--passes")
        runs = list(run_passes(given.circuit, device, chosen))
        if not show_passes(runs, out, as_json, given.notes, given.remarks, force=force):
            raise typer.Exit(1)
        return
    no_cubics = () if device.spins is None else ("objective",)  # pulses make phases of any degree
    refuse_search(machine_of(device).passes(Request(options)), options, f"the profile {device.name}", no_cubics)
    ions = _ion_settings(device, r, readout, error, calibration)
    folder = out or Path("khrnn-out") / source.stem
    asked = {
        "profile": device.name,
        "profile_sha256": digest(json_text(device.to_data())),
        "squeezing": r,
        "readout": readout,
        **{key: value for key, value in asdict(options).items() if key != "interruptible"},
        "error": error,
        "calibration_sha256": None if calibration is None else digest(read_text(calibration)),
        "digits": digits,
        "formats": wanted,
        "labels": list(given.labels),
        "source_sha256": digest(circuit_text(given.circuit)),
    }
    program, files, paths = _compiled_to(
        folder,
        given,
        device,
        options,
        digits=digits,
        ions=ions,
        formats=wanted,
        named=formats or [],
        asked=asked,
        force=force,
    )
    verdict = program.verification
    data = {
        "mappable": True,
        "modes": len(program.circuit.latent),
        "ancillas": len(program.circuit.ancillas),
        "edges": given.edges,
        "labels": list(given.labels),
        "read_as": given.form or given.kind,
        "notes": list(given.notes),
        "remarks": list(given.remarks),
        "profile": device.name,
        "squeezing": None if given.kind == "program" else r,
        "optimize": optimize,
        "strategy": program.strategy,
        "strategies": [row.to_json() for row in program.strategies],
        **program.resources.to_json(),
        "heralding": [states.to_json() for states in program.heralding],
        "critical_path": program.schedule.summary(program.circuit),
        "layout": None if program.layout is None else program.layout.summary,
        "unverified": list(program.unverified),
        "verification": {
            "method": program.method,
            "precision": verdict.precision,
            "ideal_resources": verdict.resources,
            "residual": verdict.residual,
            "equivalent": verdict.equivalent,
        },
        "formats": [{key: value for key, value in asdict(file).items() if key != "text"} for file in files],
        "seconds": program.seconds,
        "files": [str(path) for path in paths],
    }
    whole = given.kind == "program"
    first, *lines = compile_lines(program, None if whole else given.edges, None if whole else r, folder, files)
    say_notes(given.notes)
    say_remarks(given.remarks)
    show(data, as_json, [first, *source_lines(given.form, given.labels), *lines])


def _compiled_to(
    folder: Path,
    given: Source,
    device: Profile,
    options: SynthesisOptions,
    *,
    digits: int | None,
    ions: IonSettings | None,
    formats: list[str],
    named: list[str],
    asked: dict[str, object],
    force: bool,
) -> tuple[CompiledProgram, list[Exported], tuple[Path, ...]]:
    """Compile a source to a folder, which is held meanwhile; returns the program, its formats and the files written.

    ``named`` holds the formats that were asked for by name: each needs its packages.
    """
    from compiler.artifact import CERTIFICATE, CERTIFIED, LABELS_FILE, optional_files, write_artifact
    from compiler.errors import InputError
    from compiler.exports.table import SKIPPED, ExportInput, export
    from compiler.files import json_text, require_writable
    from compiler.pipeline import compile_circuit
    from qumode_khrnn.jobs.output import held_output, require_same_program

    names = {*CERTIFIED, CERTIFICATE, "resources.json", *optional_files(device)}
    require_writable(*(folder / name for name in sorted(names)))
    with held_output(folder):
        require_same_program(folder, asked, names, force=force)
        with status() as say:
            program = compile_circuit(
                given.circuit, device, options=options, digits=digits, progress=say, settings=ions
            )
            layout = None if program.layout is None else program.layout.text
            files: list[Exported] = []
            for name in formats:
                say(f"writing and reading back {name}")
                files += export(ExportInput(program.source, program.circuit, device, layout), [name])
                if name in named and files[-1].outcome.startswith(SKIPPED):
                    raise InputError(files[-1].outcome.removeprefix(SKIPPED))
        texts = {LABELS_FILE: json_text(list(given.labels))} if given.labels else {}
        texts |= {file.file: file.text for file in files if file.text is not None}
        return program, files, write_artifact(folder, program, texts, asked, force=force)


def _ion_settings(
    device: Profile, r: float, readout: str, error: float | None, calibration: Path | None
) -> IonSettings | None:
    """The settings of trapped ions; None for other devices, which refuse the options that they do not have."""
    from compiler.errors import InputError
    from compiler.ions.qscout import read_calibration
    from compiler.machines import IonSettings
    from compiler.machines.ion_file import is_qscout

    options = {"--readout spin": readout == "spin", "--error": error, "--calibration": calibration}
    if device.spins is None:
        if idle := [name for name, value in options.items() if value not in (None, False)]:
            raise InputError(f"{idle[0]} is for profiles of trapped ions, and {device.name} has no spins")
        return None
    if calibration is not None and not is_qscout(device):
        raise InputError(f"--calibration is for the profile trapped-ion-qscout, found {device.name}; leave it out")
    return IonSettings(
        error=IonSettings().error if error is None else error,
        input_r=r,
        kappa=1.0 if readout == "spin" else 0.0,
        calibration=None if calibration is None else read_calibration(calibration),
    )

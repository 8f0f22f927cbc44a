"""The command line: the front door. It may open every room, inside its functions; nothing imports it.

Exit codes: 0 done, 1 a check failed (or a program does not fit a device), 2 bad input. Bad input gives one line on
standard error and no output files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from qumode_khrnn.cli.common import Json, Seed, fail, show
from qumode_khrnn.cli.compile import compile_command
from qumode_khrnn.cli.examples import examples_command
from qumode_khrnn.cli.hsmt import hsmt_app
from qumode_khrnn.cli.passes import passes_command
from qumode_khrnn.cli.profiles import profiles_app
from qumode_khrnn.cli.progress import tracker
from qumode_khrnn.cli.studies import compare, devices, fail_jobs, sweep, train

app = typer.Typer(
    name="khrnn",
    help="Compile, verify and simulate k-hypergraph recurrent neural networks on continuous-variable hardware.\n\n"
    "Example: khrnn compile examples/triangle.json --out compiled",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(profiles_app, name="profiles")
app.add_typer(hsmt_app, name="hsmt")


def main() -> None:
    """Entry point of the ``khrnn`` command."""
    import click

    try:
        sys.exit(app(standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        typer.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        fail(f"{error.format_message()} (see {context.command_path if context else 'khrnn'} --help)".replace("\n", " "))
    except click.Abort:
        fail("interrupted", 130)
    except ValueError as error:
        from compiler.errors import InputError, NotMappableError

        if isinstance(error, NotMappableError):
            if "--json" in sys.argv:
                from qumode_khrnn.cli.compile_text import not_mappable

                typer.echo(json.dumps(not_mappable(error)))
            fail(str(error), 1)
        if isinstance(error, InputError):
            fail(str(error))
        raise
    except RuntimeError as error:
        from compiler.pipeline import MiscompilationError

        if isinstance(error, MiscompilationError):
            fail(str(error), 1)
        fail_jobs(error)
        raise
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename}")
    except ArithmeticError as error:  # numbers that no device has, on their way through a formula
        fail(f"a number leaves what float64 holds ({error}); scale weights, angles and squeezing to usual sizes")


@app.command()
def run(
    config: Annotated[Path | None, typer.Argument(help="A TOML file; the built-in full settings if absent.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small built-in settings: about three minutes on two cores.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("khrnn-out/run"),
    as_json: Json = False,
) -> None:
    """The main job, end to end: HSMT data, compilation, simulation with loss, qubit and classical models, report.

    The comparison with trained networks takes longer and has a command of its own: khrnn compare.

    Example: khrnn run --quick --out report
    """
    from datetime import date
    from time import perf_counter

    from compiler.errors import InputError
    from compiler.files import require_writable
    from qumode_khrnn.comparison.config import WITHOUT_TRAINING
    from qumode_khrnn.comparison.study import jobs_of, run_comparison
    from qumode_khrnn.settings import read_config
    from qumode_khrnn.studies.config import QUICK, RunConfig
    from qumode_khrnn.studies.experiment import run_experiment

    if quick and config is not None:
        raise InputError("give either a configuration file or --quick, not both")
    settings = QUICK if quick else RunConfig() if config is None else read_config(RunConfig, config)
    require_writable(
        out / "report.html", out / "report.json", out / "figures" / "x", out / "comparison" / "report.html"
    )
    start = perf_counter()
    with tracker() as track:
        result = run_experiment(settings, track)
        parts = track("qubit and classical models", len(jobs_of(WITHOUT_TRAINING)))
        compared = run_comparison(WITHOUT_TRAINING, out / "comparison", workers=1, progress=parts)
        done = track("report", 1)
        from qumode_khrnn.reports.comparison_report import write_comparison
        from qumode_khrnn.reports.run_report import write_report

        command = "khrnn run" + (" --quick" if quick else f" {config.name}" if config else "")
        today = date.today().isoformat()
        write_comparison(compared, out / "comparison", command, perf_counter() - start, today)
        paths = write_report(result, compared, out, command, perf_counter() - start, today)
        done(1)
    failed = (*result.failed_checks(), *compared.failed_checks())
    rows = [row for point in result.loss for row in point.rows if row.probe == "all"]
    ideal = next(row for row in result.ideal_rows if row.probe == "all")
    lines = [
        f"unit cell: {result.cell.resources.counts.get('cubic_phase', 0)} cubic gates, "
        f"depth {result.cell.resources.depth}, verified (residual {result.cell.verification.residual:.1e})",
        f"ideal k-HRNN: violation rate {ideal.violation_rate}, squared error {ideal.squared_error:.3f} (1 = exact)",
        *(f"{r.model}: violation rate {r.violation_rate:.4f}, squared error {r.squared_error:.3f}" for r in rows),
        *(f"{r.backend} ({r.setting}): variance off by {100 * r.relative_error:+.2g} %" for r in result.check.rows),
        *(f"CHECK FAILED: {text}" for text in failed),
        f"report: {paths[0]}; qubit and classical models: {out / 'comparison' / 'report.html'}",
    ]
    found = result.to_json()
    found["rows"] += compared.to_json()["rows"]
    show(
        {"report": str(paths[0]), "seconds": perf_counter() - start, "failed": failed, **found},
        as_json,
        lines,
    )
    raise typer.Exit(1 if failed else 0)


@app.command()
def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder written by khrnn compile or khrnn hsmt bound.")
    ],
    simulate: Annotated[
        bool,
        typer.Option(
            "--simulate",
            help="Also run a small instance on every back end; on ions the pulses.",
        ),
    ] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Check a compiled program, or the certificate of a bound, from files alone; exit code 1 if it does not hold.

    Example: khrnn verify compiled --simulate
    """
    from qumode_khrnn.separation.certificate import is_certificate

    if is_certificate(folder):
        _verify_bound(folder, as_json=as_json)
        return
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
                runs = validate_folder(folder, seed, track) if pulses is None else ()
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


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder written by khrnn compile.")],
    shots: Annotated[int, typer.Option(help="Number of shots; 0 for exact moments alone, without sampling.")] = 1000,
    backend: Annotated[
        str, typer.Option(help="exact, grid, strawberryfields or mrmustard; khrnn backends tells what each can do.")
    ] = "exact",
    loss_scale: Annotated[
        float, typer.Option(help="Factor on the profile's losses in dB and noise; 0 for none.")
    ] = 1.0,
    cutoff: Annotated[
        int, typer.Option(help="Fock cutoff of strawberryfields and mrmustard (non-Gaussian programs).")
    ] = 8,
    threads: Annotated[
        int | None, typer.Option(help="Threads of the exact back end; all processors by default.")
    ] = None,
    logical: Annotated[
        bool, typer.Option("--logical", help="Run the source, without noise, which the program is certified equal to.")
    ] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Sample the readouts of a compiled program with the profile's noise; +1 or -1 where a spin reads.

    Example: khrnn simulate compiled --shots 10000 --json
    """
    from simulations.backends.registry import Settings
    from simulations.programs.sampling import sample_program

    settings = Settings(cutoff, threads)
    with tracker() as track:
        advance = track("shots", shots)
        sampled = sample_program(folder, shots, backend, loss_scale, settings, seed, advance, logical=logical)
    for warning in sampled["warnings"]:
        typer.echo(f"khrnn: warning: {warning}", err=True)
    from qumode_khrnn.cli.simulation_text import simulate_lines

    show(sampled, as_json, simulate_lines(sampled))


@app.command()
def backends(as_json: Json = False) -> None:
    """What each back end is for, and which operations it does not run.

    Example: khrnn backends
    """
    from qumode_khrnn.cli.simulation_text import backends_lines
    from simulations.backends.registry import described

    data = described()
    show({"backends": data}, as_json, backends_lines(data))


@app.command()
def budget(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder written by khrnn compile.")],
    loss_scale: Annotated[
        float, typer.Option(help="Factor on the profile's losses in dB and noise; 0 for none.")
    ] = 1.0,
    cutoff: Annotated[
        int | None, typer.Option(help="Also say what this Fock cutoff of Strawberry Fields would add (readouts only).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Split the variance of every answer by its causes: squeezing, resources, loss, detectors, waiting.

    Below it stands the loss in dB of every wire, and of every mode of the source (logical loss): between gates a wire
    carries superpositions of modes, so that the loss of wire 0 is not that of mode 0.

    Example: khrnn budget compiled
    """
    from dataclasses import asdict

    from compiler.artifact import read_program
    from compiler.costs.unverified import unverified_numbers
    from qumode_khrnn.cli.simulation_text import budget_lines, loss_lines
    from simulations.programs.budget import budget_of_folder, loss_of_folder, noise_left_out

    stored = read_program(folder)
    found = budget_of_folder(folder, loss_scale, cutoff)
    doubtful = unverified_numbers(stored.circuit, stored.profile)
    left_out = noise_left_out(stored.profile)
    lost = loss_of_folder(folder, loss_scale)
    data = {
        "answers": [asdict(row) for row in found],
        "loss": lost.to_json(),
        "unverified": list(doubtful),
        "left_out": list(left_out),
    }
    lines = [f"{part} is left out: it has no closed form" for part in left_out]
    show(data, as_json, [*budget_lines(found, doubtful), *lines, *loss_lines(lost)])


app.command(name="compile")(compile_command)
app.command(name="passes")(passes_command)
app.command(name="examples")(examples_command)
for command in (train, compare, sweep, devices):
    app.command()(command)


if __name__ == "__main__":
    main()

"""The command line: the front door. It may open every room, inside its functions; nothing imports it.

Exit codes: 0 done, 1 a check failed (or a program does not fit a device), 2 bad input. Bad input gives one line on
standard error and no output files.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from qumode_khrnn.cli.artifacts import budget, simulate, verify
from qumode_khrnn.cli.common import Force, Json, fail, require_toml, show, tracker, watched
from qumode_khrnn.cli.compile import compile_command
from qumode_khrnn.cli.examples import examples_command
from qumode_khrnn.cli.front.help import SETTINGS, PlainCommand, PlainGroup, Version
from qumode_khrnn.cli.front.usage import usage_line
from qumode_khrnn.cli.hsmt import hsmt_app
from qumode_khrnn.cli.passes import passes_command
from qumode_khrnn.cli.profiles import profiles_app
from qumode_khrnn.cli.programs import compare_programs_command, convert_command
from qumode_khrnn.cli.studies import compare, devices, fail_jobs, sweep, train
from qumode_khrnn.cli.witness import lattice_witness, witness

INTERRUPTED = 130
"""Exit code after Ctrl-C or SIGTERM."""

MOST_PROBLEMS = 20
"""Further problems of one input that are listed below the first; the first line counts all of them."""

HEADINGS = {
    "Start": ("examples", "run"),
    "Compile and check": ("compile", "verify", "compare-programs", "convert"),
    "Simulate": ("simulate", "budget"),
    "Devices": ("profiles", "devices", "backends", "passes"),
    "Quantum against classical": ("hsmt", "witness", "lattice-witness", "train", "compare"),
    "Many settings": ("sweep",),
}
"""Commands in the order of use, as ``khrnn --help`` lists them."""


class _Commands(PlainGroup):
    """The list of all commands."""

    headings: ClassVar[dict[str, tuple[str, ...]]] = HEADINGS


app = typer.Typer(
    name="khrnn",
    cls=_Commands,
    context_settings=SETTINGS,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def khrnn(version: Version = False) -> None:
    """Compile, verify and simulate k-hypergraph recurrent neural networks on continuous-variable hardware.

    Example: khrnn compile examples/triangle.json --out compiled
    """


app.add_typer(profiles_app, name="profiles")
app.add_typer(hsmt_app, name="hsmt")


def main() -> None:
    """Entry point of the ``khrnn`` command."""
    # exceptions of click, or of the copy of click in newer versions of typer
    exceptions = import_module(typer.BadParameter.__module__)

    _silence_libraries()
    _end_in_order()
    try:
        with watched(_doing(sys.argv[1:])):
            code = app(standalone_mode=False, prog_name="khrnn") or 0
        sys.stdout.flush()
        if code == INTERRUPTED:
            fail("interrupted", INTERRUPTED)
        sys.exit(code)
    except exceptions.NoArgsIsHelpError as error:
        typer.echo(error.format_message())
        sys.exit(2)
    except exceptions.ClickException as error:
        fail(usage_line(error))
    except typer.Abort:
        fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # whoever read the output has enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (ValueError, RuntimeError, OSError, ArithmeticError, MemoryError) as error:
        _end_with(error)
        raise


def _end_with(error: Exception) -> None:
    """End with one line and the exit code of an error, if it is one that input or the machine can cause."""
    from hardware_profiles.errors import InputError

    if type(error) is InputError:  # without the compiler, which takes a while to load
        fail(str(error), others=[f"  - {line}" for line in error.others[:MOST_PROBLEMS]])
    from compiler.errors import NotMappableError
    from compiler.files import FULL, cannot_write
    from compiler.pipeline import MiscompilationError

    if isinstance(error, NotMappableError):
        if "--json" in sys.argv:
            from qumode_khrnn.cli.compile_text import not_mappable

            typer.echo(json.dumps(not_mappable(error)))
        from qumode_khrnn.cli.front.refusal import reason_lines

        first, *others = reason_lines(error)
        fail(first, 1, others)
    if isinstance(error, InputError):
        fail(str(error), others=[f"  - {line}" for line in error.others[:MOST_PROBLEMS]])
    if isinstance(error, MiscompilationError):
        fail(str(error), 1)
    if isinstance(error, RecursionError):
        fail("the input is nested too deeply")
    if isinstance(error, MemoryError):
        fail("this computer's memory is not enough for this input; take a smaller one, or a larger computer")
    if isinstance(error, RuntimeError):
        fail_jobs(error)
    if isinstance(error, OSError):
        name = error.filename or error.filename2
        if error.errno in FULL and name:
            fail(str(cannot_write(Path(str(name)), error)))
        fail(f"{error.strerror or error}: {name or 'the standard output'}")
    if isinstance(error, ArithmeticError):  # numbers that no device has, on their way through a formula
        fail(f"a number leaves what float64 holds ({error}); scale weights, angles and squeezing to usual sizes")


def _silence_libraries() -> None:
    """Keep warnings and logs of other packages from the screen; ``python -W`` and PYTHONWARNINGS bring them back.

    What this project logs is said.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not sys.warnoptions:
        os.environ.setdefault("PYTHONWARNINGS", "ignore")  # in worker processes too
        warnings.simplefilter("ignore")
        warnings.showwarning = lambda *given, **named: None  # some packages turn their own warnings on again
        logging.lastResort = None
    logging.getLogger("qumode_khrnn").handlers = [_Teller()]


class _Teller(logging.Handler):
    """Prints what this project logs, above the bars of a terminal: they replace ``sys.stderr`` while they are shown."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line."""
        print(f"khrnn: {record.getMessage()}", file=sys.stderr)


def _end_in_order() -> None:
    """Take SIGTERM, which ends a job of a batch system, as Ctrl-C: finished work is stored, and locks are removed."""
    usual = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if usual and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _doing(words: list[str]) -> str:
    """Say what a command does before it says so itself."""
    command = [word for word in words if not word.startswith("-")][:2]
    name = " ".join(command) if command[:1] in (["hsmt"], ["profiles"]) else "".join(command[:1])
    return DOING.get(name, name or "starting")


def run(
    config: Annotated[
        Path | None, typer.Argument(help="Settings in a TOML file. By default the full built-in settings.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Use the small built-in settings, which take under a minute on two cores.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the report and its figures and tables.")] = Path(
        "khrnn-out/run"
    ),
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run the main study from data to report: HSMT, compilation, loss, qubit and classical models.

    The comparison with trained networks takes longer and has a command of its own: khrnn compare.

    Example: khrnn run --quick --out report
    """
    from datetime import date
    from time import perf_counter

    from hardware_profiles.errors import InputError

    if quick and config is not None:
        raise InputError("give either a configuration file or --quick, not both")
    require_toml(config)
    from qumode_khrnn.settings import read_config
    from qumode_khrnn.studies.config import QUICK, RunConfig

    settings = QUICK if quick else RunConfig() if config is None else read_config(RunConfig, config)
    from qumode_khrnn.comparison.aside import comparison_aside
    from qumode_khrnn.comparison.config import WITHOUT_TRAINING
    from qumode_khrnn.comparison.study import jobs_of
    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.jobs.table import TABLES
    from qumode_khrnn.studies.experiment import run_experiment

    files = (
        "report.html",
        "report.json",
        "comparison/report.html",
        "comparison/report.json",
        *(f"comparison/{name}" for name in TABLES),
    )
    start = perf_counter()
    with (
        output_folder(out, "khrnn run", settings.model_dump(mode="json"), files, force=force),
        tracker() as track,
        comparison_aside(WITHOUT_TRAINING, out / "comparison") as finish,
    ):
        result = run_experiment(settings, track)
        parts = track("qubit and classical models", len(jobs_of(WITHOUT_TRAINING)))
        compared = finish(parts)
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
        *(f"left out: {line}" for line in dict.fromkeys((*result.check.absent, *compared.absent))),
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


def backends(as_json: Json = False) -> None:
    """List the back ends: what each is for, what it does not run, and which are not installed.

    Example: khrnn backends
    """
    from qumode_khrnn.cli.simulation_text import backends_lines
    from simulations.backends.registry import described

    data = described()
    show({"backends": data}, as_json, backends_lines(data))


COMMANDS: dict[str, Callable[..., None]] = {
    "run": run,
    "compile": compile_command,
    "verify": verify,
    "simulate": simulate,
    "budget": budget,
    "devices": devices,
    "witness": witness,
    "lattice-witness": lattice_witness,
    "compare-programs": compare_programs_command,
    "convert": convert_command,
    "backends": backends,
    "passes": passes_command,
    "examples": examples_command,
    "compare": compare,
    "train": train,
    "sweep": sweep,
}
"""Every command and its function."""

DOING = {
    "run": "running the main job",
    "compile": "compiling",
    "verify": "checking the program",
    "simulate": "simulating",
    "budget": "splitting the variance",
    "devices": "compiling for the devices",
    "witness": "computing the witness",
    "lattice-witness": "computing the witness of lattice states",
    "compare-programs": "comparing the programs",
    "convert": "converting, and reading the result back",
    "backends": "loading the back ends",
    "compare": "comparing models",
    "train": "training",
    "sweep": "running the sweep",
    "hsmt generate": "making the dataset",
    "hsmt answer": "answering the dataset",
    "hsmt score": "scoring the answers",
    "hsmt examine": "examining the models",
    "hsmt bound": "checking the bound",
}
"""What commands do, for those who wait."""

for name, command in COMMANDS.items():
    app.command(name=name, cls=PlainCommand)(command)


if __name__ == "__main__":
    main()

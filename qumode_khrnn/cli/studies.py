"""``khrnn train``, ``compare``, ``sweep``, ``devices``: part of the command line, which may open every room inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qumode_khrnn.cli.common import (
    Force,
    Json,
    Scheduler,
    SchedulerFile,
    TlsAuthority,
    TlsCertificate,
    TlsKey,
    WeightsOption,
    Workers,
    cluster_of,
    fail,
    require_toml,
    say_notes,
    say_remarks,
    show,
    tracker,
)
from qumode_khrnn.cli.programs import BindOption, DropNoise, Vacuum, bindings


def train(
    config: Annotated[
        Path | None, typer.Argument(help="Settings in a TOML file. Options replace settings of the file.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What is trained: khrnn, gru, lstm, ssm or transformer; khrnn by default."),
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(help="For classical networks: the dataset, a file written by khrnn hsmt generate."),
    ] = None,
    latent: Annotated[
        int | None,
        typer.Option(help="For classical networks: latent size, from 1 to 4096 numbers; 32 by default."),
    ] = None,
    modes: Annotated[
        int | None,
        typer.Option(
            help="For khrnn: number of modes of the hidden network that it learns, from 2 to 8; 4 by default."
        ),
    ] = None,
    k: Annotated[
        int | None,
        typer.Option(help="For khrnn: number of modes per hyperedge of the hidden network, from 2 to 8; 2 by default."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the random numbers, a whole number from 0 on; 0 by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the result and its checkpoints.")] = Path("khrnn-out/train"),
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Train a k-HRNN from opaque tokens, or a classical network on a dataset.

    An interrupted training continues with the same command.

    Example: khrnn train --model gru --latent 16 --dataset data.jsonl --out trained
    """
    require_toml(config)
    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.studies.training import forget_checkpoints, read_settings, run_training, settings_of

    named = None if dataset is None else str(dataset)
    settings = read_settings(config, model=model, dataset=named, latent=latent, modes=modes, k=k, seed=seed)
    asked, files = settings_of(settings), ("result.json", "answers.json", "checkpoints/khrnn.json")
    with output_folder(out, "khrnn train", asked, files, force=force) as replaced, tracker() as track:
        if replaced:
            forget_checkpoints(out)
        found = run_training(settings, out, track)
    show({**found.data, "files": [str(path) for path in found.paths]}, as_json, list(found.lines))


def compare(
    config: Annotated[
        Path | None, typer.Argument(help="Settings in a TOML file. By default the full built-in settings.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Use the small built-in settings, which take under a minute on two cores.")
    ] = False,
    with_training: Annotated[
        bool,
        typer.Option(
            "--train",
            help="Also train classical networks and the k-HRNN: 67 trainings, which take about an hour more on two "
            "cores (with --quick, 8 trainings). A TOML file says itself what is trained.",
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the report. Finished parts in it are used again.")] = Path(
        "khrnn-out/compare"
    ),
    workers: Workers = None,
    scheduler: Scheduler = None,
    scheduler_file: SchedulerFile = None,
    tls_ca: TlsAuthority = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Compare what quantum and classical models must remember to answer HSMT.

    The report shows triple probes, error against memory, bounds and costs. The full comparison takes about 13 minutes
    of processor time without --train. An interrupted comparison continues with the same command.

    Example: khrnn compare --quick --out comparison
    """
    from datetime import date
    from time import perf_counter

    from hardware_profiles.errors import InputError

    if quick and config is not None:
        raise InputError("give either a configuration file or --quick, not both")
    if with_training and config is not None:
        raise InputError(
            "--train adds the built-in trainings; a configuration file says under networks what is trained"
        )
    require_toml(config)
    from qumode_khrnn.comparison.config import QUICK, QUICK_TRAINED, TRAINED, CompareConfig
    from qumode_khrnn.settings import read_config

    settings = QUICK if quick else CompareConfig() if config is None else read_config(CompareConfig, config)
    if with_training:
        settings = settings.model_copy(update=dict(QUICK_TRAINED if quick else TRAINED))
    command = "khrnn compare" + (" --quick" if quick else f" {config.name}" if config else "")
    command += " --train" if with_training else ""
    from qumode_khrnn.jobs.table import TABLES

    files = ("report.html", "report.json", *TABLES, "figures/probes.png")
    scheduler = cluster_of(scheduler, scheduler_file, tls_ca, tls_cert, tls_key, workers)
    from qumode_khrnn.comparison.study import jobs_of, run_comparison
    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.reports.comparison_report import network_verdict, write_comparison

    start = perf_counter()
    with output_folder(out, "khrnn compare", settings.model_dump(mode="json"), files, force=force), tracker() as track:
        jobs = len(jobs_of(settings))
        found = run_comparison(settings, out, scheduler, workers, track("parts of the comparison", jobs))
        paths = write_comparison(found, out, command, perf_counter() - start, date.today().isoformat())
    failed = found.failed_checks()
    lines = [
        *(f"warning: {text}" for text in found.warnings),
        *(f"left out: {line}" for line in found.absent),
        f"{jobs} parts: {found.ran} run, {found.reused} finished before; {len(found.of('frontier'))} rows",
        *network_verdict(found),
        *(f"CHECK FAILED: {text}" for text in failed),
        f"report: {paths[0]}",
    ]
    data = {"report": str(paths[0]), "seconds": perf_counter() - start, "failed": list(failed), **found.to_json()}
    show(data, as_json, lines)
    raise typer.Exit(1 if failed else 0)


def sweep(
    config: Annotated[
        Path, typer.Argument(help="A TOML file with a task, its settings in [base], and the values to vary in [grid].")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the table. Finished cells in it are used again.")] = Path(
        "khrnn-out/sweep"
    ),
    workers: Workers = None,
    scheduler: Scheduler = None,
    scheduler_file: SchedulerFile = None,
    tls_ca: TlsAuthority = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run a task over a grid of settings, and write one table.

    The table is table.parquet, or table.csv if PyArrow is not installed. It does not depend on the number of workers.
    An interrupted sweep continues with the same command, and a larger grid in the same folder runs only its new cells.

    Example: khrnn sweep examples/sweep.toml --out sweep
    """
    from functools import partial

    require_toml(config)
    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.jobs.table import TABLES
    from qumode_khrnn.settings import read_config
    from qumode_khrnn.studies.sweep import SweepConfig, expand, extends, run_sweep

    settings = read_config(SweepConfig, config)
    scheduler = cluster_of(scheduler, scheduler_file, tls_ca, tls_cert, tls_key, workers)
    cells, asked = len(expand(settings)), settings.model_dump(mode="json")
    held = output_folder(out, "khrnn sweep", asked, TABLES, force=force, extends=partial(extends, settings))
    with held, tracker() as track:
        result = run_sweep(settings, out, scheduler, workers, track("cells", cells))
    show(result.to_json(), as_json, result.lines())


def fail_jobs(error: RuntimeError) -> None:
    """End with exit code 1 if the error is of a job; else return."""
    from qumode_khrnn.jobs import JobsError

    if isinstance(error, JobsError):
        fail(str(error), 1)


def devices(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT",
            help="A hypergraph (.json, .csv, .tsv, .txt, .hgr, a set of simplices), a program (program.json, .xbb, "
            ".xir, .qasm, .py) or a compiled folder. By default one hyperedge of --k modes.",
        ),
    ] = None,
    weights: WeightsOption = None,
    orders: Annotated[
        list[int] | None,
        typer.Option(
            "--k",
            help="Without INPUT: number of modes of the hyperedge, from 2 to 4. The option may be repeated; by default "
            "2 and 3.",
        ),
    ] = None,
    profiles: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="A device: the name of a shipped profile, or a .toml or .json file. The option may be repeated; by "
            "default all shipped profiles.",
        ),
    ] = None,
    bind: BindOption = None,
    drop_noise: DropNoise = False,
    vacuum: Vacuum = False,
    as_json: Json = False,
) -> None:
    """Compile one hypergraph or program for every device, and compare gates, time and errors.

    For devices that cannot run it, the first reason is printed. A program is compiled as it stands for every device,
    and the answer whose error is printed is its first nullifier or result.

    Example: khrnn devices examples/triangle.json
    """
    from compiler.errors import InputError
    from compiler.imports.files import is_program
    from hardware_profiles import load_profile, profile_names
    from qumode_khrnn.network.formats.read import read_hypergraph_file, require_no_weights
    from qumode_khrnn.studies.devices import device_lines, device_rows, one_edge

    wanted = orders or ([2, 3] if source is None else [])
    if source is not None and wanted:
        raise InputError("give either a file or --k, not both")
    if wrong := [k for k in wanted if not 2 <= k <= 4]:
        raise InputError(f"--k must lie in 2..4, found {wrong[0]}")
    if source is not None and is_program(source):
        require_no_weights(weights, str(source))
        _program_on_devices(source, profiles, bindings(bind), drop_noise, vacuum, as_json)
        return
    if bind or drop_noise or vacuum:
        option = "--bind" if bind else "--drop-noise" if drop_noise else "--vacuum"
        kind = "no INPUT" if source is None else f"a hypergraph in {source}"
        raise InputError(f"{option} is for programs, found {kind}; leave {option} out")
    if source is None and weights is not None:
        raise InputError("--weights is for a file; give INPUT")
    file = None if source is None else read_hypergraph_file(source, weights)
    graphs = [one_edge(k) for k in wanted] if file is None else [file.graph]
    found = [load_profile(name) for name in dict.fromkeys(profiles or profile_names())]
    with tracker() as track:
        rows = device_rows(found, graphs, track("devices", len(found) * len(graphs)))
    notes = () if file is None else file.notes
    remarks = () if file is None else file.graph.remarks()
    data = {"rows": [row.to_json() for row in rows], "notes": list(notes), "remarks": list(remarks)}
    say_notes(notes)
    say_remarks(remarks)
    show(data, as_json, device_lines(rows))


def _program_on_devices(
    source: Path,
    profiles: list[str] | None,
    values: dict[str, float],
    drop_noise: bool,
    vacuum: bool,
    as_json: bool,
) -> None:
    from hardware_profiles import load_profile, profile_names
    from qumode_khrnn.network.source import read_source
    from qumode_khrnn.studies.programs import program_lines, program_rows

    given = read_source(source, 1.0, values=values, drop_noise=drop_noise, vacuum=vacuum)
    found = [load_profile(name) for name in dict.fromkeys(profiles or profile_names())]
    with tracker() as track:
        rows = program_rows(found, given.circuit, track("devices", len(found)))
    data = {"rows": [row.to_json() for row in rows], "notes": list(given.notes)}
    say_notes(given.notes)
    show(data, as_json, program_lines(rows))

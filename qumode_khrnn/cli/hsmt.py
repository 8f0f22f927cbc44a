"""``khrnn hsmt``: part of the command line, which may open every room inside its functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from qumode_khrnn.cli.common import (
    Force,
    Json,
    Scheduler,
    SchedulerFile,
    Seed,
    TlsAuthority,
    TlsCertificate,
    TlsKey,
    Workers,
    cluster_of,
    show,
    tracker,
)
from qumode_khrnn.cli.front.help import PlainCommand, PlainGroup
from qumode_khrnn.cli.front.idle import refuse_force, refuse_idle

hsmt_app = typer.Typer(
    cls=PlainGroup,
    help="Make and score datasets of the task HSMT, examine models, and state bounds on memory.\n\n"
    "Example: khrnn hsmt generate --modes 5 --k 3 --sentences 100 --probes 3 "
    "--out data.jsonl",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@hsmt_app.command("generate", cls=PlainCommand)
def hsmt_generate(
    out: Annotated[Path, typer.Option(help="Dataset file to write (.jsonl).")],
    alphabet: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Alphabet of weights and answers: real, displacement, or modular(d) with d from 2 to 16; put "
            "'modular(2)' in quotes.",
        ),
    ] = "real",
    modes: Annotated[int, typer.Option(help="Number of modes n.")] = 5,
    k: Annotated[
        int,
        typer.Option(
            help="Number of modes per hyperedge: 2 to 4 for real, 2 or 3 for displacement, 2 to 8 for modular(d)."
        ),
    ] = 3,
    sentences: Annotated[int, typer.Option(help="Number of sentences.")] = 100,
    probes: Annotated[
        int | None, typer.Option(help="Number of probe groups per sentence; by default 3, unless --length is given.")
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Number of tokens per sentence. Give either --length or --probes.")
    ] = None,
    edges: Annotated[
        int | None, typer.Option(help="Number of hyperedges that a sentence writes; by default all binom(n, k).")
    ] = None,
    shift: Annotated[
        float,
        typer.Option(
            help="For real and displacement: standard deviation of the shift with which every mode starts. For "
            "modular(d): probability that a mode is shifted after its readout."
        ),
    ] = 0.5,
    squeezing: Annotated[
        float | None,
        typer.Option(
            help="For real and displacement: squeezing parameter r of the latent modes and the ancilla (r = dB / "
            "8.686); 1 by default."
        ),
    ] = None,
    mixture: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="Shares of the kinds of probes, such as matched=1,neighbour=2; by default all kinds have equal "
            "shares.",
        ),
    ] = None,
    triangle: Annotated[
        float,
        typer.Option(
            help="For displacement: weight w of the triangles of contextual probes, whose momenta are read with a = "
            "sqrt(pi / 2w)."
        ),
    ] = 1.0,
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    scheduler_file: SchedulerFile = None,
    tls_ca: TlsAuthority = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make a dataset: sentences, answers of the ideal network, and the exact law of every answer.

    The file does not depend on the number of workers. An interrupted run continues with the same command.

    Example: khrnn hsmt generate --modes 5 --k 3 --sentences 100 --probes 3 --seed 7 --out data.jsonl
    """
    from qumode_khrnn.answers.generation import generate_file
    from qumode_khrnn.hsmt.spec import HsmtSpec, mixture_from_text

    spec = HsmtSpec(
        modes,
        k,
        sentences,
        probes=3 if probes is None and length is None else probes,
        length=length,
        edges=edges,
        shift=shift,
        squeezing_latent=1.0 if squeezing is None else squeezing,
        squeezing_ancilla=1.0 if squeezing is None else squeezing,
        mixture=None if mixture is None else mixture_from_text(mixture),
        seed=seed,
        alphabet=alphabet,
        triangle=triangle,
    )
    no_modes = squeezing is not None and spec.levels is not None
    refuse_idle({"--squeezing": no_modes}, f"is for quadratures, and {alphabet} has none")
    scheduler = cluster_of(scheduler, scheduler_file, tls_ca, tls_cert, tls_key, workers)
    with tracker() as track:
        made = generate_file(spec, out, scheduler, workers, track("sentences", sentences), force=force)
    data = {"file": str(out), "sentences": made.sentences, "answers": made.answers}
    show(data, as_json, [f"{made.sentences} sentences with {made.answers} answers written to {out}"])


@hsmt_app.command("score", cls=PlainCommand)
def hsmt_score(
    dataset: Annotated[Path, typer.Argument(help="A dataset file, written by khrnn hsmt generate.")],
    answers: Annotated[
        Path | None,
        typer.Option(help="File with the answers of a model, to be scored; by default the answers in the dataset."),
    ] = None,
    multiple: Annotated[
        float,
        typer.Option(
            help="For the alphabet real: an answer counts as a violation beyond this number of standard deviations, "
            "from 0.01 to 7."
        ),
    ] = 5.0,
    as_json: Json = False,
) -> None:
    """Score a model's answers to a dataset, for each kind of probe.

    The columns are the excess of the negative log-likelihood (NLL), the violation rate, the squared error and the
    calibration p. Brackets hold 95 % intervals. p is small if answers do not follow the laws, for example if they do
    not spread. Over the alphabet displacement the violation rate is the share of matched bits that are the less likely
    ones, which the ideal network gives too, and the witness S of the contextual probes is printed: a model whose phases
    exist before they are read, and multiply, has S <= 2.828. S shows contextuality; it is no bound on memory.

    Example: khrnn hsmt score data.jsonl --answers model.json
    """
    from qumode_khrnn.answers.scoring import score_files
    from qumode_khrnn.hsmt.alphabet import REAL
    from qumode_khrnn.hsmt.dataset import read_dataset
    from qumode_khrnn.hsmt.score import DEFAULT_MULTIPLE

    if multiple != DEFAULT_MULTIPLE and (alphabet := read_dataset(dataset).spec.alphabet) != REAL:
        refuse_idle({"--multiple": True}, f"is for the alphabet real, found {alphabet}")
    scored = score_files(dataset, answers, multiple)
    lines = score_table(scored["rows"])
    lines.append(f"agreement of all answers with the laws: p = {scored['calibration_p']:.3g}")
    lines += _witness_lines(scored)
    show(scored, as_json, lines)


def _witness_lines(scored: Mapping[str, Any]) -> list[str]:
    """The lines of S, where displacements were read."""
    from qumode_khrnn.hsmt.witness_score import FEW_ANSWERS

    if "witness" not in scored:
        return []
    found = scored["witness"]
    if found is None:
        return ["witness: not all four contexts were asked; generate more contextual probes (--mixture contextual=1)"]
    error, exact, parts = found["standard_error"], found["exact"], found["contexts"]
    means = ", ".join(f"{name} = {one['mean']:.4g} ({one['answers']} answers)" for name, one in parts.items())
    known = "unknown, as a context was asked in one sentence alone" if error is None else f"{error:.3g}"
    lines = [
        f"witness S = B0 + B1 + B2 - A = {found['s']:.4g}, standard error {known}",
        f"  mean answers to the four contexts: {means}",
        f"  models whose phases exist before they are read, and multiply, have S <= {found['noncontextual_bound']:.4g}",
    ]
    if exact is not None:
        lines.append(f"  the ideal network, given the same earlier answers, has S = {exact:.4g}")
    if min(one["answers"] for one in parts.values()) < FEW_ANSWERS:
        lines.append(f"  fewer than {FEW_ANSWERS} answers to a context: the standard error may be too small")
    return lines


@hsmt_app.command("answer", cls=PlainCommand)
def hsmt_answer(
    dataset: Annotated[Path, typer.Argument(help="A dataset file, written by khrnn hsmt generate.")],
    out: Annotated[Path, typer.Option(help="File to write the answers to (.json).")],
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The model: ideal or phase-space-sampler, for every alphabet; for real also compiled:L; for "
            "modular(2) also the models that khrnn hsmt examine lists.",
        ),
    ] = "phase-space-sampler",
    loss: Annotated[
        float,
        typer.Option(
            help="For displacement: share of light that every mode loses before each readout, from 0 to below 1."
        ),
    ] = 0.0,
    laws: Annotated[
        bool,
        typer.Option(
            "--laws", help="Write the laws that the model predicts for the answers of the dataset, not answers."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the sampled answers, a whole number from 0 on; 0 by default.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Let a model answer the sentences of a dataset, for khrnn hsmt score.

    Example: khrnn hsmt answer data.jsonl --model phase-space-sampler --out sampler.json
    """
    from compiler.errors import InputError
    from compiler.files import read_text
    from qumode_khrnn.answers.answering import model_answers, model_laws, write_answers
    from qumode_khrnn.hsmt.dataset import ANSWERS_FORMAT, answers_text, read_dataset
    from qumode_khrnn.jobs.output import require_replaceable

    if laws and loss:
        raise InputError("--laws is for models without loss; leave --loss or --laws out")
    refuse_idle({"--seed": laws and seed is not None}, "is for sampled answers, and --laws samples none")
    there = read_text(out) if out.is_file() and not force else ""
    require_replaceable(out, force=force, same=there.startswith(f'{{"format": "{ANSWERS_FORMAT}"'))
    asked = read_dataset(dataset)
    with tracker() as track:
        advance = track("sentences", len(asked.sentences))
        made = model_laws(asked, model, advance) if laws else model_answers(asked, model, seed or 0, loss, advance)
    require_replaceable(out, force=force, same=there == answers_text(made))
    write_answers(out, made)
    answers, what = sum(len(own) for own in made.sentences), "laws" if laws else "answers"
    data = {"file": str(out), "model": made.model, "sentences": len(made.sentences), what: answers}
    show(data, as_json, [f"{answers} {what} of {made.model} to {len(made.sentences)} sentences written to {out}"])


def score_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the scores as a table whose columns are as wide as their cells."""
    heads = {"excess_nll": "excess NLL", "violation_rate": "violation rate", "squared_error": "squared error"}
    cells = [[head, *(_score(row, key) for row in rows)] for key, head in heads.items()]
    columns = [[f"{cell:{max(map(len, column))}}" for cell in column] for column in cells]
    edges = [("probe", "answers", "p"), *((r["probe"], r["answers"], f"{r['calibration_p']:.3g}") for r in rows)]
    return [
        f"{name:10} {count:>7}  {'  '.join(scores)}  {p}"
        for (name, count, p), scores in zip(edges, zip(*columns, strict=True), strict=True)
    ]


def _score(row: Mapping[str, Any], key: str) -> str:
    """A score with its 95 % interval, as ``0.02 [0.01, 0.03]``."""
    if row[key] is None:
        return "∞" if key == "excess_nll" and row["impossible"] else "–"
    interval = row["ci95"][key]
    return f"{row[key]:.3g}" + ("" if interval is None else f" [{interval[0]:.3g}, {interval[1]:.3g}]")


@hsmt_app.command("examine", cls=PlainCommand)
def hsmt_examine(
    model: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="The model to ask: constant, coin, silent, phase-space-sampler, patched-sampler, hashed-sampler, "
            "taylor-sampler, pair, tracker:M (M weights), ideal, qubits:P (error P per CNOT gate), compiled:L (L times "
            "the losses of photonic-cubic, over the real alphabet), or a model of another package. The option may be "
            "repeated.",
        ),
    ],
    modes: Annotated[int, typer.Option(help="Number of modes n.")] = 8,
    k: Annotated[int, typer.Option(help="Number of modes per hyperedge.")] = 2,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The kind of probes: matched, decoy, neighbour, contextual or triple; by default all kinds.",
        ),
    ] = None,
    probes: Annotated[int, typer.Option(help="Number of probes of each kind.")] = 600,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the table and finished parts, so that an interrupted examination can continue. By default "
            "nothing is written."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Number of local processes; by default 1, which uses no other process.")
    ] = None,
    scheduler: Scheduler = None,
    scheduler_file: SchedulerFile = None,
    tls_ca: TlsAuthority = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Cross-examine models: count their impossible answers, and hold all their answers against the exact laws.

    Example: khrnn hsmt examine --model phase-space-sampler --model ideal --modes 8 --k 2
    """
    from contextlib import nullcontext

    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.jobs.table import TABLES
    from qumode_khrnn.separation.cells import examination_lines, parts_of, run_examination

    refuse_force(force, out)
    scheduler = cluster_of(scheduler, scheduler_file, tls_ca, tls_cert, tls_key, workers)
    parts = sum(len(parts_of(name, modes, k, kind, probes)) for name in dict.fromkeys(model))
    asked = {"models": model, "modes": modes, "k": k, "kind": kind, "probes": probes, "seed": seed}
    held = nullcontext() if out is None else output_folder(out, "khrnn hsmt examine", asked, TABLES, force=force)
    with held, tracker() as track:
        rows = run_examination(
            model,
            modes,
            k,
            kind,
            probes,
            seed,
            folder=out,
            scheduler=scheduler,
            workers=1 if workers is None else workers,
            progress=track("parts of the examination", parts),
        )
    show({"rows": rows}, as_json, examination_lines(rows))


@hsmt_app.command("bound", cls=PlainCommand)
def hsmt_bound(
    modes: Annotated[int, typer.Option(help="Number of modes n.")] = 3,
    k: Annotated[int, typer.Option(help="Number of modes per hyperedge.")] = 2,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the certificate of k = 2; by default khrnn-out/bound.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Run the finite check of k = 2 also for n above 4. For n = 3 and 4 it always runs; it is the same for "
            "all n.",
        ),
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """State how many bits of memory a classical model needs, and what each theorem asks of the model.

    For k = 2 and n = 3 or 4 the finite check of the proof is run again, and a certificate is written that khrnn verify
    checks without the search.

    Example: khrnn hsmt bound --modes 4 --k 2
    """
    from dataclasses import asdict

    from compiler.errors import InputError
    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.separation.bound import CHECKED_MODES, bound_lines, demands, write_certificate
    from qumode_khrnn.separation.certificate import FILE, TRIPLES, check_certificate

    lines = bound_lines(modes, k)
    data = {"modes": modes, "k": k, "bounds": [asdict(one) for one in demands(modes, k)], "certificate": None}
    if check and k != 2:
        raise InputError("the finite check is that of k = 2; leave --check out")
    certified = k == 2 and (check or modes in CHECKED_MODES)
    if not certified and (out is not None or force):
        name = "--force" if out is None else "--out"
        advice = "; give --check, or leave it out" if k == 2 else "; leave it out"
        raise InputError(f"{name} is for the certificate of k = 2, which is not made for n = {modes}, k = {k}{advice}")
    if certified:
        out = out or Path("khrnn-out/bound")
        with output_folder(out, "khrnn hsmt bound", {"modes": modes}, (FILE,), force=force), tracker() as track:
            path = write_certificate(modes, out, track("refutations", TRIPLES))
        found = check_certificate(path)
        data |= {"certificate": str(path), "check": asdict(found)}
        lines += [
            f"finite check: {found.triples} triples of graph states (256 on three modes, 256 on four), each refuted "
            f"within {found.deepest} readouts;",
            f"  all {found.paths} paths of answers end with one that is impossible for one of the three, so no two "
            "orthogonal states are taken as told apart",
            f"certificate: {path} (khrnn verify {path.parent} checks it without the search)",
        ]
        if found.problems:
            lines += [f"CHECK FAILED: {text}" for text in found.problems]
    show(data, as_json, lines)
    raise typer.Exit(1 if data["certificate"] is not None and found.problems else 0)

"""``khrnn hsmt``: part of the command line, which may open every room inside its functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qumode_khrnn.cli.common import Json, Scheduler, Seed, Workers, show
from qumode_khrnn.cli.progress import tracker

hsmt_app = typer.Typer(
    help="Make and score HSMT datasets.\n\nExample: khrnn hsmt generate --modes 5 --k 3 --sentences 100 --probes 3 "
    "--out data.jsonl",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@hsmt_app.command("generate")
def hsmt_generate(
    out: Annotated[Path, typer.Option(help="Dataset file to write (.jsonl).")],
    alphabet: Annotated[str, typer.Option(help='"real", or "modular(d)" with 2 <= d <= 16.')] = "real",
    modes: Annotated[int, typer.Option(help="Number of modes n.")] = 5,
    k: Annotated[int, typer.Option(help="Modes per hyperedge: 2 to 4 (real), 2 to 8 (modular).")] = 3,
    sentences: Annotated[int, typer.Option(help="Number of sentences.")] = 100,
    probes: Annotated[int | None, typer.Option(help="Probe groups per sentence (3 unless --length is given).")] = None,
    length: Annotated[int | None, typer.Option(help="Tokens per sentence, instead of --probes.")] = None,
    edges: Annotated[int | None, typer.Option(help="Hyperedges written; all binom(n, k) by default.")] = None,
    shift: Annotated[
        float, typer.Option(help="Real: deviation of the first shifts. Modular: share of read modes that are shifted.")
    ] = 0.5,
    squeezing: Annotated[float, typer.Option(help="Squeezing parameter r of latent modes and ancilla.")] = 1.0,
    mixture: Annotated[
        str | None, typer.Option(help="Shares of the probe kinds, as matched=1,neighbour=2; equal by default.")
    ] = None,
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Make a dataset: sentences, answers of the ideal network, and the exact law of every answer.

    The file does not depend on the number of workers; an interrupted run goes on where it was.

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
        squeezing_latent=squeezing,
        squeezing_ancilla=squeezing,
        mixture=None if mixture is None else mixture_from_text(mixture),
        seed=seed,
        alphabet=alphabet,
    )
    with tracker() as track:
        made = generate_file(spec, out, scheduler, workers, track("sentences", sentences))
    data = {"file": str(out), "sentences": made.sentences, "answers": made.answers}
    show(data, as_json, [f"{made.sentences} sentences with {made.answers} answers written to {out}"])


@hsmt_app.command("score")
def hsmt_score(
    dataset: Annotated[Path, typer.Argument(help="A dataset file.")],
    answers: Annotated[
        Path | None, typer.Option(help="A model's answers file; the dataset's own answers by default.")
    ] = None,
    multiple: Annotated[float, typer.Option(help="Window of the violation rate, in standard deviations.")] = 5.0,
    as_json: Json = False,
) -> None:
    """Score a model's answers: violation rate, excess NLL, squared error, per probe kind.

    Example: khrnn hsmt score data.jsonl --answers model.json
    """
    from qumode_khrnn.answers.scoring import score_files

    scored = score_files(dataset, answers, multiple)
    lines = [f"{'probe':10} {'answers':>8} {'violation rate':>15} {'excess NLL':>11} {'squared error':>14}"]
    for row in scored["rows"]:
        shown = (
            "–" if row[key] is None else f"{row[key]:.4g}" for key in ("violation_rate", "excess_nll", "squared_error")
        )
        lines.append("{:10} {:8d} {:>15} {:>11} {:>14}".format(row["probe"], row["answers"], *shown))
    lines.append(f"agreement with the exact laws: p = {scored['calibration_p']:.3g}")
    show(scored, as_json, lines)

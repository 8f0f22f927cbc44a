"""``khrnn hsmt``: part of the command line, which may open every room inside its functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qumode_khrnn.cli_common import Json, Seed, show
from qumode_khrnn.progress import tracker

hsmt_app = typer.Typer(
    help="Make and score HSMT datasets.\n\nExample: khrnn hsmt generate --modes 5 --k 3 --sentences 100 --probes 3 "
    "--out data.jsonl",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@hsmt_app.command("generate")
def hsmt_generate(
    out: Annotated[Path, typer.Option(help="Dataset file to write (.jsonl).")],
    modes: Annotated[int, typer.Option(help="Number of qumodes n.")] = 5,
    k: Annotated[int, typer.Option(help="Modes per hyperedge, 2 or 3.")] = 3,
    sentences: Annotated[int, typer.Option(help="Number of sentences.")] = 100,
    probes: Annotated[int | None, typer.Option(help="Probe groups per sentence (3 unless --length is given).")] = None,
    length: Annotated[int | None, typer.Option(help="Tokens per sentence, instead of --probes.")] = None,
    edges: Annotated[int | None, typer.Option(help="Hyperedges written; all binom(n, k) by default.")] = None,
    squeezing: Annotated[float, typer.Option(help="Squeezing parameter r of latent modes and ancilla.")] = 1.0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Make a dataset: sentences, answers of the ideal network, and the exact law of every answer.

    Example: khrnn hsmt generate --modes 5 --k 3 --sentences 100 --probes 3 --seed 7 --out data.jsonl
    """
    from compiler.files import require_writable
    from qumode_khrnn.hsmt.dataset import Dataset, write_dataset
    from qumode_khrnn.hsmt.generate import generate
    from qumode_khrnn.hsmt.spec import HsmtSpec
    from simulations.reference import reference

    spec = HsmtSpec(
        modes,
        k,
        sentences,
        probes=3 if probes is None and length is None else probes,
        length=length,
        edges=edges,
        squeezing_latent=squeezing,
        squeezing_ancilla=squeezing,
        seed=seed,
    )
    require_writable(out)
    made = []
    with tracker() as track:
        advance = track("sentences", sentences)
        for sentence in generate(spec, reference):
            made.append(sentence)
            advance(len(made))
    write_dataset(out, Dataset(spec, tuple(made)))
    answers = sum(len(s.answers) for s in made)
    data = {"file": str(out), "sentences": len(made), "answers": answers}
    show(data, as_json, [f"{len(made)} sentences with {answers} answers written to {out}"])


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
    from simulations.scoring import score_files

    scored = score_files(dataset, answers, multiple)
    lines = [f"{'probe':10} {'answers':>8} {'violation rate':>15} {'excess NLL':>11} {'squared error':>14}"]
    for row in scored["rows"]:
        shown = (
            "–" if row[key] is None else f"{row[key]:.4g}" for key in ("violation_rate", "excess_nll", "squared_error")
        )
        lines.append("{:10} {:8d} {:>15} {:>11} {:>14}".format(row["probe"], row["answers"], *shown))
    lines.append(f"agreement with the exact laws (Kolmogorov-Smirnov): p = {scored['calibration_p']:.3g}")
    show(scored, as_json, lines)

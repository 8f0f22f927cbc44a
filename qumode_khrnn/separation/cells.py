"""Run examinations in parts, which are pure functions of settings and seed, and combine the parts."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from compiler.errors import InputError, did_you_mean
from compiler.typing import Advance
from qumode_khrnn.hsmt.alphabet import REAL
from qumode_khrnn.hsmt.language import ProbeKind
from qumode_khrnn.hsmt.models import find_model
from qumode_khrnn.hsmt.spec import MAX_SPEC_MODES
from qumode_khrnn.jobs import Job, run_jobs
from qumode_khrnn.separation.examination import (
    Tally,
    cross_examine,
    examine_real,
    kinds_of,
    require_examinable,
    situation,
)
from qumode_khrnn.settings import Strict, validated

TASK = "qumode_khrnn.separation.cells:examine_part"

PROBES_PER_PART = 200
"""Number of probes per part."""

Row = dict[str, Any]


class ExamineCell(Strict):
    """One examination, as a cell of a sweep; ``kind`` is None for all kinds."""

    model: str = "phase-space-sampler"
    modes: Annotated[int, Field(ge=2, le=MAX_SPEC_MODES, strict=True)] = 8
    k: Annotated[int, Field(ge=2, le=8, strict=True)] = 2
    kind: str | None = "triple"
    probes: Annotated[int, Field(ge=1, le=10**6, strict=True)] = 600


def check_examine(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an `ExamineCell` with every default filled in; raises InputError if one is wrong."""
    found = validated(ExamineCell, settings, "examine")
    parts_of(found.model, found.modes, found.k, found.kind, found.probes)
    return found.model_dump(mode="json")


def examine(settings: Mapping[str, Any], seed: int) -> list[Row]:
    """Run a whole examination, and return a flat row for each kind of probe."""
    parts = parts_of(settings["model"], settings["modes"], settings["k"], settings["kind"], settings["probes"])
    rows = [row for part in parts for row in examine_part(part, seed)]
    return [flat(row) for row in summarised(rows)]


def examine_part(settings: Mapping[str, Any], seed: int) -> list[Row]:
    """Ask some probes of one kind, and return a tally for each kind of answer."""
    model, amount = find_model(settings["model"])
    at = situation(model, settings["modes"], settings["k"], amount)
    kind, start, stop = ProbeKind(settings["kind"]), settings["start"], settings["stop"]
    if at.alphabet == REAL:
        found = examine_real(model, at, kind, start, stop, seed)
    else:
        found = cross_examine(model, at, kind, range(start, stop), seed)
    place = {"model": settings["model"], "modes": at.modes, "k": at.k}
    return [{**place, "kind": one.value, **asdict(tally)} for one, tally in found.items()]


def parts_of(model: str, modes: int, k: int, kind: str | None, probes: int) -> list[dict[str, Any]]:
    """Return the parts of an examination.

    Raises
    ------
    InputError
        If the model is unknown or cannot be asked at this size, or the kind or number of probes is wrong.
    """
    found, amount = find_model(model)
    at = situation(found, modes, k, amount)
    require_examinable(found, at)
    kinds = kinds_of(at)
    if kind is not None:
        if kind not in [one.value for one in kinds]:
            names = [one.value for one in kinds]
            hint = did_you_mean(kind, names) or "; positions read for neighbour probes are counted as context"
            raise InputError(
                f"kind must be one of {', '.join(names)} for {model}, n = {modes} and k = {k}, found {kind!r}{hint}"
            )
        kinds = (ProbeKind(kind),)
    if not 1 <= probes <= 10**6:
        raise InputError(f"probes must lie in 1..10^6, found {probes}")
    return [
        {
            "model": model,
            "modes": modes,
            "k": k,
            "kind": one.value,
            "start": start,
            "stop": min(start + PROBES_PER_PART, probes),
        }
        for one in kinds
        for start in range(0, probes, PROBES_PER_PART)
    ]


def summarised(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Combine parts into one row for each model, size and kind of answer."""
    groups: dict[tuple[str, int, int, str], Tally] = {}
    for row in rows:
        key = row["model"], row["modes"], row["k"], row["kind"]
        groups[key] = groups.get(key, Tally()) + Tally.of(row)
    out = []
    for (name, modes, k, kind), tally in groups.items():
        model, amount = find_model(name)
        at = situation(model, modes, k, amount)
        memory = model.memory(at)
        out.append(
            {
                "model": name,
                "alphabet": at.alphabet,
                "modes": modes,
                "k": k,
                "carried": memory.stated,
                "memory_bits": memory.bits,
                "memory_unit": "qubits" if "qubit" in memory.unit else "bits",
                "kind": kind,
                **tally.to_json(),
            }
        )
    return out


def flat(row: Mapping[str, Any]) -> Row:
    """Return a row of `summarised` without lists: intervals as two columns."""
    out: Row = {}
    for name, value in row.items():
        if name == "caught_by":
            out[name] = ", ".join(value)
        elif name.endswith("ci95"):
            stem = name.removesuffix("ci95") or "violations_"
            out[f"{stem}low"], out[f"{stem}high"] = value if value is not None else (None, None)
        else:
            out[name] = value
    return out


def run_examination(
    models: Sequence[str],
    modes: int,
    k: int,
    kind: str | None,
    probes: int,
    seed: int,
    *,
    folder: Path | None = None,
    scheduler: str | None = None,
    workers: int | None = 1,
    progress: Advance | None = None,
) -> list[Row]:
    """Examine models, and return a row for each of them and each kind of answer.

    Parameters
    ----------
    models : sequence of str
        Each ``NAME`` or ``NAME:NUMBER``.
    modes, k : int
    kind : str, optional
        All kinds if None.
    probes : int
        Number of probes of each kind.
    seed : int
    folder : Path, optional
        Where finished parts are kept, so that an interrupted examination goes on; they are not kept if None.
    scheduler, workers, progress
        As in `qumode_khrnn.jobs.run_jobs`.

    Raises
    ------
    InputError
        If an argument is wrong.
    """
    parts = [part for model in dict.fromkeys(models) for part in parts_of(model, modes, k, kind, probes)]
    jobs = [
        Job(
            re.sub(r"[^A-Za-z0-9._-]", "-", "{model}-n{modes}-k{k}-{kind}-{start}-{stop}".format(**part)),
            "examine",
            part,
            seed,
        )
        for part in parts
    ]
    if folder is None and scheduler is None and workers is not None and workers <= 1:
        rows: list[Row] = []
        for done, part in enumerate(parts, start=1):
            rows += examine_part(part, seed)
            if progress is not None:
                progress(done)
        return summarised(rows)
    with tempfile.TemporaryDirectory() as scratch:
        found = run_jobs(
            jobs,
            Path(scratch) if folder is None else folder,
            {"examine": TASK},
            scheduler=scheduler,
            workers=None if scheduler is not None else workers,
            progress=progress,
        )
        return summarised(found.rows)


def examination_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the examination as lines of a text table."""
    head = "{:22} {:>6} {:10} {:>6} {:>9} {:>17} {:>8} {:>9} {:>6}  {}"
    names = ("model", "bits", "kind", "probes", "violated", "95 %", "answers", "excess", "ones", "caught by")
    lines = [head.format(*names)]
    for row in rows:
        bits = "–" if row["memory_bits"] is None else f"{row['memory_bits']:g}"
        low, high = row["ci95"]
        excess = "–" if row["excess"] is None else f"{row['excess']:+.4f}"
        ones = "–" if row["ones"] is None else f"{row['ones']:.3f}"
        rate, interval = f"{row['violations'] / row['probes']:.2%}", f"{low:.2%} to {high:.2%}"
        caught = ", ".join(row["caught_by"]) or "–"
        shown = (row["model"], bits, row["kind"], row["probes"], rate, interval, row["answers"], excess, ones, caught)
        lines.append(head.format(*shown))
    lines += [
        "violated: probes with an answer that is impossible given the model's earlier ones; 95 %: Wilson's interval",
        "excess: mean of ln P(answer) + entropy of its law, nats; 0 for a model that answers by the laws",
        "ones: share of ones among answers that are free; 1/2 for a model that answers by the laws",
    ]
    if any(row["alphabet"] == REAL for row in rows):
        lines += [
            "over the real alphabet: violated, determined answers outside 5 standard deviations; excess, mean of "
            "(answer - mean)^2 / variance - 1; ones, answers above the median; 0 and 1/2 likewise",
        ]
    return lines

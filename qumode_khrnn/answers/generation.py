"""Generate datasets in parts: in this process, in local processes or on a Dask cluster. An interrupted run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.files import read_text, write_text
from compiler.typing import Advance
from qumode_khrnn.hsmt.dataset import dataset_header, sentence_line
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.spec import HsmtSpec, spec_from_json
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.jobs import Job, run_jobs
from qumode_khrnn.jobs.folder import remove_run
from qumode_khrnn.jobs.output import require_replaceable

SENTENCES_PER_PART = 250
"""Number of sentences per part."""

MOST_SENTENCES_IN_ONE_PROCESS = 1000
"""Largest number of sentences for which one process is faster than several."""

MAX_HEADER = 100_000
"""Most characters of the first line of a dataset, which holds its specification."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What was made: sentences, answers, and parts that an earlier run had finished."""

    sentences: int
    answers: int
    reused_parts: int


def sentences_of_part(settings: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Return the lines of some sentences of a dataset; the seed is that of the specification."""
    spec = spec_from_json(settings["spec"], "spec")
    made = generate(spec, reference, settings["start"], settings["stop"])
    return [{"line": sentence_line(sentence), "answers": len(sentence.answers)} for sentence in made]


def generate_file(
    spec: HsmtSpec,
    out: Path,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Advance | None = None,
    *,
    force: bool = False,
) -> Generated:
    """Write a dataset file; it does not depend on where its parts were made.

    Parts are kept in ``OUT.parts/`` until all are there, so an interrupted run goes on where it was.

    Parameters
    ----------
    spec : HsmtSpec
    out : Path
    scheduler : str, optional
        Address of a Dask scheduler.
    workers : int, optional
        Number of local processes. The default is one for few sentences, and one per processor for many.
    progress : callable
        Called with the number of sentences done.
    force : bool
        Whether to replace an existing file with other content.

    Raises
    ------
    InputError
        If the file cannot be written, if it exists with other content and ``force`` is not given, or if a sentence
        has no exact laws.
    """
    require_replaceable(out, force=force, same=_header_of(out) == dataset_header(spec))
    jobs = []
    for start in range(0, spec.sentences, SENTENCES_PER_PART):
        stop = min(start + SENTENCES_PER_PART, spec.sentences)
        settings = {"spec": spec.to_json(), "start": start, "stop": stop}
        jobs.append(Job(f"{start:08d}", "hsmt", settings, spec.seed))
    if workers is None and scheduler is None and spec.sentences <= MOST_SENTENCES_IN_ONE_PROCESS:
        workers = 1
    folder = out.with_name(out.name + ".parts")
    done = run_jobs(
        jobs,
        folder,
        {"hsmt": "qumode_khrnn.answers.generation:sentences_of_part"},
        scheduler=scheduler,
        workers=workers,
        progress=None if progress is None else lambda parts: progress(min(parts * SENTENCES_PER_PART, spec.sentences)),
    )
    lines = [dataset_header(spec), *(str(row["line"]) for row in done.rows)]
    text = "".join(line + "\n" for line in lines)
    require_replaceable(out, force=force, same=out.is_file() and read_text(out) == text)
    write_text(out, text)
    remove_run(folder)
    return Generated(spec.sentences, sum(int(str(row["answers"])) for row in done.rows), done.reused)


def _header_of(path: Path) -> str:
    """Return the first line of a file, or an empty text if the file cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(MAX_HEADER).rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return ""

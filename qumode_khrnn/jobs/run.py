"""Run jobs into a folder: finished jobs are kept, missing ones run here or on Dask, with the same rows."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from compiler.errors import InputError
from compiler.files import remove_temporaries
from compiler.typing import Advance
from hardware_profiles.extras import absence, need
from qumode_khrnn.jobs.dask_run import dask_outcomes, local_workers
from qumode_khrnn.jobs.folder import load, locked, save
from qumode_khrnn.jobs.job import Job, Outcome, Row, call, canonical, function_of
from qumode_khrnn.jobs.table import write_table

LOG = logging.getLogger("qumode_khrnn.jobs")

TABLE_SECONDS = 2.0
"""Least time, in seconds, between two writes of the table; writing takes at most a twentieth of the run."""


class JobsError(RuntimeError):
    """Jobs failed for another reason than bad input; the others are finished and stored."""


@dataclass(frozen=True, slots=True)
class JobsResult:
    """All rows, in the order of the jobs, and how they were obtained.

    Attributes
    ----------
    rows : tuple of Row
        Columns of the job, then those of its function.
    table : Path
        The file with the same rows; see `qumode_khrnn.jobs.table.write_table`.
    ran, reused : int
        Number of jobs that ran now, and of jobs with a file of an earlier run.
    warnings : tuple of str
        Files that could not be used, so that their jobs ran again.
    """

    rows: tuple[Row, ...]
    table: Path
    ran: int
    reused: int
    warnings: tuple[str, ...]


def run_jobs(
    jobs: Sequence[Job],
    folder: Path,
    tasks: Mapping[str, str],
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Advance | None = None,
    retries: int = 3,
) -> JobsResult:
    """Run jobs that are not finished yet, store each as it ends, and return the rows of all.

    Parameters
    ----------
    jobs : sequence of Job
        Keys must differ. Their order is the order of the table.
    folder : Path
        Holds ``jobs/KEY.json``, the table and, meanwhile, ``run.lock``.
    tasks : mapping from name to ``"module:function"``
        The registry of functions that jobs may call. ``function(settings: dict, seed: int) -> list of rows``.
    scheduler : str, optional
        Address of a Dask scheduler.
    workers : int, optional
        Number of local processes; 0 and 1 run in this process, without Dask. By default one per processor, and one
        where Dask is not installed.
    progress : callable
        Called with the number of jobs that have ended.
    retries : int
        How often a job is run again after its worker died (a scheduler may allow more); then it is run once more alone.

    Raises
    ------
    InputError
        If the arguments are wrong, Dask is needed and not installed, the folder is in use, the scheduler or its workers
        are unavailable, or every failed job failed with an `InputError`. A job that fails by itself is run again only
        by the next call.
    JobsError
        If a job failed otherwise, or the scheduler was lost.
    """
    _check(jobs, tasks, scheduler, workers, retries)
    with locked(folder):
        remove_temporaries(folder / "jobs")
        rows, warnings = _stored(folder, jobs)
        missing = [job for job in jobs if job.key not in rows]
        failed: dict[str, Outcome] = {}

        def table() -> Path:
            return write_table(folder, (row for job in jobs for row in rows.get(job.key, ())))

        def tell() -> None:
            if progress is not None:
                progress(len(rows) + len(failed))

        tell()
        due = monotonic() + TABLE_SECONDS
        try:
            with closing(_outcomes(missing, tasks, scheduler, workers, retries)) as outcomes:
                for job, outcome in outcomes:
                    ended = _joined(job, outcome)
                    if ended.error is None:
                        save(folder, job, outcome.rows)
                        rows[job.key] = ended.rows
                    else:
                        failed[job.key] = ended
                    tell()
                    if (start := monotonic()) >= due:
                        table()
                        due = monotonic() + max(TABLE_SECONDS, 20.0 * (monotonic() - start))
        except ConnectionError as error:
            raise JobsError(f"{error}; {len(rows)} of {len(jobs)} are stored in {folder}: run again to go on") from None
        finally:
            path = table()  # also after an interrupt
        if failed:
            raise _failure([(job, failed[job.key]) for job in jobs if job.key in failed], len(jobs), folder)
        all_rows = tuple(row for job in jobs for row in rows[job.key])
        return JobsResult(all_rows, path, len(missing), len(jobs) - len(missing), warnings)


def _stored(folder: Path, jobs: Sequence[Job]) -> tuple[dict[str, tuple[Row, ...]], tuple[str, ...]]:
    """Return the rows of the jobs whose files can be used, and a warning for each file that cannot."""
    rows, warnings = {}, []
    for job in jobs:
        found, warning = load(folder, job)
        if warning is not None:
            warnings.append(warning)
        if found is not None:
            joined = _joined(job, Outcome(found))
            if joined.error is not None:
                raise InputError(f"job {job.key}: {joined.error}")
            rows[job.key] = joined.rows
    return rows, tuple(warnings)


def _outcomes(
    jobs: Sequence[Job], tasks: Mapping[str, str], scheduler: str | None, workers: int | None, retries: int
) -> Generator[tuple[Job, Outcome], None, None]:
    if scheduler is None:
        workers = _default_workers(len(jobs)) if workers is None else min(workers, len(jobs))
        if workers <= 1:
            for job in jobs:
                yield job, call(tasks[job.task], canonical(job.settings, job.key), job.seed)
            return
    if jobs:
        yield from dask_outcomes(jobs, tasks, scheduler, workers or 0, retries)


def _default_workers(jobs: int) -> int:
    workers = local_workers(jobs)
    if workers > 1 and (line := absence("dask", "distributed")):
        LOG.warning("%s; the jobs run one after the other in this process", line.partition("; ")[0])
        return 1
    return workers


def _check(
    jobs: Sequence[Job], tasks: Mapping[str, str], scheduler: str | None, workers: int | None, retries: int
) -> None:
    if scheduler is not None and workers is not None:
        raise InputError("give either a scheduler or a number of local workers, not both")
    if workers is not None and not 0 <= workers <= 1000:
        raise InputError(f"workers must lie in 0..1000, found {workers}")
    if scheduler is not None or (workers is not None and min(workers, len(jobs)) > 1):
        need("dask", "distributed")
    if not 0 <= retries <= 100:
        raise InputError(f"retries must lie in 0..100, found {retries}")
    keys: set[str] = set()
    for job in jobs:
        if job.task not in tasks:
            raise InputError(f"job {job.key}: task must be one of {', '.join(sorted(tasks))}, found {job.task!r}")
        if job.key.lower() in keys:  # some file systems do not distinguish A from a
            raise InputError(f"keys of jobs must differ (also without case), found {job.key!r} twice")
        keys.add(job.key.lower())
    for task in sorted({job.task for job in jobs}):
        function_of(tasks[task])


def _joined(job: Job, outcome: Outcome) -> Outcome:
    """Return the outcome with the job's columns in every row; an error if a column means two things."""
    for row in outcome.rows:
        for name in set(row) & set(job.columns):
            if row[name] != job.columns[name]:
                return Outcome(
                    error=f"column {name!r} is {job.columns[name]!r} by the job and {row[name]!r} by its task; "
                    "rename one",
                    bad_input=True,
                )
    return replace(outcome, rows=tuple({**job.columns, **row} for row in outcome.rows))


def _failure(failed: Sequence[tuple[Job, Outcome]], jobs: int, folder: Path) -> InputError | JobsError:
    job, outcome = failed[0]
    settings = canonical(job.settings, job.key)
    message = (
        f"{len(failed)} of {jobs} jobs failed; {job.key} ({job.task} with {settings}, seed {job.seed}): "
        f"{outcome.error}; the others are stored in {folder}: run again for those that failed"
    )
    return InputError(message) if all(o.bad_input for _, o in failed) else JobsError(message)

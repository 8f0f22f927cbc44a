"""Run jobs on Dask: local worker processes or a cluster. Workers import the task by name and never touch the folder."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import uuid4

from compiler.errors import InputError
from hardware_profiles.extras import need
from qumode_khrnn.jobs.cluster import CONNECT_SECONDS, ask_scheduler
from qumode_khrnn.jobs.job import Job, Outcome, call, canonical

LOG = logging.getLogger("qumode_khrnn.jobs")
"""Log of failures that are repaired while jobs run; the command line prints it."""

WATCH_SECONDS = 2.0
"""Seconds between two counts of the workers."""

START_SECONDS = 60
"""Longest start of local workers, in seconds: they import numpy and scipy from a disk that may be slow."""


def dask_outcomes(
    jobs: Sequence[Job], tasks: Mapping[str, str], scheduler: str | None, workers: int, retries: int
) -> Iterator[tuple[Job, Outcome]]:
    """Yield the jobs with their outcomes, as they end.

    Parameters
    ----------
    jobs : sequence of Job
    tasks : mapping from name to ``"module:function"``
    scheduler : str, optional
        Address of a Dask scheduler; local processes if None.
    workers : int
        Number of local processes.
    retries : int
        How often a job is run again beside others after its worker died; then it is run once more alone before it
        fails.

    Raises
    ------
    InputError
        If the scheduler cannot be reached or has no workers, if a worker cannot import a task, or if the local
        workers cannot be started.
    ConnectionError
        If the scheduler is lost.
    """
    left = len(jobs)
    try:
        with _client(scheduler, workers) as client:
            _check_workers(client, sorted({tasks[job.task] for job in jobs}))
            with _losses_told(client, scheduler):
                for found in _outcomes(client, jobs, tasks, retries):
                    left -= 1
                    yield found
    except (OSError, asyncio.CancelledError, TimeoutError, asyncio.TimeoutError) as error:
        # at any stage: when the connection is made, while workers are asked, when jobs run, when it is closed
        if left:
            raise ConnectionError(f"the Dask scheduler was lost with {left} jobs to do ({_reason(error)})") from None


def _outcomes(
    client: Any, jobs: Sequence[Job], tasks: Mapping[str, str], retries: int
) -> Iterator[tuple[Job, Outcome]]:
    from distributed import as_completed
    from distributed.scheduler import KilledWorker
    from distributed.utils import CancelledError

    name = f"khrnn-{uuid4().hex}"

    def submit(index: int, attempt: int) -> Any:
        job = jobs[index]
        arguments = tasks[job.task], canonical(job.settings, job.key), job.seed
        # One group of keys: Dask then keeps the queue on the scheduler, and a worker that dies takes few jobs along.
        return client.submit(call, *arguments, key=(name, index, attempt), pure=False)

    waiting = {future: index for index, future in enumerate([submit(i, 0) for i in range(len(jobs))])}
    deaths: Counter[int] = Counter()
    suspects: list[int] = []
    alone: int | None = None
    queue = as_completed(list(waiting), loop=client.loop)
    try:
        while waiting or suspects:
            if not waiting:
                # A dead worker may have held innocent jobs too: each is run alone before it fails.
                alone = suspects.pop(0)
                last = submit(alone, deaths[alone])
                waiting[last] = alone
                queue.add(last)
            future = next(queue)
            index = waiting.pop(future)
            if future.status in ("lost", "pending"):  # its worker died with the result: Dask runs it again
                waiting[future] = index
                queue.add(future)
                continue
            try:
                outcome = future.result()
            except KilledWorker as error:
                deaths[index] += error.allowed_failures + 1
                if deaths[index] <= retries:
                    again = submit(index, deaths[index])
                    waiting[again] = index
                    queue.add(again)
                    continue
                if index != alone:
                    suspects.append(index)
                    continue
                outcome = Outcome(
                    error=f"its worker died {deaths[index]} times, perhaps out of memory; give it more memory"
                )
            except (OSError, CancelledError) as error:  # not from the task, whose errors come back as data
                raise ConnectionError(_reason(error)) from None
            except Exception as error:  # such as a worker that came later and cannot import this package
                outcome = Outcome(error=f"{type(error).__name__}: {error}")
            future.release()
            yield jobs[index], outcome
    finally:
        if waiting and client.status == "running":
            client.cancel(list(waiting), force=True)


def _reason(error: BaseException) -> str:
    """Return the message of a Dask error as one short line."""
    return " ".join(str(error).split())[:160] or type(error).__name__


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    need("dask", "distributed")
    import dask
    from distributed import Client, LocalCluster
    from distributed.utils import silence_logging_cmgr

    with ExitStack() as stack:
        stack.enter_context(silence_logging_cmgr(logging.CRITICAL))
        address: Any = scheduler
        if scheduler is None:
            settings = {
                "distributed.scheduler.allowed-failures": 0,  # deaths are counted here
                "distributed.scheduler.worker-ttl": None,  # a local process that is busy for long is not dead
            }
            stack.enter_context(dask.config.set(settings))
            try:
                address = stack.enter_context(
                    LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address="127.0.0.1:0",  # any free port, for health checks only
                        scheduler_kwargs={"dashboard": False},
                        silence_logs=logging.CRITICAL,
                        memory_limit=0,  # no limit, as in this process
                    )
                )
            except (RuntimeError, OSError) as error:
                raise InputError(
                    f"cannot start {workers} local workers: {error}; a script must start jobs below "
                    "if __name__ == '__main__', and workers = 1 needs no processes"
                ) from None
        else:
            ask_scheduler(scheduler)
        client = stack.enter_context(Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS if scheduler else START_SECONDS)
        except TimeoutError:
            raise InputError(
                f"the Dask scheduler at {scheduler or 'this machine'} has no workers; "
                f"start one with: dask worker {scheduler or 'ADDRESS'} --nthreads 1"
            ) from None
        if scheduler is None:
            _leave_interrupts_to_us(client)
        yield client


def _leave_interrupts_to_us(client: Any) -> None:
    """Let local workers ignore Ctrl-C, which a terminal sends to every process: this process ends them."""
    import signal

    from distributed import WorkerPlugin

    class IgnoreInterrupts(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
        def setup(self, worker: Any) -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    client.register_plugin(IgnoreInterrupts())


@contextmanager
def _losses_told(client: Any, address: str | None) -> Iterator[None]:
    """Log when workers are lost, and when none is left: Dask then waits for new ones in silence."""
    where = f"the Dask scheduler at {address}" if address else "this machine"
    ended = threading.Event()

    def watch() -> None:
        known: set[str] = set(client.nthreads())
        while not ended.wait(WATCH_SECONDS):
            try:
                there = set(client.nthreads())
            except Exception:  # the client closes or the scheduler is lost, which is reported elsewhere
                return
            if lost := known - there:
                workers = f"{len(lost)} worker{'s' * (len(lost) > 1)} of {where} lost"
                jobs = "their jobs are run again" if there else "the run waits for new ones; Ctrl-C ends it, and keeps"
                LOG.warning("%s, %d left; %s%s", workers, len(there), jobs, "" if there else " what is finished")
            elif there - known and not known:
                LOG.warning("%d new workers: the run goes on", len(there))
            known = there

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _check_workers(client: Any, targets: Sequence[str]) -> None:
    """Check that every worker can import the tasks, from the same release."""

    def probe(wanted: Sequence[str]) -> str:  # nested: pickled by value, so that it runs where nothing is installed
        import importlib
        from importlib import metadata

        for target in wanted:
            module, _, name = target.partition(":")
            getattr(importlib.import_module(module), name)
        try:
            return metadata.version("qumode-khrnn")
        except metadata.PackageNotFoundError:
            return "not installed"

    try:
        here = version("qumode-khrnn")
    except PackageNotFoundError:
        here = "not installed"
    # the scheduler unpacks jobs too, but does not run them
    try:
        places = {"scheduler": client.run_on_scheduler(probe, ["qumode_khrnn.jobs.job:call"])}
    except OSError:  # the scheduler is lost and cannot answer
        raise
    except Exception as error:
        places = {"scheduler": error}
    workers = client.run(probe, targets, on_error="return")
    places |= {f"worker {address}": found for address, found in workers.items()}
    for place, found in places.items():
        if isinstance(found, OSError):  # this worker was lost meanwhile
            continue
        if isinstance(found, Exception):
            raise InputError(
                f"the Dask {place} cannot import {', '.join(targets)}: {type(found).__name__}: {found}; "
                "install the package there, or start it with the same PYTHONPATH"
            )
        if found != here:
            raise InputError(
                f"the Dask {place} has qumode-khrnn {found}, this process {here}; install the same release"
            )


def local_workers(jobs: int) -> int:
    """Return the default number of local processes: one per usable processor, and at most one per job."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, jobs))

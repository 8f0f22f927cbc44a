"""Run a comparison in a second process while this process does something else.

The second process only fills the folder of jobs. This process reads the jobs from there and runs the missing ones
itself: if the second process fails, only time is lost.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread

from compiler.errors import InputError
from compiler.typing import Advance
from qumode_khrnn.comparison.config import CompareConfig
from qumode_khrnn.comparison.study import Comparison, run_comparison
from qumode_khrnn.jobs import JobsError

Finish = Callable[[Advance], Comparison]
"""A function that waits for a comparison, reports its progress, and returns it."""


@contextmanager
def comparison_aside(config: CompareConfig, folder: Path) -> Iterator[Finish]:
    """Start a comparison in a second process, if there is a second processor, and yield the function that waits for it.

    Meanwhile linear algebra uses one thread in either process: more would wait for each other. Leaving the context
    ends the second process.

    Parameters
    ----------
    config : CompareConfig
    folder : Path
        As `qumode_khrnn.comparison.study.run_comparison` takes it.
    """
    if len(os.sched_getaffinity(0)) < 2:
        yield lambda advance: run_comparison(config, folder, workers=1, progress=advance)
        return
    from threadpoolctl import threadpool_limits

    context = get_context("spawn")  # a fork would copy locks that other threads hold
    ours, theirs = context.Pipe(duplex=False)
    helper = context.Process(target=_fill, args=(config.model_dump_json(), str(folder), theirs), daemon=True)
    with threadpool_limits(1):
        helper.start()
        theirs.close()
        try:
            yield lambda advance: _finished(config, folder, ours, advance)
        finally:
            helper.terminate()
            helper.join()
            ours.close()


def _finished(config: CompareConfig, folder: Path, told: Connection, advance: Advance) -> Comparison:
    """Wait for the second process, read its jobs, and run those that are missing."""
    counts: list[int] = []
    warnings: tuple[str, ...] = ()
    with suppress(EOFError):
        while True:
            news = told.recv()
            if isinstance(news, int):
                counts.append(news)
                advance(news)
            else:
                warnings = news
    found = run_comparison(config, folder, workers=1, progress=advance)
    reused = counts[0] if counts else found.reused  # what the second process found there
    return replace(found, ran=found.ran + found.reused - reused, reused=reused, warnings=warnings + found.warnings)


def _fill(config: str, folder: str, news: Connection) -> None:
    """Run the jobs of a comparison in the second process; send how many have ended, and finally the warnings."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears Ctrl-C too, and ends this one
    Thread(target=_end_with_parent, daemon=True).start()
    with threadpool_limits(1), suppress(InputError, JobsError):  # the first process meets and reports the error again
        done = run_comparison(CompareConfig.model_validate_json(config), Path(folder), workers=1, progress=news.send)
        news.send(done.warnings)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

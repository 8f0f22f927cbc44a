"""A cluster is found by its address or its scheduler file, with certificates or without, and says what it lost."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
import distributed  # its defaults belong to the configuration
import pytest
from places import ROOT
from sweep_probes import RUN

from compiler.errors import InputError
from qumode_khrnn.jobs import Job, JobsError, dask_run, run_jobs
from qumode_khrnn.jobs.cluster import Certificates, Cluster, ask_scheduler, scheduler_address
from qumode_khrnn.jobs.job import Outcome

NONE = Certificates()
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")]),
}


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[Path, Certificates]]:
    """An authority, and a certificate that it signed, made by openssl; Dask's configuration is as before afterwards."""
    if shutil.which("openssl") is None:
        pytest.skip(f"there is no openssl here to make certificates for Dask {distributed.__version__}")
    calls = (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=khrnn-test-authority",
        "req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=khrnn-test",
        "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out own.pem -days 2",
    )
    for call in calls:
        subprocess.run(["openssl", *call.split()], cwd=tmp_path, check=True, capture_output=True)
    before = json.dumps(dask.config.get("distributed.comm.tls"))
    try:
        yield tmp_path, Certificates(tmp_path / "ca.pem", tmp_path / "own.pem", tmp_path / "own.key")
    finally:
        dask.config.set({"distributed.comm.tls": json.loads(before)})


def test_an_address_or_a_file(tmp_path: Path) -> None:
    assert scheduler_address(None, None, NONE) is None
    assert scheduler_address("tcp://host:8786", None, NONE) == "tcp://host:8786"
    file = tmp_path / "scheduler.json"
    file.write_text('{"type": "Scheduler", "address": "tcp://10.0.0.1:40001"}')
    assert scheduler_address(None, file, NONE) == "tcp://10.0.0.1:40001"
    with pytest.raises(InputError, match="not both"):
        scheduler_address("tcp://host:8786", file, NONE)
    for text in ("{}", "[]", '{"address": 3}', '{"address": "host"}'):
        file.write_text(text)
        with pytest.raises(InputError, match=r"scheduler\.json must be the file of a Dask scheduler"):
            scheduler_address(None, file, NONE)


def test_certificates_are_for_tls_and_tls_needs_them(tls: tuple[Path, Certificates]) -> None:
    folder, given = tls
    for address in ("tcp://host:8786", None):
        with pytest.raises(InputError, match="certificates are for a scheduler at a tls:// address"):
            scheduler_address(address, None, given)
    with pytest.raises(InputError, match=r"tls://host:8786 needs certificates: .*comm\.tls\.ca-file"):
        scheduler_address("tls://host:8786", None, NONE)
    with pytest.raises(InputError, match=r"cannot read .*none\.pem"):
        scheduler_address("tls://host:8786", None, Certificates(folder / "none.pem", given.certificate, given.key))
    assert scheduler_address("tls://host:8786", None, given) == "tls://host:8786"
    assert scheduler_address("tls://host:8786", None, NONE) == "tls://host:8786"  # by Dask's own configuration


def test_what_a_command_says_of_a_cluster() -> None:
    assert Cluster("tcp://a:1", 1, 4, None).line() == (
        "Dask scheduler at tcp://a:1: 1 worker with 4 threads in all, without a dashboard"
    )
    assert "2 workers with 2 threads in all, dashboard http://a:8787/status" in (
        Cluster("tls://a:1", 2, 2, "http://a:8787/status").line()
    )


@pytest.mark.parametrize("where", ["connect", "ask", "run", "close"])
def test_a_scheduler_that_is_lost_at_any_time_gives_one_line(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = OSError("in <TCP (closed) ConnectionPool.broadcast>: Stream is closed")

    @contextmanager
    def client(scheduler: str | None, workers: int) -> Iterator[None]:
        if where == "connect":
            raise closed
        yield
        if where == "close":
            raise closed

    def check(client: object, targets: list[str]) -> None:
        if where == "ask":
            raise closed

    def outcomes(client: object, jobs: list[Job], *_: object) -> Iterator[tuple[Job, Outcome]]:
        for job in jobs:
            if where == "run" and job is jobs[2]:
                raise closed
            yield job, Outcome(({"value": 1},))

    @contextmanager
    def told(client: object, address: str | None) -> Iterator[None]:
        yield

    for name, function in (("_client", client), ("_check_workers", check), ("_losses_told", told)):
        monkeypatch.setattr(dask_run, name, function)
    monkeypatch.setattr(dask_run, "_outcomes", outcomes)
    jobs = [Job(f"cell-{x}", "probe", {"x": x}, 1000 + x, {"cell": x}) for x in range(3)]
    left = {"connect": 3, "ask": 3, "run": 1, "close": 0}[where]
    if not left:  # everything is there
        assert run_jobs(jobs, tmp_path, RUN, scheduler="tcp://host:1").ran == 3
        return
    words = rf"the Dask scheduler was lost with {left} jobs to do \(.* closed\); {3 - left} of 3 are stored .*run again"
    with pytest.raises(JobsError, match=words):
        run_jobs(jobs, tmp_path, RUN, scheduler="tcp://host:1")


def test_a_cluster_with_certificates_runs_jobs_and_says_which_workers_it_lost(
    tls: tuple[Path, Certificates], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder, given = tls
    file = folder / "scheduler.json"
    options = ["--tls-ca-file", "ca.pem", "--tls-cert", "own.pem", "--tls-key", "own.key", "--scheduler-file", file]
    started: list[subprocess.Popen[bytes]] = []

    def start(what: str, *more: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, options), *more]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, **quiet))  # type: ignore[call-overload]

    try:
        start("scheduler", "--protocol", "tls", "--port", "0", "--host", "127.0.0.1", "--dashboard-address", ":0")
        for _ in range(2):
            start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        limit = time.monotonic() + 60
        while not file.exists() and time.monotonic() < limit:
            time.sleep(0.1)
        address = scheduler_address(None, file, given)
        assert address is not None and address.startswith("tls://127.0.0.1:")
        while (found := ask_scheduler(address)).workers < 2 and time.monotonic() < limit:
            time.sleep(0.1)
        assert (found.workers, found.threads) == (2, 2)
        monkeypatch.setattr(dask_run, "WATCH_SECONDS", 0.1)

        def lose(done: int) -> None:
            if done == 3:
                started[1].kill()

        jobs = [Job(f"cell-{x}", "probe", {"x": x, "sleep": 0.1}, 1000 + x, {"cell": x}) for x in range(20)]
        with caplog.at_level(logging.WARNING, logger="qumode_khrnn.jobs"):
            done = run_jobs(jobs, tmp_path / "out", RUN, scheduler=address, progress=lose)
        assert done.ran == 20
        assert f"1 worker of the Dask scheduler at {address} lost, 1 left; their jobs are run again" in caplog.messages
    finally:
        for process in started:
            process.kill()
            process.wait()

"""Jobs: the same rows however they run; nothing lost, nothing run twice, nothing half-written."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from places import ROOT
from sweep_probes import RUN
from tables import TABLE, read_rows

from compiler.errors import InputError
from compiler.files import read_json
from qumode_khrnn.jobs import Job, JobsError, dask_run, run_jobs
from qumode_khrnn.jobs.folder import LOCK, locked
from qumode_khrnn.jobs.job import MAX_SEED, call
from qumode_khrnn.jobs.table import write_table

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support"), str(Path(__file__).parent)]),
}


def probes(count: int, **settings: Any) -> list[Job]:
    return [Job(f"cell-{x}", "probe", {"x": x, **settings}, 1000 + x, {"cell": x}) for x in range(count)]


def calls(folder: Path) -> Counter[int]:
    return Counter(int(path.name.split("-")[0]) for path in folder.glob("*-*"))


def stored(folder: Path) -> list[Path]:
    return sorted((folder / "jobs").glob("*.json"))


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "calls").mkdir()
    return tmp_path / "calls"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each started as by hand."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    where = tmp_path_factory.mktemp("dask")

    def start(*command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--no-dashboard"],
            env=ENVIRONMENT,
            cwd=where,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    host, port = address.removeprefix("tcp://").split(":")
    started = [start("scheduler", "--host", host, "--port", port)]
    try:
        started += [start("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
        from distributed import Client

        with Client(address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=30)
        yield address, started
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_worker_that_cannot_import_the_task(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "only_here.py").write_text("def task(settings, seed):\n    return []\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match=r"worker tcp://.* cannot import only_here:task: ModuleNotFoundError"):
        run_jobs([Job("a", "only", {}, 1)], tmp_path / "out", {"only": "only_here:task"}, scheduler=cluster[0])


def test_a_cluster_of_another_release(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_run, "version", lambda name: "0.0")
    with pytest.raises(InputError, match=r"the Dask scheduler has qumode-khrnn .*, this process 0.0; install the same"):
        run_jobs(probes(1), tmp_path / "out", RUN, scheduler=cluster[0])


def test_the_same_rows_here_on_processes_and_on_a_cluster_that_loses_a_worker(
    cluster: Any, tmp_path: Path, marks: Path
) -> None:
    jobs = probes(40)  # settings of the cluster's jobs differ in what the rows do not depend on
    here = run_jobs(jobs, tmp_path / "here", RUN, workers=1)
    processes = run_jobs(jobs, tmp_path / "processes", RUN, workers=2)
    address, started = cluster
    killed_at = []

    def kill_half_way(done: int) -> None:
        if done >= 20 and not killed_at:
            started[1].kill()
            killed_at.append(len(stored(tmp_path / "cluster")))

    marked = probes(40, sleep=0.05, calls=str(marks))
    remote = run_jobs(marked, tmp_path / "cluster", RUN, scheduler=address, progress=kill_half_way)
    assert started[1].wait(5) == -9 and 20 <= killed_at[0] < 40
    assert here.rows == processes.rows == remote.rows
    assert [row["cell"] for row in here.rows] == sorted([*range(40), 3])
    assert here.table.read_bytes() == processes.table.read_bytes() == remote.table.read_bytes()
    # all ran; only what the dead worker had at hand ran twice
    counts = calls(marks)
    assert set(counts) == set(range(40)) and sum(counts.values()) <= 42
    again = run_jobs(marked, tmp_path / "cluster", RUN, scheduler=address)
    assert (again.ran, again.reused, again.rows) == (0, 40, remote.rows) and calls(marks) == counts


def test_a_lost_scheduler_leaves_a_folder_that_goes_on(cluster: Any, tmp_path: Path, marks: Path) -> None:
    address, started = cluster

    def lose(done: int) -> None:
        if done == 5:
            started[0].kill()

    jobs = probes(20, sleep=0.05, calls=str(marks))
    with pytest.raises(JobsError, match=r"the Dask scheduler was lost .* of 20 are stored in .*: run again to go on"):
        run_jobs(jobs, tmp_path / "out", RUN, scheduler=address, progress=lose)
    finished = len(stored(tmp_path / "out"))
    done = run_jobs(jobs, tmp_path / "out", RUN, workers=1)
    assert 5 <= finished < 20 and (done.reused, done.ran) == (finished, 20 - finished)
    assert done.rows == run_jobs(probes(20), tmp_path / "whole", RUN, workers=1).rows


def test_failing_jobs_on_processes_lose_no_others(tmp_path: Path, marks: Path) -> None:
    jobs = probes(6, calls=str(marks))
    for at, fail in ((1, "input"), (2, "odd"), (3, "mapping"), (4, "exit")):
        jobs[at] = Job(f"cell-{at}", "probe", {**jobs[at].settings, "fail": fail}, at, {"cell": at})
    with pytest.raises(JobsError) as caught:
        run_jobs(jobs, tmp_path / "out", RUN, workers=2, retries=1)
    text = str(caught.value)
    assert text.startswith("4 of 6 jobs failed; cell-1 (probe with {") and '"fail":"input"' in text
    assert "x must be even, found 3" in text and "\n" not in text
    assert [path.stem for path in stored(tmp_path / "out")] == ["cell-0", "cell-5"]
    assert calls(marks)[4] == 3  # run, run again, run alone: each time its worker died
    (marks / "mended").touch()
    before = calls(marks)
    done = run_jobs(jobs, tmp_path / "out", RUN, workers=1)
    assert (done.ran, done.reused) == (4, 2) and calls(marks) - before == Counter([1, 2, 3, 4])


@pytest.mark.parametrize(
    ("fail", "error", "message"),
    [
        ("input", InputError, "x must be even, found 3"),
        ("mapping", InputError, "not mappable to none"),
        ("odd", JobsError, r"OddError: one and other \(sweep_probes.py:\d+\)"),
    ],
)
def test_a_failing_job_here(fail: str, error: type[Exception], message: str, tmp_path: Path, marks: Path) -> None:
    jobs = probes(3, calls=str(marks))
    jobs[0] = Job("bad", "probe", {**jobs[0].settings, "fail": fail}, 5)
    with pytest.raises(error, match=message):
        run_jobs(jobs, tmp_path / "out", RUN, workers=0)
    assert len(stored(tmp_path / "out")) == 2
    assert [row["cell"] for row in read_rows(tmp_path / "out" / TABLE)] == [1, 2]


def test_a_run_goes_on_where_it_was_interrupted(tmp_path: Path, marks: Path) -> None:
    def interrupt(done: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    jobs = probes(12, calls=str(marks))
    with pytest.raises(KeyboardInterrupt):
        run_jobs(jobs, tmp_path / "out", RUN, workers=1, progress=interrupt)
    assert len(read_rows(tmp_path / "out" / TABLE)) == 6  # cell 3 has two rows
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["jobs", TABLE]
    told: list[int] = []
    done = run_jobs(jobs, tmp_path / "out", RUN, workers=1, progress=told.append)
    assert (done.ran, done.reused, told) == (7, 5, list(range(5, 13)))
    assert calls(marks) == Counter(range(12))
    assert done.rows == run_jobs(probes(12), tmp_path / "whole", RUN, workers=1).rows


def test_a_killed_run_leaves_a_stale_lock_and_whole_files(tmp_path: Path, marks: Path) -> None:
    out = tmp_path / "out"
    script = (
        "from pathlib import Path\nfrom test_jobs import RUN, probes, run_jobs\n"
        f"run_jobs(probes(30, calls={str(marks)!r}, sleep=0.02), Path({str(out)!r}), RUN, workers=1)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], env=ENVIRONMENT)
    deadline = time.monotonic() + 30
    while len(stored(out)) < 5:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert read_json(out / LOCK) == {"pid": process.pid, "host": socket.gethostname()}
    (out / "jobs" / ".cell-29.json.abc.khrnn-tmp").write_text("{")  # killed while writing
    finished = len(stored(out))
    done = run_jobs(probes(30, calls=str(marks), sleep=0.02), out, RUN, workers=1)
    assert (done.reused, done.ran, done.warnings) == (finished, 30 - finished, ())
    assert sum(calls(marks).values()) <= 31  # but for the job that was running when it was killed
    assert [p.name for p in (out / "jobs").glob(".*")] == [] and not (out / LOCK).exists()


def test_files_that_cannot_be_used_are_run_again(tmp_path: Path, marks: Path) -> None:
    jobs = probes(9, calls=str(marks))
    whole = run_jobs(jobs, tmp_path / "out", RUN, workers=1)
    files = [tmp_path / "out" / "jobs" / f"{job.key}.json" for job in jobs]
    text = files[0].read_text()
    files[0].write_text(text[: len(text) // 2])
    files[1].write_text("")
    files[2].write_bytes(b"\xff\x00" * 100)
    files[3].write_text("[]")
    files[4].write_text(text)  # of another job
    files[5].write_text(files[5].read_text().replace('"even": false', '"even": true'))
    files[6].write_text(files[6].read_text().replace('"seed": 1006', '"seed": 1007'))
    files[7].unlink()
    again = run_jobs(jobs, tmp_path / "out", RUN, workers=1)
    assert (again.ran, again.reused, again.rows) == (8, 1, whole.rows)
    assert len(again.warnings) == 7 and all(text.endswith("the job is run again") for text in again.warnings)
    for found, words in zip(
        again.warnings,
        ("not valid JSON", "not valid JSON", "UTF-8", "JSON object", "found others", "checksum", "checksum"),
        strict=True,
    ):
        assert words in found
    assert calls(marks) == Counter([*range(9), *range(8)])


def test_changed_jobs_are_run_again_and_renamed_columns_are_not(tmp_path: Path, marks: Path) -> None:
    jobs = probes(4, calls=str(marks))
    run_jobs(jobs, tmp_path / "out", RUN, workers=1)
    jobs[0] = Job("cell-0", "probe", jobs[0].settings, 7, {"cell": 0})
    jobs[1] = Job("cell-1", "probe", {**jobs[1].settings, "sleep": 0.0}, 1001, {"cell": 1})
    jobs[2] = Job("cell-2", "probe", jobs[2].settings, 1002, {"new": "name"})
    done = run_jobs(jobs, tmp_path / "out", RUN, workers=1)
    assert (done.ran, done.reused, len(done.warnings)) == (2, 2, 2)
    assert all("must have the task, settings and seed of the job, found others" in text for text in done.warnings)
    assert done.rows[2]["new"] == "name" and "cell" not in done.rows[2]
    assert done.rows == run_jobs(jobs, tmp_path / "fresh", RUN, workers=1).rows


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with locked(out), pytest.raises(InputError, match=rf"in use by another run \(process {os.getpid()} on "):
        run_jobs(probes(1), out, RUN, workers=1)
    assert not (out / LOCK).exists()
    (out / LOCK).write_text('{"pid": 1, "host": "elsewhere"}')
    with pytest.raises(InputError, match=r"another machine \(process 1 on elsewhere\); if it is over, delete "):
        run_jobs(probes(1), out, RUN, workers=1)
    assert (out / LOCK).exists()
    for stale in (json.dumps({"pid": 99999999, "host": socket.gethostname()}), "", "{"):
        (out / LOCK).write_text(stale)
        assert len(run_jobs(probes(1), out, RUN, workers=1).rows) == 1


def test_the_table_holds_the_rows(tmp_path: Path) -> None:
    done = run_jobs(probes(5), tmp_path / "out", RUN, workers=1)
    table = read_rows(done.table)
    names = ["cell", "value", "even", "name", "only"]
    assert list(table[0]) == names and len(table) == 6
    assert table == [{name: row.get(name) for name in names} for row in done.rows]
    with pytest.raises(InputError, match="column 'a' must hold one type"):
        write_table(tmp_path, [{"a": 1}, {"a": "text"}])
    assert read_rows(write_table(tmp_path, [{"a": 1}, {}, {"b": 1.5}, {"a": 2.5}])) == [
        {"a": 1.0, "b": None},
        {"a": None, "b": None},
        {"a": None, "b": 1.5},
        {"a": 2.5, "b": None},
    ]


def test_the_table_grows_while_jobs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(done: int) -> None:
        if done == 3:
            seen.extend(row["cell"] for row in read_rows(tmp_path / "out" / TABLE))

    monkeypatch.setattr("qumode_khrnn.jobs.run.TABLE_SECONDS", 0.0)
    run_jobs(probes(4), tmp_path / "out", RUN, workers=1, progress=look)
    assert seen in ([0], [0, 1])


def test_one_thread_in_a_job_and_as_many_as_before_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with threadpool_limits(2):
        assert max(pool["num_threads"] for pool in threadpool_info()) == 2
        assert call("sweep_probes:threads", "{}", 0).rows == ({"threads": 1, "omp": "1"},)
        assert max(pool["num_threads"] for pool in threadpool_info()) == 2
    assert os.environ["OMP_NUM_THREADS"] == "2"


@pytest.mark.parametrize(
    ("address", "words"),
    [("tcp://127.0.0.1:9", "tcp://127.0.0.1:9 within 1 s"), ("nonsense", "missing port"), ("no://x:1", "scheme")],
)
def test_a_scheduler_that_cannot_be_reached(
    address: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qumode_khrnn.jobs.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match=words) as caught:
        run_jobs(probes(1), tmp_path / "out", RUN, scheduler=address)
    assert f"cannot reach a Dask scheduler at {address}" in str(caught.value)
    assert not (tmp_path / "out" / LOCK).exists()


def test_what_is_asked_is_checked_first(tmp_path: Path) -> None:
    def refused(words: str, jobs: list[Job], tasks: dict[str, str] = RUN, **options: Any) -> None:
        with pytest.raises(InputError, match=words):
            run_jobs(jobs, tmp_path / "out", tasks, **options)

    one = probes(1)
    refused("task must be one of probe, found 'other'", [Job("a", "other", {}, 1)])
    refused("keys of jobs must differ", [*one, Job("CELL-0", "probe", {}, 1)])
    refused("cannot import the task 'no.module:f'", one, {"probe": "no.module:f"})
    refused("must be a function, found dict", one, {"probe": "sweep_probes:RUN"})
    refused("not both", one, scheduler="tcp://127.0.0.1:9", workers=2)
    refused("workers must lie in 0..1000, found -1", one, workers=-1)
    refused("retries must lie in 0..100, found -1", one, retries=-1)
    assert not (tmp_path / "out").exists()
    refused("column 'even' is 'yes' by the job and True by its task", [Job("a", "probe", {"x": 2}, 1, {"even": "yes"})])


@pytest.mark.parametrize(
    ("key", "seed", "settings", "columns", "words"),
    [
        ("../a", 1, {}, {}, "the key of a job must be"),
        ("a", -1, {}, {}, "seed must be a whole number"),
        ("a", MAX_SEED + 1, {}, {}, "seed must be a whole number"),
        ("a", True, {}, {}, "seed must be a whole number"),
        ("a", 1, {"x": float("nan")}, {}, "job a: settings: must be JSON data with finite numbers"),
        ("a", 1, {"x": {1, 2}}, {}, "job a: settings: must be JSON data"),
        ("a", 1, {}, {"x": [1]}, "column 'x' must hold a number"),
        ("a", 1, {}, {"x": 2**63}, "whole numbers of 64 bits"),
        ("a", 1, {}, {"x": float("inf")}, "column 'x' must hold finite numbers, found inf"),
    ],
)
def test_bad_jobs(key: str, seed: int, settings: dict[str, Any], columns: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Job(key, "probe", settings, seed, columns)

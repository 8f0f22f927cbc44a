"""What a killed run leaves behind is swept, and nothing else; local workers are no more than there is work for."""

from pathlib import Path

import pytest

from qumode_khrnn.jobs.dask_run import local_workers
from qumode_khrnn.jobs.folder import sweep_leftovers


def test_only_files_that_were_being_written_are_swept(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    kept = ("table.parquet", "run.lock", ".notes", "jobs/cell.json", "jobs/.hidden", "jobs/notes.json.txt")
    left = (".table.parquet.k3x", "jobs/.cell.json.abc", "jobs/.cell-2.json.tmp")
    for name in (*kept, *left):
        (tmp_path / name).touch()
    sweep_leftovers(tmp_path)
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == sorted(kept)
    sweep_leftovers(tmp_path / "new")  # no folder yet


def test_local_workers_are_no_more_than_processors_and_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 3, 5, 7})
    assert [local_workers(jobs) for jobs in (0, 1, 3, 4, 100)] == [1, 1, 3, 4, 4]

"""What a killed run leaves behind is swept, and nothing else; local workers are no more than there is work for."""

from pathlib import Path

import pytest
from tables import TABLE

from compiler.errors import InputError
from compiler.files import writing
from qumode_khrnn.jobs.dask_run import local_workers
from qumode_khrnn.jobs.folder import locked
from qumode_khrnn.jobs.run import run_jobs


def test_only_files_that_were_being_written_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hidden files of an editor, such as ``.cell.json.swp``, are the user's."""
    monkeypatch.setattr(writing, "_swept", set())
    (tmp_path / "jobs").mkdir()
    kept = (".notes", ".table.parquet.swp", "jobs/cell.json", "jobs/.cell.json.swp", "jobs/.hidden", "jobs/n.json.txt")
    left = (".table.parquet.k3x.khrnn-tmp", "jobs/.cell.json.abc.khrnn-tmp", "jobs/.cell-2.json.a.khrnn-tmp")
    for name in (*kept, *left):
        (tmp_path / name).touch()
    run_jobs([], tmp_path, {}, workers=1)
    found = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert found == sorted((*kept, TABLE))


@pytest.mark.parametrize("kind", ["file", "link", "circle"])
def test_a_run_says_what_is_no_folder(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "x"
    if kind == "file":
        place.touch()
    else:
        place.symlink_to(place if kind == "circle" else tmp_path / "away")
    with pytest.raises(InputError, match="x: it is a file, or a link that leads nowhere"), locked(place):
        pass


def test_local_workers_are_no_more_than_processors_and_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 3, 5, 7})
    assert [local_workers(jobs) for jobs in (0, 1, 3, 4, 100)] == [1, 1, 3, 4, 4]

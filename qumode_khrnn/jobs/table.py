"""The table of a run: one Parquet file, or one CSV file where PyArrow is not installed."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import write_bytes, write_text
from hardware_profiles.extras import is_installed
from qumode_khrnn.jobs.job import Row

PARQUET, CSV = "table.parquet", "table.csv"
TABLES = (PARQUET, CSV)
"""Names that the table may have; a folder holds one of them."""


def write_table(folder: Path, rows: Iterable[Row]) -> Path:
    """Write all rows as one table: columns in order of first appearance, null (in CSV: empty) where a row has none.

    Returns
    -------
    Path
        ``table.parquet`` if PyArrow is installed, else ``table.csv``; the other one is deleted.

    Raises
    ------
    InputError
        If a column mixes types, or the file cannot be written.
    """
    columns: dict[str, list[Any]] = {}
    count = 0
    for count, row in enumerate(rows, start=1):
        for name, value in row.items():
            column = columns.setdefault(name, [])
            column += [None] * (count - 1 - len(column))
            column.append(value)
    full = {name: column + [None] * (count - len(column)) for name, column in columns.items()}
    for name, column in full.items():
        if len(kinds := {_kind(value) for value in column if value is not None}) > 1:
            raise InputError(f"column {name!r} must hold one type of values, found {' and '.join(sorted(kinds))}")
    if is_installed("pyarrow"):
        written, other = folder / PARQUET, folder / CSV
        write_bytes(written, _parquet(full))
    else:
        written, other = folder / CSV, folder / PARQUET
        write_text(written, _csv(full, count))
    other.unlink(missing_ok=True)
    return written


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "numbers"


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: pa.array(column) for name, column in columns.items()}), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _csv(columns: dict[str, list[Any]], count: int) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([columns[name][i] for name in columns] for i in range(count))
    return out.getvalue()

"""The table of a run, read in whichever format it was written."""

import csv

from hardware_profiles.extras import is_installed

TABLE = "table.parquet" if is_installed("pyarrow") else "table.csv"
"""Its name here."""


def read_rows(path):
    """Read the rows, with None where a row has no value."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(text):
    words = {"": None, "True": True, "False": False}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

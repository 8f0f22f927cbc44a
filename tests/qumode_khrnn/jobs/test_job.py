"""Fingerprints of jobs, the threads that they run with, and rows as plain data."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn.jobs import Job
from qumode_khrnn.jobs.job import checked_rows, one_thread


def test_a_fingerprint_is_that_of_sorted_settings() -> None:
    """By hand: SHA-256 of version, task, settings and seed as JSON, keys in order at every depth."""
    expected = sha256(b'[2,"probe",{"x":1,"y":{"a":[2,0.5],"b":null}},5]').hexdigest()
    settings: dict[str, Any] = {"x": 1, "y": {"a": [2, 0.5], "b": None}}
    turned: dict[str, Any] = {"y": {"b": None, "a": (2, 0.5)}, "x": 1}
    assert Job("one", "probe", settings, 5).fingerprint == expected
    assert Job("other", "probe", turned, 5, {"column": 3}).fingerprint == expected
    assert list(turned) == ["y", "x"]  # it has its own copy
    for task, given, seed in (("prob", settings, 5), ("probe", settings, 6), ("probe", {**settings, "x": 1.0}, 5)):
        assert Job("one", task, given, seed).fingerprint != expected


def test_threads_are_as_many_as_before_where_the_environment_said_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    monkeypatch.setenv(names[0], "3")
    for name in names[1:]:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RuntimeError, match="of the task"), one_thread():
        assert [os.environ[name] for name in names] == ["1", "1", "1"]
        raise RuntimeError("of the task")
    assert [os.environ.get(name) for name in names] == ["3", None, None]


def test_rows_are_plain_and_their_columns_have_names() -> None:
    (row,) = checked_rows([{"a": np.float64(0.1), "b": True, "c": None, "d": "é", "e": 2**63 - 1}])
    assert row == {"a": 0.1, "b": True, "c": None, "d": "é", "e": 2**63 - 1}
    assert [type(value) for value in row.values()] == [float, bool, type(None), str, int]
    for rows, message in (
        ([{"": 1}], "a column must have a name, found ''"),
        ([{3: 1}], "a column must have a name, found 3"),
        ([{"a": -(2**63) - 1}], "whole numbers of 64 bits"),
        ([{"a": float("nan")}], "must hold finite numbers, found nan; use None for a missing value"),
        ([{"a": 1j}], "must hold a number, text, true, false or None"),
        ([1], "must return a list of rows"),
        ({"a": 1}, "must return a list of rows"),
    ):
        with pytest.raises(InputError, match=message):
            checked_rows(rows)

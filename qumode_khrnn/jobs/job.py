"""Define a job, its fingerprint, and how any process runs it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from math import isfinite
from typing import Any

from compiler.errors import InputError
from compiler.files import parse_json

FORMAT_VERSION = 2
"""Part of every fingerprint: results of another version of the job files are not reused."""

MAX_SEED = 2**53 - 1
"""Largest seed: every reader of JSON and Parquet keeps it exactly."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_BLAS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_one_at_a_time = threading.Lock()

Row = dict[str, Any]
"""A flat row: names to None, bool, int, finite float or str."""


def canonical(data: Any, where: str) -> str:
    """Return one text for equal JSON data: sorted keys, no spaces, every float in its shortest exact form.

    Raises
    ------
    InputError
        If the data is not JSON, or holds a number that is not finite.

    >>> canonical({"b": (1, 2.0), "a": None}, "example")
    '{"a":null,"b":[1,2.0]}'
    """
    try:
        return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{where}: must be JSON data with finite numbers: {error}") from None


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Job:
    """A call of a registered function: settings and a seed in, rows out.

    Attributes
    ----------
    key : str
        Unique name; also the name of its file: letters, digits, ``.``, ``_`` and ``-``.
    task : str
        Name of the function in the registry that `run_jobs` is given.
    settings : mapping
        JSON data; kept as its JSON copy (tuples become lists).
    seed : int
        In 0..2^53 - 1; the function's only source of randomness.
    columns : mapping
        Columns that the table shows before those of the function's rows. They name the job and do not change it, so
        they are not part of the fingerprint.

    Raises
    ------
    InputError
        If a field is out of range or not JSON data.
    """

    key: str
    task: str
    settings: Mapping[str, Any]
    seed: int
    columns: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise InputError(f"the key of a job must be 1..100 letters, digits, '.', '_' or '-', found {self.key!r}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"job {self.key}: seed must be a whole number in 0..2^53 - 1, found {self.seed!r}")
        copy = json.loads(canonical(dict(self.settings), f"job {self.key}: settings"))
        object.__setattr__(self, "settings", copy)
        checked_rows([dict(self.columns)])

    @property
    def fingerprint(self) -> str:
        """Digest of task, settings, seed and format version: equal exactly if the result can be reused."""
        return digest(canonical([FORMAT_VERSION, self.task, self.settings, self.seed], f"job {self.key}"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a job: its rows, or the error as one line (``bad_input`` if it was an `InputError`)."""

    rows: tuple[Row, ...] = ()
    error: str | None = None
    bad_input: bool = False


def function_of(target: str) -> Any:
    """Return the function that ``"module:function"`` names.

    Raises
    ------
    InputError
        If the function cannot be imported.
    """
    module, _, name = target.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"cannot import the task {target!r}: {error}") from None
    if not callable(found):
        raise InputError(f"the task {target!r} must be a function, found {type(found).__name__}")
    return found


def call(target: str, settings: str, seed: int) -> Outcome:
    """Run a job in this process, with one thread for linear algebra; errors come back as data, whatever their class.

    Parameters
    ----------
    target : str
        ``"module:function"``.
    settings : str
        As JSON, so that the function owns its copy.
    seed : int
    """
    # one job at a time in a process: tasks may use the global generators of torch and numpy
    with _one_at_a_time:
        try:
            function = function_of(target)
            with one_thread():
                return Outcome(checked_rows(function(json.loads(settings), seed)))
        except InputError as error:
            return Outcome(error=str(error), bad_input=True)
        except Exception as error:
            frame = error.__traceback__
            while frame is not None and frame.tb_next is not None:
                frame = frame.tb_next
            code = frame.tb_frame.f_code if frame is not None else None
            at = f" ({os.path.basename(code.co_filename)}:{frame.tb_lineno})" if code and frame else ""
            return Outcome(error=f"{type(error).__name__}: {error}{at}")


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread for BLAS, OpenMP and torch: sums are then rounded alike on machines of any size.

    Environment variables limit libraries that are loaded meanwhile; threadpoolctl and torch limit those loaded before.
    """
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in _BLAS}
    os.environ.update(dict.fromkeys(_BLAS, "1"))
    torch: Any = sys.modules.get("torch")
    torch_threads = torch.get_num_threads() if torch is not None else 1
    try:
        if torch is not None:
            torch.set_num_threads(1)
        with threadpool_limits(1):
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(torch_threads)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def checked_rows(rows: Any) -> tuple[Row, ...]:
    """Return the rows as plain data, as their file will give them back.

    Raises
    ------
    InputError
        If the rows are not a list of flat rows.
    """
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"a task must return a list of rows (dict), found {type(rows).__name__}")
    for row in rows:
        for name, value in row.items():
            if not isinstance(name, str) or not name:
                raise InputError(f"a column must have a name, found {name!r}")
            if value is not None and not isinstance(value, bool | int | float | str):
                raise InputError(f"column {name!r} must hold a number, text, true, false or None, found {value!r}")
            if isinstance(value, float) and not isfinite(value):
                raise InputError(
                    f"column {name!r} must hold finite numbers, found {value}; use None for a missing value"
                )
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise InputError(f"column {name!r} must hold whole numbers of 64 bits, found {value}")
    plain: list[Row] = parse_json(
        json.dumps(rows, allow_nan=False), "rows"
    )  # this converts subclasses such as numpy.float64
    return tuple(plain)

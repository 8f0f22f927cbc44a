"""Shared parts of the readers of scripts, Blackbird and XIR: bounds on a text, and the circuit of its operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import pi
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.calls import Call, Imported
from compiler.imports.reading.arithmetic import Budget, binary, checked, is_number
from compiler.imports.reading.call_script import LocatedError, require_length
from compiler.imports.strawberryfields.build import build
from compiler.imports.strawberryfields.tdm import LOST, unroll
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.ir.serialize import MAX_MODES

MAX_WORDS = 1_000_000
"""Largest number of words, numbers and signs of a text: their syntax tree takes at most 0.75 GB."""

MAX_OPERATIONS = 100_000
"""Largest number of operations into which the text of a program of time bins is unrolled."""

STEPS_PER_OPERATION = 16
"""Number of steps of a `Budget` that an operation counts as, in addition to its arguments."""

FOURIER_ANGLE = pi / 2

REASON = 400
"""Largest number of characters of a reason in a message."""

MAX_DIGITS = 300
"""Largest number of digits of an integer that is read."""

LOOP_VARIABLE = re.compile(r"p\d+")
"""Names of the arrays, or constants, that hold the values of a program of time bins, one per bin."""

WORD = re.compile(r"[\w.]+|[^\w\s.]")


def words(text: str) -> int:
    """Bound the number of words, numbers and signs of a text; they are counted, up to `MAX_WORDS`, in a long text.

    >>> words("Sgate(0.5) | 0"), words("1, 2, " * 1_000_000)
    (14, 1000001)
    """
    return len(text) if len(text) <= MAX_WORDS else sum(1 for _ in islice(WORD.finditer(text), MAX_WORDS + 1))


def require_size(text: str, where: str) -> None:
    """Raise CircuitError if parsing a text would take too much memory."""
    require_length(text, where)
    if words(text) > MAX_WORDS:
        raise CircuitError(f"{where}: at most {MAX_WORDS:,} words, numbers and signs are read, found more")


def one_line(text: str, length: int) -> str:
    """Return text of a file for a message: one line, shortened, without characters that a terminal does not show.

    >>> one_line("a\\n  b\\x00", 10)
    'a b?'
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join(text[: 4 * length].split()))[:length]


def located(where: str, line: int | str, reason: str) -> LocatedError:
    """Return the error for a line of a file, with a reason that may quote the file."""
    return LocatedError(f"{where} line {line}: {one_line(reason, REASON)}")


def mode_index(digits: str) -> int:
    """Return the number that digits mean; ten or more digits become 10^9, which is beyond every register."""
    return int(digits) if len(digits) <= 9 else 10**9


def integer(digits: str) -> int:
    """Return the integer that digits mean; raise CircuitError if it is too large."""
    if len(digits) > MAX_DIGITS:
        raise CircuitError(f"an integer must have at most {MAX_DIGITS} digits, found {len(digits)}")
    return int(checked(int(digits)))


@dataclass(frozen=True, slots=True)
class TimeBins:
    """The lists and the layout of a program of time bins.

    Attributes
    ----------
    lists : mapping from str to sequence
        Values of each loop variable, one per time bin.
    bands : tuple of int
        Concurrent modes of each spatial mode.
    shift : "default" or int
    """

    lists: Mapping[str, Sequence[Any]]
    bands: tuple[int, ...]
    shift: Any = "default"


def finished(
    calls: Sequence[Call],
    modes: int | None,
    symbols: Sequence[str],
    tool: str,
    notes: Sequence[str],
    where: str,
    time: TimeBins | None = None,
) -> Imported:
    """Return the circuit of the operations that were read.

    Parameters
    ----------
    calls : sequence of Call
    modes : int or None
        Number of modes; None for one more than the largest mode that is used.
    symbols : sequence of str
        Free parameters in order; unused ones are left out.
    tool : str
    notes : sequence of str
    where : str
        Name of the file, for messages.
    time : TimeBins, optional

    Raises
    ------
    CircuitError
        As `compiler.imports.strawberryfields.build.build`, and if a mode is too large.
    """
    calls = [_as_written(call) for call in calls]
    largest = max((mode for call in calls for mode in call.modes), default=-1)
    if largest >= MAX_MODES:
        place = next(call.where for call in calls if largest in call.modes)
        raise CircuitError(f"{where} {place}: modes must be below {MAX_MODES}, found {str(largest)[:40]}")
    used = {name for call in calls for value in _values(call) for name in value.names}
    free = tuple(name for name in symbols if name in used)
    try:
        if time is not None:
            return _unrolled(calls, time, free, tool, notes)
        return build(calls, largest + 1 if modes is None else modes, free, tool, notes)
    except CircuitError as error:
        raise CircuitError(f"{where}: {one_line(str(error), REASON)}") from None


def charge(budget: Budget, call: Call) -> Call:
    """Return a call after counting its cost; a loop may make many calls of one line.

    Raises
    ------
    CircuitError
        If the budget is used up.
    """
    budget.step(STEPS_PER_OPERATION + len(call.modes))
    for value in (*call.args, *call.keywords.values()):
        if isinstance(value, Polynomial):
            budget.step(len(value.terms))
        elif not isinstance(value, bool | int | float | complex | str | None):
            _charge_elements(budget, value)
    return call


def _charge_elements(budget: Budget, value: Any) -> None:
    budget.make(int(getattr(value, "size", len(value))))
    for item in value if isinstance(value, tuple) else ():
        if isinstance(item, tuple):
            _charge_elements(budget, item)


def _as_written(call: Call) -> Call:
    """Return a call without the angle that Strawberry Fields writes for a Fourier gate, which takes no arguments."""
    if call.name == "Fouriergate" and call.args[:1] == (FOURIER_ANGLE,) and call.args[1:] in ((), (0,)):
        return Call(call.name, call.modes, (), call.keywords, call.where, call.inverse)
    return call


def _values(call: Call) -> list[Polynomial]:
    return [value for value in (*call.args, *call.keywords.values()) if isinstance(value, Polynomial)]


def _unrolled(
    calls: Sequence[Call], time: TimeBins, symbols: Sequence[str], tool: str, notes: Sequence[str]
) -> Imported:
    lengths = {len(values) for values in time.lists.values()}
    if len(lengths) != 1 or not all(is_number(value) for values in time.lists.values() for value in values):
        raise CircuitError(
            f"{tool}: a program of time bins needs lists of numbers of one length, found {lengths or 'none'}"
        )
    if free := [name for name in symbols if name not in time.lists]:
        raise CircuitError(f"{tool}: {free[0][:40]} needs a value, or a list of values, before the bins are unrolled")
    if time.shift != "default" and type(time.shift) is not int:
        raise CircuitError(f"{tool}: shift must be 'default' or an integer, found {str(time.shift)[:40]}")
    (bins,) = lengths
    if bins * max(len(calls), sum(time.bands)) > MAX_OPERATIONS:
        raise CircuitError(
            f"{tool}: at most {MAX_OPERATIONS:,} operations are unrolled, found {bins} time bins of {len(calls)}"
        )
    for call in calls:
        _require_kept(call, sum(time.bands))

    def rolled(step: int) -> list[Call]:
        values = {name: series[step] for name, series in time.lists.items()}
        return [bound(call, values) for call in calls]

    return unroll(rolled, bins, time.bands, time.shift, (), tool, notes)


def _require_kept(call: Call, modes: int) -> None:
    """Raise CircuitError if Strawberry Fields would lose a part of a call when it unrolls the program."""
    lost = [key for key in ("select", "dark_counts", "vacuum") if call.keywords.get(key) not in (None, False)]
    if call.inverse or lost:
        raise CircuitError(f"{call.where}: {call.name}: {'H' if call.inverse else lost[0]} is not read: {LOST}")
    if any(isinstance(variable, int) for value in _values(call) for variable in value.variables):
        raise CircuitError(f"{call.where}: {call.name}: programs of time bins do not use results as parameters")
    if call.name in {"New", "Del"} or any(mode >= modes for mode in call.modes):
        raise CircuitError(f"{call.where}: {call.name}: the register of a program of time bins has {modes} modes")


def bound(call: Call, values: Mapping[str, float]) -> Call:
    """Return a call with values in place of free parameters; raise CircuitError if a number leaves float64."""
    if not values:
        return call
    try:
        args = tuple(substituted(arg, values) for arg in call.args)
        keywords = {key: substituted(value, values) for key, value in call.keywords.items()}
    except CircuitError as error:
        raise CircuitError(f"{call.where}: {call.name}: {error}") from None
    return Call(call.name, call.modes, args, keywords, call.where, call.inverse)


def substituted(value: Any, values: Mapping[str, float]) -> Any:
    """Return a polynomial with numbers in place of some of its variables; anything else as it is.

    Raises
    ------
    CircuitError
        If a power of a number is not finite.

    >>> substituted(Polynomial.monomial(("a", 0), 2.0), {"a": 0.5})
    Polynomial(1 x0)
    """
    if not isinstance(value, Polynomial) or not any(name in values for name in value.names):
        return value
    if value.terms.keys() == {((value.variables[0], 1),)}:  # one variable: its value may be complex
        (coefficient,) = value.terms.values()
        return coefficient * values[str(value.variables[0])]
    terms: dict[Monomial, float] = {}
    for key, given in value.terms.items():
        coefficient = given
        for variable, power in key:
            if isinstance(variable, str) and variable in values:
                coefficient *= binary(Budget(), "**", values[variable], power)
        rest = tuple(item for item in key if item[0] not in values)
        terms[rest] = terms.get(rest, 0.0) + coefficient
    out = Polynomial(terms)
    return out if out.variables else out.terms.get((), 0.0)

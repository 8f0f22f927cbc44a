"""All passes by name, with their options; and passes from text such as ``lower_phases{effort=1,seed=2},drop_trivial``.

The options of a pass are the fields of its dataclass; fields of a dataclass in a field, such as
`compiler.synthesis.options.SynthesisOptions`, are options too. A field that is not a number, text or
truth value, such as a progress callback, can be set from Python only.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from compiler.errors import InputError, did_you_mean
from compiler.passes.base import Pass
from compiler.passes.lowering.assign_time_bins import AssignTimeBins
from compiler.passes.lowering.fit_graph_state import FitGraphState
from compiler.passes.lowering.fit_pairs import FitPairs
from compiler.passes.lowering.interferometer_mesh import InterferometerMesh
from compiler.passes.lowering.lower_controlled import LowerControlled
from compiler.passes.lowering.lower_phases import LowerPhases
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.lowering.measured_squeezing import MeasureSqueezing
from compiler.passes.lowering.reduce_order import ReduceOrder
from compiler.passes.lowering.route import Route
from compiler.passes.lowering.split_directions import SplitDirections
from compiler.passes.lowering.split_results import SplitResults
from compiler.passes.lowering.teleport_cubics import TeleportCubics
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.passes.simplifying.merge_gaussians import MergeGaussians
from compiler.passes.simplifying.merge_neighbours import MergeNeighbours
from compiler.passes.simplifying.spread_pairs import SpreadPairs

PASSES: Mapping[str, type[Pass]] = {
    cast(Any, kind)().name: kind
    for kind in (
        CollectPhases,
        ReduceOrder,
        SplitDirections,
        LowerPhases,
        LowerQuadratics,
        SplitResults,
        MergeGaussians,
        InterferometerMesh,
        SpreadPairs,
        TeleportCubics,
        LowerControlled,
        MeasureSqueezing,
        Route,
        FitPairs,
        FitGraphState,
        AssignTimeBins,
        MergeNeighbours,
        DropTrivial,
    )
}
"""Every pass by name, roughly in the order in which machines use them."""

FIXED = ("name", "guarantee", "interruptible")
"""Fields of a pass that are not options: the caller decides what an interrupt does."""

ITEM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\{([^{}]*)\})?\s*(?:,|$)")


@dataclass(frozen=True, slots=True)
class PassOption:
    """An option of a pass: its name, the types of its values in words, and its default as text."""

    name: str
    kind: str
    default: str


def summary_of(kind: type[Pass]) -> str:
    """Return the first sentence of a pass's docstring."""
    text = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return re.split(r"(?<=\S)\.\s", text)[0].rstrip(".") + "."


def options_of(kind: type[Any]) -> tuple[PassOption, ...]:
    """List the options of a pass that text can set."""
    found: list[PassOption] = []
    hints = get_type_hints(kind)
    for one in fields(kind):
        if one.name in FIXED:
            continue
        if is_dataclass(hints[one.name]):
            found += options_of(hints[one.name])
        elif (words := _words(hints[one.name])) is not None:
            found.append(PassOption(one.name, words, str(one.default) if one.default is not MISSING else "required"))
    return tuple(found)


def parse_passes(text: str, defaults: Mapping[str, Any] | None = None) -> tuple[Pass, ...]:
    """Read passes from text: names with options in braces, separated by commas.

    Parameters
    ----------
    text : str
        For example ``collect_phases,lower_phases{objective=depth,effort=1}``.
    defaults : mapping, optional
        Values of fields, by name, where the text sets none; passes without such a field do not use them.

    Raises
    ------
    InputError
        If the text is not such a list, a pass or an option is unknown, or a value is out of range.

    Examples
    --------
    >>> [step.name for step in parse_passes("collect_phases, lower_phases{effort=0}")]
    ['collect_phases', 'lower_phases']
    """
    found: list[Pass] = []
    place = 0
    while place < len(text):
        item = ITEM.match(text, place)
        if item is None:
            raise InputError(
                f"--passes must be names with options in braces, such as lower_phases{{effort=1}}, separated by "
                f"commas; found {text[place:]!r}"
            )
        found.append(_made(item[1], item[2] or "", defaults or {}))
        place = item.end()
    if not found:
        raise InputError(f"--passes needs at least one of {', '.join(PASSES)}, found none")
    return tuple(found)


def _made(name: str, text: str, defaults: Mapping[str, Any]) -> Pass:
    if name not in PASSES:
        advice = did_you_mean(name, PASSES) or "; khrnn passes lists them"
        raise InputError(f"--passes: there is no pass {name!r}{advice}")
    given: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value:
            raise InputError(f"--passes: {name}: options are NAME=VALUE, found {part!r}")
        if key in given:
            raise InputError(f"--passes: {name}: the option {key} is set twice")
        given[key] = value
    known = [option.name for option in options_of(PASSES[name])]
    if unknown := sorted(given.keys() - set(known)):
        has = f"its options are {', '.join(known)}" if known else "it has no options"
        hint = did_you_mean(unknown[0], known) or f"; {has}"
        raise InputError(f"--passes: {name} has no option {unknown[0]!r}{hint}")
    return cast(Pass, _filled(PASSES[name], given, defaults, name))


def _filled(kind: type[Any], given: Mapping[str, str], defaults: Mapping[str, Any], where: str) -> Any:
    """Return a dataclass with the given values, as text, the defaults otherwise, and its own defaults in the end."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for one in fields(kind):
        if one.name in FIXED:
            continue
        if one.name in given:
            values[one.name] = _value(hints[one.name], given[one.name], f"--passes: {where}: {one.name}")
        elif one.name in defaults:
            values[one.name] = defaults[one.name]
        elif is_dataclass(hints[one.name]):
            values[one.name] = _filled(cast(Any, hints[one.name]), given, defaults, where)
    return kind(**values)


def _kinds(hint: Any) -> tuple[Any, ...]:
    """Return the plain types that a field may have."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _words(hint: Any) -> str | None:
    """Return the types of a field in words; None if text cannot give them."""
    words: list[str] = []
    for kind in _kinds(hint):
        if get_origin(kind) is Literal:
            words += map(str, get_args(kind))
        elif kind in (int, float, str, bool):
            words.append({int: "integer", float: "number", str: "text", bool: "true or false"}[kind])
        elif kind is NoneType:
            words.append("none")
        else:
            return None
    return " or ".join(words)


def _value(hint: Any, text: str, where: str) -> Any:
    for kind in _kinds(hint):
        if kind is NoneType and text == "none":
            return None
        if kind is bool and text in ("true", "false"):
            return text == "true"
        if get_origin(kind) is Literal and text in get_args(kind):
            return text
        if kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
        if kind is str:
            return text
    raise InputError(f"{where} must be {_words(hint)}, found {text!r}")

"""Values of attributes and calls in a script: of numbers and arrays, programs, engines and modes, and packages."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.reading.arithmetic import function, is_number
from compiler.imports.strawberryfields.arguments import number
from compiler.imports.strawberryfields.build import part_of_result
from compiler.imports.strawberryfields.script import arrays, builtin
from compiler.imports.strawberryfields.script.names import (
    BUILTINS,
    HARMLESS_ROOTS,
    NUMERIC_ROOTS,
    OPERATIONS,
    SHOWING_PROGRAMS,
    numeric,
    resolved,
)
from compiler.imports.strawberryfields.script.objects import (
    PARTS,
    Compiled,
    Engine,
    Function,
    Gate,
    Named,
    Program,
    RefusedError,
    Unknown,
    Wire,
)
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.ir.serialize import MAX_MODES

if TYPE_CHECKING:
    from compiler.imports.strawberryfields.script.values import Evaluator

SHOWING = frozenset(("draw_circuit", "print", "assert_modes", "can_follow", "equivalence"))
"""Methods of a program that do not change the program."""

COMPILING = frozenset(("compile", "optimize"))
"""Methods of a program that return another program."""


def attribute(base: Any, name: str) -> Any:
    """Return an attribute of a value; raise CircuitError if the attribute is not read."""
    match base:
        case Unknown():
            return base
        case Named(path=path):
            return resolved(f"{path}.{name}")
        case Gate() if name == "H":
            return Gate(base.name, base.args, base.keywords, not base.inverse, base.each)
        case Engine() | Compiled():
            return Unknown(f"{name} of an engine or a compiled program is not followed")
        case np.ndarray():
            return arrays.attribute(name, base)
        case bool() | int() | float() | complex() if name in {"real", "imag"}:
            return getattr(base, name)
    for kind, table in ATTRIBUTES.items():
        if isinstance(base, kind) and name in table:
            return table[name](base)
    raise CircuitError(f"the attribute {name!r} is not read")


ATTRIBUTES: dict[type, dict[str, Callable[[Any], Any]]] = {
    Wire: {"par": lambda wire: Polynomial.monomial((wire.mode,)), "ind": lambda wire: wire.mode},
    Program: {
        "context": lambda program: program,
        "register": lambda program: program.register,
        "num_subsystems": lambda program: len(program.active),
        "name": lambda program: Unknown("the name of a program is not followed"),
        "target": lambda program: Unknown("the target of a program is not followed"),
    },
}
"""Attributes of modes and programs."""


def call(reader: Evaluator, node: ast.Call) -> Any:
    """Return the value of a call; raise CircuitError if the call is not read."""
    if isinstance(node.func, ast.Attribute):
        base = reader.value(node.func.value)
        if not isinstance(base, Named):
            args, keywords = _arguments(reader, node)
            return _method(reader, base, node.func.attr, args, keywords)
    target = reader.value(node.func)
    args, keywords = _arguments(reader, node)
    if isinstance(target, Named):
        return _named(reader, target.path, args, keywords)
    if isinstance(target, Function):
        raise CircuitError(f"{target.name} is a function of the script, and functions are not followed; write it out")
    if isinstance(target, Gate):
        raise CircuitError(f"{target.name} has its arguments already; write it without further brackets")
    if isinstance(target, Unknown):
        return _unknown(reader, target.reason, args, keywords)
    raise CircuitError(f"a call of a {type(target).__name__} is not read")


def _arguments(reader: Evaluator, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args.extend(reader.items(reader.value(arg.value)))
        else:
            args.append(reader.value(arg))
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        value = reader.value(keyword.value)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            keywords |= value
        else:
            raise CircuitError("** needs a dictionary with texts for keys")
    return args, keywords


def _unknown(
    reader: Evaluator, reason: str, args: Sequence[Any], keywords: Mapping[str, Any], numeric_root: bool = False
) -> Unknown:
    """Return the value of a call of something unknown, which may change its arguments."""
    if reader.current is not None and not numeric_root:
        raise CircuitError(f"{reason}; inside of the block of a program it could apply operations")
    for value in (*args, *keywords.values()):
        if reader.holds(value, (*PARTS, Function)):
            raise CircuitError(f"{reason}; it could change the program, or call functions of the script")
        reader.spoil(value, f"line {reader.line} may have changed it: {reason}")
    reader.passed.add(reader.line)
    return Unknown(reason)


def _shown(reader: Evaluator, reason: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Unknown:
    """Return the value of a call that changes nothing: printing, drawing, running."""
    if any(reader.holds(value, (Function,)) for value in (*args, *keywords.values())):
        raise CircuitError(f"{reason}; it could call functions of the script")
    reader.passed.add(reader.line)
    return Unknown(reason)


# --- packages --------------------------------------------------------------------------------------------------------


def _named(reader: Evaluator, path: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    root, _, name = path.partition(".")
    if path in CALLED:
        return CALLED[path](reader, args, keywords)
    if path.startswith(f"{OPERATIONS}."):
        kept = tuple(argument(reader, value) for value in args)
        return Gate(
            path.removeprefix(f"{OPERATIONS}."), kept, tuple((k, argument(reader, v)) for k, v in keywords.items())
        )
    if path in {"sys.exit", "os._exit", "os.abort"}:
        raise RefusedError("it ends the script, and the lines behind it may not be run")
    if root == "builtins" and name not in BUILTINS:
        raise RefusedError(f"{name} could change what names mean; scripts with it are not read")
    unknown = next((value for value in (*args, *keywords.values()) if isinstance(value, Unknown)), None)
    if root == "builtins" and name in builtin.FUNCTIONS:
        return unknown or builtin.called(reader, name, args, keywords)
    numpy_name = numeric(path)
    if numpy_name is not None and (arrays.known(numpy_name) or numpy_name in {"real", "imag"}):
        return unknown or _computed(reader, root, numpy_name, args, keywords)
    reason = f"{path.removeprefix('builtins.')} is not followed"
    if root in HARMLESS_ROOTS and (
        path.startswith(SHOWING_PROGRAMS) or not any(reader.holds(v, PARTS) for v in (*args, *keywords.values()))
    ):
        return _shown(reader, reason, args, keywords)
    return _unknown(reader, reason, args, keywords, root in NUMERIC_ROOTS)


def _computed(reader: Evaluator, root: str, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    if name in {"real", "imag"} and len(args) == 1 and isinstance(args[0], Polynomial):
        return _part(args[0], name == "imag")
    given = [_element_type(value) for value in args]
    out = arrays.called(reader.budget, name, given, {key: _element_type(value) for key, value in keywords.items()})
    if root == "math" and name in {"floor", "ceil", "trunc"}:
        return int(number(out, f"the argument of math.{name}"))
    return out


def _element_type(value: Any) -> Any:
    """Return the type of elements that a name of Python or NumPy means; other values as they are."""
    if isinstance(value, Named):
        return arrays.TYPES.get(value.path.rpartition(".")[2], value)
    return value


def _part(value: Polynomial, imaginary: bool) -> Polynomial:
    """Return a part of a linear expression in results, which are complex numbers after a heterodyne readout."""
    if value.degree > 1:
        raise CircuitError("the real part of a product of readouts is not read; take the parts of each")
    terms: dict[Monomial, float] = {}
    for key, coefficient in value.terms.items():
        variable = key[0][0] if key else ""
        if isinstance(variable, int):
            terms[((part_of_result(variable, imaginary=imaginary), 1),)] = coefficient
        elif not imaginary:
            terms[key] = coefficient
    return Polynomial(terms)


def argument(reader: Evaluator, value: Any) -> Any:
    """Return an argument of an operation as `compiler.imports.calls.Value`; lists of numbers become arrays.

    Raises
    ------
    CircuitError
        If the argument is not known.
    """
    match value:
        case Unknown():
            raise CircuitError(value.reason)
        case None | bool() | int() | float() | complex() | str() | Polynomial():
            return value
        case np.ndarray() | range():
            return arrays.array(reader.budget, value)
        case list() | tuple():
            reader.budget.step(len(value))
            items = tuple(argument(reader, reader.load(item)) for item in value)
            if items and all(is_number(item) or isinstance(item, np.ndarray) for item in items):
                return arrays.array(reader.budget, items)
            return items
    raise CircuitError(f"an argument of an operation must be known, found {_described(value)}")


def _described(value: Any) -> str:
    return value.path if isinstance(value, Named) else type(value).__name__


# --- programs and engines --------------------------------------------------------------------------------------------


def _program(reader: Evaluator, args: Sequence[Any], keywords: Mapping[str, Any]) -> Program:
    given = dict(zip(("num_subsystems", "name"), args, strict=False)) | dict(keywords)
    modes = given.get("num_subsystems")
    if isinstance(modes, Unknown):
        raise CircuitError(modes.reason)
    if isinstance(modes, Program | Compiled):
        raise CircuitError("a program that continues another one is not read; write both as one")
    if type(modes) is not int or not 1 <= modes <= MAX_MODES:
        raise CircuitError(f"a program must have 1 to {MAX_MODES} modes, found {str(modes)[:40]}")
    return _kept(reader, Program(reader.line, modes))


def _tdm_program(reader: Evaluator, args: Sequence[Any], keywords: Mapping[str, Any]) -> Program:
    given = dict(zip(("N", "name"), args, strict=False)) | dict(keywords)
    widths = given.get("N")
    listed = [widths] if type(widths) is int else list(reader.items(widths))
    if not listed or not all(type(n) is int and n >= 1 for n in listed) or sum(listed) > MAX_MODES:
        raise CircuitError(
            f"a program of time bins must have 1 to {MAX_MODES} concurrent modes, found {str(widths)[:40]}"
        )
    return _kept(reader, Program(reader.line, sum(listed), tuple(listed)))


def _kept(reader: Evaluator, program: Program) -> Program:
    reader.budget.make(program.modes)
    reader.programs.append(program)
    return program


def _engine(reader: Evaluator, args: Sequence[Any], keywords: Mapping[str, Any]) -> Engine:
    if args and not isinstance(args[0], str | Unknown):
        raise CircuitError("an engine with modes is of Strawberry Fields before 0.11, whose scripts are not read")
    reader.passed.add(reader.line)
    return Engine()


def _new(reader: Evaluator, args: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[Wire, ...]:
    count = args[0] if args else keywords.get("n", 1)
    if reader.current is None or type(count) is not int:
        raise CircuitError("New must be called with a number of modes, inside of 'with program.context as q:'")
    reader.budget.make(max(count, 0))
    return reader.current.grow(count, f"line {reader.line}")


def _all(reader: Evaluator, args: Sequence[Any], keywords: Mapping[str, Any]) -> Gate:
    if keywords or len(args) != 1 or not isinstance(args[0], Gate):
        raise CircuitError("All takes one operation with its arguments, as All(Vacuum())")
    return Gate(args[0].name, args[0].args, args[0].keywords, args[0].inverse, True)


CALLED: dict[str, Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]] = {
    "strawberryfields.Program": _program,
    "strawberryfields.TDMProgram": _tdm_program,
    "strawberryfields.Engine": _engine,
    f"{OPERATIONS}.New": _new,
    f"{OPERATIONS}.All": _all,
}
"""Calls that make or change programs."""


def _method(reader: Evaluator, base: Any, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    match base:
        case Unknown():
            return _unknown(reader, base.reason, args, keywords)
        case Program():
            return _of_program(reader, base, name, args, keywords)
        case Engine():
            return _of_engine(reader, name, args, keywords)
        case np.ndarray():
            if name in arrays.ARRAY_METHODS:
                given = [_element_type(value) for value in args]
                return arrays.method(reader.budget, name, base, given, keywords)
        case list() | dict():
            return builtin.method(reader, base, name, args, keywords)
        case int() | float() | complex() if name == "conjugate" and not args:
            return function(reader.budget, "conj", base)
    raise CircuitError(f"the method {name!r} is not read")


def _of_program(
    reader: Evaluator, program: Program, name: str, args: Sequence[Any], keywords: Mapping[str, Any]
) -> Any:
    if name == "params" and args and not keywords:
        if not all(isinstance(arg, str) for arg in args):
            raise CircuitError("the names of free parameters must be texts that are known")
        found = [program.symbol(arg) for arg in args]
        return found[0] if len(found) == 1 else found
    if name == "bind_params" and len(args) == 1 and not keywords:
        program.bound |= _values(args[0])
        return None
    if name == "context" and program.widths and set(keywords) <= {"shift"}:
        program.bins = tuple(argument(reader, value) for value in args)
        program.shift = keywords.get("shift", "default")
        return program
    if name in COMPILING:
        program.finished = program.finished or reader.line
        return Compiled(program)
    if name in SHOWING:
        return _shown(reader, f"{name} is not followed", args, keywords)
    raise CircuitError(f"the method {name!r} of a program is not read")


def _of_engine(reader: Evaluator, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    programs = [*args[:1], *(v for k, v in keywords.items() if k == "program")]
    if programs and isinstance(programs[0], list | tuple) and len(programs[0]) == 1:
        programs = list(programs[0])
    if name in {"run", "run_async"} and len(programs) == 1:
        program = programs[0].program if isinstance(programs[0], Compiled) else programs[0]
        if isinstance(program, Program):
            program.finished = program.finished or reader.line
            program.runs.append(_values(keywords.get("args") or {}))
            reader.passed.add(reader.line)
            return Unknown(f"the result of running the program in line {reader.line} is not known")
        if reader.holds(program, PARTS):
            raise CircuitError("several programs that run one after another are not read; write them as one")
    return _shown(reader, f"{name} of an engine is not followed", args, keywords)


def _values(given: Any) -> dict[str, float]:
    """Return values of free parameters, by name."""
    if not isinstance(given, dict):
        raise CircuitError("values of free parameters must be a dictionary that is known")
    out = {}
    for key, value in given.items():
        name = key.variables[0] if isinstance(key, Polynomial) and len(key.variables) == 1 else key
        if not isinstance(name, str) or not is_number(value) or isinstance(value, complex):
            raise CircuitError(f"the value of the free parameter {str(name)[:40]} must be a real number that is known")
        out[name] = float(value)
    return out

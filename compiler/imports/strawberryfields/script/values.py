"""The values of expressions in a script: a bounded evaluator on the syntax tree, which runs nothing of the script.

An expression that is not understood becomes `Unknown`, with the reason, or raises; the reader of statements
(`compiler.imports.strawberryfields.script.reader`) then decides whether the program can depend on the expression.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.calls import Call
from compiler.imports.reading.arithmetic import Budget, binary, checked, evaluated, is_number, negative
from compiler.imports.strawberryfields.script import arrays
from compiler.imports.strawberryfields.script.calls import attribute, call
from compiler.imports.strawberryfields.script.comparisons import compared
from compiler.imports.strawberryfields.script.names import BUILTINS, resolved
from compiler.imports.strawberryfields.script.objects import Function, Gate, Named, Program, Unknown, Wire
from compiler.imports.strawberryfields.texts import charge
from compiler.ir.polynomial import Polynomial

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
}

PLAIN_TYPES = frozenset((int, float, complex, bool, str, type(None)))
"""Types of values that hold no other values."""


class Evaluator:
    """Names of a script and their values.

    Attributes
    ----------
    budget : Budget
    names : dict
        The value of each name.
    programs : list of Program
        All programs that the script makes, in order.
    current : Program or None
        The program whose ``with`` block is being read.
    line : int
        Line of the statement that is being read.
    passed : set of int
        Lines whose effects were ignored.
    notes : list of str
        Further notes.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.names: dict[str, Any] = {}
        self.programs: list[Program] = []
        self.current: Program | None = None
        self.line = 0
        self.passed: set[int] = set()
        self.notes: list[str] = []
        self.changed: dict[int, tuple[Any, Unknown]] = {}  # lists and arrays that something unknown may have changed

    def value(self, node: ast.expr) -> Any:  # noqa: PLR0912 -- one branch for each kind of expression
        """Return the value of an expression.

        Raises
        ------
        CircuitError
            If the expression is not understood, with the reason alone.
        """
        self.budget.step()
        match node:
            case ast.Constant(value=bool() | str() | None as constant):
                return constant
            case ast.Constant(value=int() | float() | complex() as number):
                return checked(number)
            case ast.Name(id=name):
                return self.load(self._named(name))
            case ast.Attribute(value=inner, attr=name):
                return self.load(attribute(self.value(inner), name))
            case ast.Call():
                return self.load(call(self, node))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._apply(self.value(left), self.value(right))
            case ast.BinOp(left=left, op=symbol, right=right) if type(symbol) in ARITHMETIC:
                return self.arithmetic(ARITHMETIC[type(symbol)], self.value(left), self.value(right))
            case ast.UnaryOp(op=sign, operand=inner):
                return self._unary(sign, self.value(inner))
            case ast.Tuple(elts=items):
                return tuple(self._listed(items))
            case ast.List(elts=items):
                return self._listed(items)
            case ast.Dict(keys=keys, values=values) if None not in keys:
                return self._dictionary(keys, values)
            case ast.Subscript(value=base, slice=index):
                return self.load(self._element(self.value(base), self.index(index)))
            case ast.ListComp(elt=item, generators=generators) | ast.GeneratorExp(elt=item, generators=generators):
                return self._comprehension(item, generators)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return self.value(body if self.truth(test) else otherwise)
            case ast.BoolOp() | ast.Compare():
                return self._logic(node)
            case ast.JoinedStr(values=parts):
                for part in parts:
                    if isinstance(part, ast.FormattedValue):
                        self.value(part.value)
                return Unknown("a formatted text is not followed")
            case ast.Lambda():
                return Function("lambda", node)
        raise CircuitError(f"{type(node).__name__} is not read")

    # --- names and what may have happened to them --------------------------------------------------------------------

    def _named(self, name: str) -> Any:
        if name in self.names:
            return self.names[name]
        if name in BUILTINS:
            return resolved(f"builtins.{name}")
        if name == "np":
            self.notes.append("np is not imported, as in scripts that Strawberry Fields writes; it is read as NumPy")
            self.names["np"] = Named("numpy")
            return self.names["np"]
        raise CircuitError(f"the name {name!r} is not defined")

    def load(self, value: Any) -> Any:
        """Return a value, or `Unknown` if a statement that was passed over may have changed the value."""
        if self.changed:
            owner = value
            while owner is not None:
                if id(owner) in self.changed:
                    return self.changed[id(owner)][1]
                owner = owner.base if isinstance(owner, np.ndarray) else None
        return value

    def spoil(self, value: Any, reason: str, depth: int = 4) -> None:
        """Note that a list, dictionary or array may have been changed."""
        if isinstance(value, np.ndarray):
            while isinstance(value, np.ndarray):
                self.changed[id(value)] = (value, Unknown(reason))
                value = value.base
        elif isinstance(value, list | dict):
            self.changed[id(value)] = (value, Unknown(reason))
        if isinstance(value, list | tuple | dict):
            self.budget.step(len(value))
            for item in value.values() if isinstance(value, dict) else value:
                if depth and isinstance(item, list | tuple | dict | np.ndarray):
                    self.spoil(item, reason, depth - 1)

    def holds(self, value: Any, kinds: tuple[type, ...]) -> bool:
        """Tell whether a value is of one of some kinds, or a list, tuple or dictionary that holds such a value."""
        waiting, seen = [value], set()
        while waiting:
            item = waiting.pop()
            if isinstance(item, kinds):
                return True
            if isinstance(item, list | tuple | dict) and id(item) not in seen:
                seen.add(id(item))
                self.budget.step(1 + len(item) // 10)
                items = item.values() if isinstance(item, dict) else item
                waiting.extend(each for each in items if type(each) not in PLAIN_TYPES)
        return False

    # --- operators ---------------------------------------------------------------------------------------------------

    def arithmetic(self, symbol: str, left: Any, right: Any) -> Any:
        """Return ``left symbol right``; lists are joined by + and repeated by a whole number."""
        for value in (left, right):
            if isinstance(value, Unknown):
                return value
            if isinstance(value, str):
                return Unknown("texts that are put together are not followed")
        if symbol == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if type(left) is not type(right):
                raise CircuitError("a list and a tuple cannot be joined")
            self.budget.make(len(left) + len(right))
            return type(left)([*left, *right])
        sequence, count = (left, right) if isinstance(left, list | tuple) else (right, left)
        if isinstance(sequence, list | tuple) and symbol == "*" and isinstance(count, int):
            self.budget.make(len(sequence) * max(count, 0))
            return sequence * count if sequence and count > 0 else type(sequence)()
        for value, other in ((left, right), (right, left)):
            if isinstance(value, list | tuple) and isinstance(other, np.ndarray):
                converted = arrays.array(self.budget, value)
                left, right = (converted, right) if value is left else (left, converted)
        return binary(self.budget, symbol, left, right)

    def _unary(self, sign: ast.unaryop, value: Any) -> Any:
        if isinstance(value, Unknown):
            return value
        match sign:
            case ast.Not():
                return not self.known_truth(value)
            case ast.USub():
                return negative(value)
            case ast.UAdd() if is_number(value) or isinstance(value, Polynomial | np.ndarray):
                return value
        raise CircuitError(f"{type(sign).__name__} is not read")

    def truth(self, node: ast.expr) -> bool:
        """Tell whether a condition holds; raise CircuitError if that is not known."""
        return self.known_truth(self.value(node))

    def known_truth(self, value: Any) -> bool:
        """Tell whether a value counts as true; raise CircuitError if that is not known."""
        if isinstance(value, Unknown):
            raise CircuitError(f"a condition is not known: {value.reason}")
        if value is None or isinstance(value, bool | int | float | complex | str | list | tuple | dict | range):
            return bool(value)
        raise CircuitError("a condition is not known")

    def _logic(self, node: ast.BoolOp | ast.Compare) -> Any:
        if isinstance(node, ast.BoolOp):
            value: Any = None
            for part in node.values:
                value = self.value(part)
                if self.known_truth(value) is isinstance(node.op, ast.Or):
                    return value
            return value
        left = self.value(node.left)
        for symbol, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part)
            result = compared(self.budget, symbol, left, right)
            if result is not True:
                return result
            left = right
        return True

    # --- gates on modes ----------------------------------------------------------------------------------------------

    def _apply(self, gate: Any, on: Any) -> Any:
        if isinstance(gate, Unknown):
            raise CircuitError(gate.reason)
        if isinstance(gate, Named):
            raise CircuitError(f"{gate.path.rpartition('.')[2]} needs brackets with its arguments")
        if not isinstance(gate, Gate):
            raise CircuitError("an operation must stand left of |, as in Rgate(0.3) | q[0]; found another value")
        if self.current is None:
            raise CircuitError("operations must be applied inside of 'with program.context as q:'")
        modes = self._modes(on, self.current)
        where = f"line {self.line}"
        for chosen in [(mode,) for mode in modes] if gate.each else [modes]:
            call = Call(gate.name, chosen, gate.args, dict(gate.keywords), where, gate.inverse)
            self.current.apply(charge(self.budget, call))
        return tuple(Wire(self.current, mode) for mode in modes)

    def _modes(self, on: Any, program: Program) -> tuple[int, ...]:
        if isinstance(on, Unknown):
            raise CircuitError(on.reason)
        modes = []
        for wire in on if isinstance(on, list | tuple | range) else (on,):
            if isinstance(wire, Wire):
                if wire.program is not program:
                    raise CircuitError("a mode of another program stands right of |")
                modes.append(wire.mode)
            elif isinstance(wire, Unknown):
                raise CircuitError(wire.reason)
            elif isinstance(wire, int) and not isinstance(wire, bool):
                modes.append(wire)
            else:
                raise CircuitError("modes must stand right of |, as q[0] or (q[0], q[1])")
            self.budget.step()
        return tuple(modes)

    # --- lists, dictionaries, arrays ---------------------------------------------------------------------------------

    def _listed(self, nodes: Sequence[ast.expr]) -> list[Any]:
        self.budget.make(len(nodes))
        out: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                out.extend(self.items(self.value(node.value)))
            else:
                out.append(self.value(node))
        return out

    def _dictionary(self, keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> dict[Any, Any]:
        self.budget.make(len(keys))
        out: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            assert key is not None
            found = self.value(key)
            if not isinstance(found, str | int | Polynomial):
                raise CircuitError("the keys of a dictionary must be texts, integers or free parameters")
            out[found] = self.value(value)
        return out

    def items(self, value: Any) -> Sequence[Any]:
        """Return the items of a sequence; raise CircuitError if they are not known."""
        if isinstance(value, Unknown):
            raise CircuitError(value.reason)
        if isinstance(value, range):
            self.budget.step(len(value))
            return value
        if isinstance(value, np.ndarray) and value.ndim:
            value = [row if isinstance(row, np.ndarray) else row.item() for row in value]
        if isinstance(value, list | tuple | dict):
            self.budget.make(len(value))
            return [self.load(item) for item in value]
        raise CircuitError(f"a list is expected, found {type(value).__name__}")

    def index(self, node: ast.expr) -> Any:
        """Return the value of an index: an integer, a slice, a tuple of these, or a key."""
        match node:
            case ast.Slice(lower=lower, upper=upper, step=step):
                ends = [None if part is None else self.value(part) for part in (lower, upper, step)]
                if any(end is not None and type(end) is not int for end in ends):
                    raise CircuitError("a slice needs whole numbers")
                return slice(*ends)
            case ast.Tuple(elts=parts):
                return tuple(self.index(part) for part in parts)
        return self.value(node)

    def _element(self, base: Any, index: Any) -> Any:
        for value in (base, index):
            if isinstance(value, Unknown):
                return value
        if isinstance(base, np.ndarray) and indexes_array(index):
            return evaluated(lambda: base[index], "an element")
        if isinstance(base, dict) and isinstance(index, str | int | Polynomial):
            if index in base:
                return base[index]
            raise CircuitError(f"the dictionary has no key {str(index)[:40]!r}")
        if isinstance(base, list | tuple | range) and (isinstance(index, slice) or type(index) is int):
            try:
                out = base[index]
            except (IndexError, ValueError):
                raise CircuitError(f"the index {str(index)[:40]} is out of range") from None
            if isinstance(out, list | tuple):
                self.budget.make(len(out) if isinstance(index, slice) else 0)
            return out
        raise CircuitError(f"an element of {type(base).__name__} is not read")

    def _comprehension(self, item: ast.expr, generators: list[ast.comprehension]) -> list[Any]:
        out: list[Any] = []
        before = dict(self.names)
        self.budget.step(len(before) // 100)

        def follow(place: int) -> None:
            if place == len(generators):
                self.budget.make(1)
                out.append(self.value(item))
                return
            generator = generators[place]
            for value in self.items(self.value(generator.iter)):
                self.budget.step()
                self.bind(generator.target, value)
                if all(self.truth(condition) for condition in generator.ifs):
                    follow(place + 1)

        try:
            follow(0)
        finally:
            self.names = before
        return out

    def bind(self, target: ast.expr, value: Any) -> None:
        """Let a name, or each of several names, stand for a value."""
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if not any(isinstance(p, ast.Starred) for p in parts):
                items = self.items(value)
                if len(items) != len(parts):
                    raise CircuitError(f"{len(parts)} names are given {len(items)} values")
                for part, item in zip(parts, items, strict=True):
                    self.bind(part, item)
            case _:
                raise CircuitError("an assignment is read to a name, or to names in a tuple or list")


def indexes_array(index: Any) -> bool:
    """Tell whether an index of an array is an integer, a slice, or a tuple of these."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(part, slice) or type(part) is int for part in parts)

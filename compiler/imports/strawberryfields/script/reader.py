"""The statements of a Python script that builds a program for Strawberry Fields, read in order and never run.

Assignments, loops over known lists, conditions and blocks ``with program.context as q:`` are followed by a bounded
evaluator (`compiler.imports.strawberryfields.script.values`). Statements that cannot change the program are passed over
and listed in one note; any other statement that is not understood is refused with its line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.calls import Imported
from compiler.imports.reading.arithmetic import Budget, evaluated, is_number
from compiler.imports.reading.call_script import LocatedError, bounded
from compiler.imports.strawberryfields.script.arrays import array as array_of
from compiler.imports.strawberryfields.script.arrays import writable
from compiler.imports.strawberryfields.script.names import FORBIDDEN, KNOWN_ROOTS, STARS, resolved
from compiler.imports.strawberryfields.script.objects import Function, Named, Program, RefusedError, Unknown
from compiler.imports.strawberryfields.script.pieces import statements
from compiler.imports.strawberryfields.script.program import finished_program
from compiler.imports.strawberryfields.script.untouched import forbidden, pass_over
from compiler.imports.strawberryfields.script.values import ARITHMETIC, Evaluator, indexes_array
from compiler.imports.strawberryfields.texts import located, one_line
from compiler.ir.conventions import HBAR

SHOWN = 60
"""Largest number of characters of a line in a message."""


def read_script(text: str, where: str = "script") -> Imported:
    """Read the program that a Python script builds, without running the script.

    Parameters
    ----------
    text : str
    where : str
        Name of the file, for messages.

    Raises
    ------
    CircuitError
        If the text is not Python, builds no program or several, contains a statement that could change the program and
        is not understood, or is too large.

    Examples
    --------
    >>> text = '''
    ... import strawberryfields as sf
    ... from strawberryfields.ops import *
    ... prog = sf.Program(2)
    ... with prog.context as q:
    ...     for i in range(2):
    ...         Sgate(0.5 * (i + 1)) | q[i]
    ...     MeasureX | q[0]
    ...     Xgate(2 * q[0].par) | q[1]
    ... '''
    >>> [str(op) for op in read_script(text).circuit.operations]
    ['Squeeze(mode 0)', 'Squeeze(mode 1)', 'Homodyne(mode 0)', 'Displacement(mode 1)']
    """
    with bounded(where):
        reader = _Reader(text, where)
        for statement in statements(text, where):
            if (found := forbidden(statement)) is not None:
                line, name = found
                raise CircuitError(f"{where} line {line}: {name} could change what names mean, or end the script early")
            reader.block([statement])
        return finished_program(reader.evaluator, where)


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self.lines = re.split(r"\r\n|\r|\n", text)  # as Python counts lines
        self.where = where
        self.evaluator = Evaluator(Budget.for_text(text))

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self.evaluator.line = statement.lineno
            try:
                self.evaluator.budget.step()
                self._read(statement)
            except LocatedError:
                raise
            except CircuitError as error:
                raise self._located(statement, str(error)) from None

    def _read(self, statement: ast.stmt) -> None:
        """Read a statement, or pass it over if the program cannot depend on it."""
        try:
            self._statement(statement)
        except (RefusedError, LocatedError):
            raise
        except CircuitError as error:
            self.evaluator.line = statement.lineno
            pass_over(self.evaluator, statement, str(error))

    def _located(self, statement: ast.stmt, reason: str) -> CircuitError:
        line = statement.lineno
        shown = one_line(self.lines[line - 1], SHOWN) if line <= len(self.lines) else ""
        return LocatedError(f"{located(self.where, line, reason)}, in '{shown}'")

    def _statement(self, node: ast.stmt) -> None:  # noqa: PLR0912 -- one branch for each kind of statement
        value = self.evaluator.value
        match node:
            case ast.Pass() | ast.Global():
                pass
            case ast.Expr(value=expression):
                value(expression)
            case ast.Assign(targets=targets, value=expression):
                found = value(expression)
                for target in targets:
                    self._assign(target, found)
            case ast.AnnAssign(target=target, value=expression) if expression is not None:
                self._assign(target, value(expression))
            case ast.AnnAssign():
                pass
            case ast.AugAssign(target=target, op=symbol, value=expression) if type(symbol) in ARITHMETIC:
                self._augment(target, ARITHMETIC[type(symbol)], value(expression))
            case ast.For(target=target, iter=items, body=body, orelse=[]) if not _leaves(body):
                for item in self.evaluator.items(value(items)):
                    self.evaluator.bind(target, item)
                    self.block(body)
            case ast.If(test=test, body=body, orelse=otherwise):
                self.block(body if self.evaluator.truth(test) else otherwise)
            case ast.With(items=[ast.withitem() as item], body=body):
                self._program_block(item, body)
            case ast.Import(names=names):
                for name in names:
                    path = name.name if name.asname else name.name.partition(".")[0]
                    self.evaluator.names[name.asname or path] = resolved(path)
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                self._import(module, names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) if _defines(
                node
            ):
                self.evaluator.names[name] = Function(name, node)
            case ast.Assert(test=test):
                if not self.evaluator.truth(test):
                    raise RefusedError("the assertion does not hold, and the script ends here")
            case ast.Delete(targets=targets) if all(
                isinstance(t, ast.Name) and t.id in self.evaluator.names for t in targets
            ):
                for target in targets:
                    del self.evaluator.names[getattr(target, "id", "")]
            case _:
                raise CircuitError(f"a statement {type(node).__name__.lower()} is not followed")

    def _import(self, module: str, names: Sequence[ast.alias]) -> None:
        for name in names:
            if name.name != "*":
                found = resolved(f"{module}.{name.name}")
                if isinstance(found, Named) and found.path.removeprefix("builtins.") in FORBIDDEN:
                    raise RefusedError(f"{name.name} could change or end the script; scripts with it are not read")
                self.evaluator.names[name.asname or name.name] = found
            elif module in STARS:
                self.evaluator.names |= {each: resolved(f"{module}.{each}") for each in STARS[module]}
            elif module.partition(".")[0] != "matplotlib":
                raise RefusedError(
                    f"the names that 'from {module} import *' defines are not known; import them by name"
                )

    def _program_block(self, item: ast.withitem, body: Sequence[ast.stmt]) -> None:
        program = self.evaluator.value(item.context_expr)
        if isinstance(program, Unknown):
            raise CircuitError(program.reason)
        if not isinstance(program, Program):
            raise CircuitError(
                "operations must stand in a block 'with program.context as q:' of a program that is known"
            )
        if self.evaluator.current is not None:
            raise RefusedError("a block of a program stands inside of another block")
        register: Any = program.register
        if program.widths:
            if program.bins is None:
                raise RefusedError("a program of time bins needs its lists: with program.context(..) as (p, q):")
            register = ([program.symbol(f"p{i}") for i in range(len(program.bins))], register)
        if item.optional_vars is not None:
            self.evaluator.bind(item.optional_vars, register)
        self.evaluator.current = program
        self.block(body)
        self.evaluator.current = None

    def _assign(self, target: ast.expr, found: Any) -> None:
        match target:
            case ast.Attribute(value=base, attr=name):
                self._assign_attribute(self.evaluator.value(base), name, found)
            case ast.Subscript(value=base, slice=index):
                self._assign_element(self.evaluator.value(base), self.evaluator.index(index), found)
            case _:
                self.evaluator.bind(target, found)

    def _assign_attribute(self, base: Any, name: str, found: Any) -> None:
        if isinstance(base, Named) and base.path.partition(".")[0] in KNOWN_ROOTS:
            if f"{base.path}.{name}" != "strawberryfields.hbar" or found != HBAR:
                raise RefusedError(f"it changes {base.path}.{name}, and with it the meaning of the script")
        else:
            raise CircuitError(f"the attribute {name!r} is assigned")

    def _assign_element(self, base: Any, index: Any, found: Any) -> None:
        evaluator = self.evaluator
        match base:
            case list() if type(index) is int and -len(base) <= index < len(base):
                base[index] = found
            case dict() if isinstance(index, str | int):
                evaluator.budget.make(1)
                base[index] = found
            case np.ndarray() if indexes_array(index) and isinstance(found, Unknown):
                evaluator.spoil(base, found.reason)
            case np.ndarray() if indexes_array(index):
                self._write(base, index, found)
            case _:
                raise CircuitError("such an assignment of an element is not read")

    def _write(self, array: Any, index: Any, found: Any) -> None:
        """Write numbers into an array, if its type of elements holds them without loss of digits."""
        if not writable(array):
            raise CircuitError("the array may share its elements with another array; write to a copy")
        place = (*(index if isinstance(index, tuple) else (index,)), ...)
        values = found if is_number(found) else array_of(self.evaluator.budget, found)

        def write() -> float:
            np.copyto(array[place], values, casting="same_kind")
            return 0.0

        evaluated(write, "the assignment")

    def _augment(self, target: ast.expr, symbol: str, operand: Any) -> None:
        evaluator = self.evaluator
        before = evaluator.value(target)
        after = evaluator.arithmetic(symbol, before, operand)
        if isinstance(target, ast.Name) and isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
            self._write(before, (), after)
        elif isinstance(target, ast.Name) and isinstance(before, list) and isinstance(after, list) and symbol == "+":
            before.extend(after[len(before) :])
        elif isinstance(target, ast.Name | ast.Subscript) and not isinstance(before, list):
            self._assign(target, after)
        else:
            raise CircuitError("such an assignment is not read")


def _defines(node: ast.stmt) -> bool:
    """Tell whether a definition only defines: a function, or a class of methods alone, without a decorator."""
    if isinstance(node, ast.ClassDef):
        plain = not node.decorator_list and not node.keywords
        return plain and all(isinstance(s, ast.Pass) or _is_text(s) or _defines(s) for s in node.body)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Tell whether a loop may be left early."""
    return any(isinstance(node, ast.Break | ast.Continue) for statement in body for node in ast.walk(statement))

"""Reader of the CV-OpenQASM text that `compiler.exports.openqasm.cv_writer` writes, on the parser of `openqasm3`."""

from __future__ import annotations

import re
from functools import cache
from math import pi
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.openqasm.dialect import DEFINITIONS, ROOT, read_gates, strict_text
from compiler.imports.reading.call_script import bounded
from compiler.imports.reading.expressions import MAX_POWER, product
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

WHAT = "CV-OpenQASM"

INCLUDES = ("stdgates.inc", "cvstdgates.inc")


def from_cv_openqasm(text: str) -> Circuit:
    """The circuit of CV-OpenQASM text, strict or not; results are ``m0``, ``m1``, .. in order of time.

    Raises
    ------
    CircuitError
        If it holds anything but what `compiler.exports.openqasm.cv_writer.to_cv_openqasm` writes.
    """
    import openqasm3

    try:
        program = openqasm3.parse(strict_text(text))
    except Exception as error:  # its parser raises whatever it meets on text that is no program
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CircuitError(f"{WHAT} text cannot be parsed: {reason}") from None
    if program.version != "3.0":
        raise CircuitError(f"{WHAT}: the version must be 3.0, found {program.version}")
    reader = _Reader()
    with bounded(WHAT):
        for statement in program.statements:
            reader.read(statement)
    return Circuit(reader.modes, tuple(reader.operations))


class _Reader:
    def __init__(self) -> None:
        self.modes = 0
        self.defined: set[str] = set()
        self.results: dict[str, str] = {}
        self.operations: list[ops.Operation] = []

    def read(self, statement: Any) -> None:
        from openqasm3 import ast

        match statement:
            case ast.Include(filename=name) if name in INCLUDES:
                pass
            case ast.CalibrationDefinition(name=ast.Identifier(name="measure_x"), body=""):
                pass
            case ast.QuantumGateDefinition(name=ast.Identifier(name=name)) if statement == _definitions().get(name):
                self.defined.add(name)
            case ast.QubitDeclaration(qubit=ast.Identifier(name="m"), size=ast.IntegerLiteral(value=modes)) if (
                not self.modes
            ):
                self.modes = modes
            case ast.QuantumReset(qubits=wire):
                self.operations.append(ops.PrepareVacuum((self.wire(wire),)))
            case ast.QuantumGate(modifiers=[], name=ast.Identifier(name=name), arguments=arguments, qubits=wires) if (
                name in read_gates() and (name in self.defined or name not in DEFINITIONS)
            ):
                self.gate(statement, name, arguments, wires)
            case ast.ClassicalDeclaration(
                type=ast.FloatType(size=None),
                identifier=ast.Identifier(name=name),
                init_expression=ast.FunctionCall(name=ast.Identifier(name="measure_x"), arguments=[wire]),
            ) if name not in self.results:
                self.results[name] = f"m{len(self.results)}"
                self.operations.append(ops.Homodyne((self.wire(wire),), 0.0, self.results[name]))
            case _:
                raise _refusal(statement, "it is not a statement that is read")

    def gate(self, statement: Any, name: str, arguments: list[Any], wires: list[Any]) -> None:
        values = [self.value(argument) for argument in arguments]
        modes = tuple(self.wire(wire) for wire in wires)
        try:
            self.operations.append(read_gates()[name](modes, *values))
        except TypeError:
            raise _refusal(statement, f"{name} takes other arguments") from None

    def wire(self, node: Any) -> int:
        from openqasm3 import ast

        match node:
            case (
                ast.IndexedIdentifier(name=ast.Identifier(name="m"), indices=[[ast.IntegerLiteral(value=mode)]])
                | ast.IndexExpression(collection=ast.Identifier(name="m"), index=[ast.IntegerLiteral(value=mode)])
            ):
                return int(mode)
        raise _refusal(node, "a mode m[..] is expected")

    def value(self, node: Any) -> Polynomial:
        """An expression in results of this project: each is sqrt(2) times what the text calls it."""
        from openqasm3 import ast

        operator = ast.BinaryOperator
        match node:
            case ast.FloatLiteral(value=number) | ast.IntegerLiteral(value=number):
                return Polynomial.constant(float(number))
            case ast.Identifier(name="pi"):
                return Polynomial.constant(pi)
            case ast.Identifier(name=name) if name in self.results:
                return Polynomial.monomial((self.results[name],), 1.0 / ROOT)
            case ast.UnaryExpression(op=op, expression=inner) if op.name == "-":
                return -self.value(inner)
            case ast.BinaryExpression(op=op, lhs=ast.Identifier(name=name), rhs=ast.IntegerLiteral(value=exponent)) if (
                op == operator["**"] and 1 <= exponent <= MAX_POWER and name in self.results
            ):
                return Polynomial.monomial((self.results[name],) * exponent, 2.0 ** (-exponent / 2.0))
            case ast.BinaryExpression(op=op, lhs=left, rhs=ast.IntegerLiteral(value=divisor)) if (
                op == operator["/"] and divisor
            ):
                return (1.0 / divisor) * self.value(left)
            case ast.BinaryExpression(op=op, lhs=left, rhs=right) if op.name in {"+", "-", "*"}:
                a, b = self.value(left), self.value(right)
                return product(a, b) if op.name == "*" else a + b if op.name == "+" else a - b
        raise _refusal(node, "numbers, pi, results, their powers, + - * and / by whole numbers are read")


@cache
def _definitions() -> dict[str, Any]:
    import openqasm3

    return {
        name: openqasm3.parse(strict_text("\n".join(["OPENQASM 3.0;", *body]))).statements[0]
        for name, body in DEFINITIONS.items()
    }


def _refusal(node: Any, reason: str) -> CircuitError:
    import openqasm3

    line = f" line {node.span.start_line}" if node.span is not None else ""
    shown = re.sub(r"\s+", " ", openqasm3.dumps(node))[:60]
    return CircuitError(f"{WHAT}{line}: {reason}, found {shown!r}")

"""A compiler for continuous-variable circuits with polynomial phase gates: exact lowering, always verified.

Useful on its own. Give `compile_polynomial` a polynomial in positions, or `compile_circuit` a `Circuit`, with a
profile, and get a `CompiledProgram`: the native circuit, its costs, what every synthesis strategy reached, and the
proof. `compare` decides whether any two circuits are equal, Strawberry Fields Programs included. `compile_template`
compiles a circuit with symbolic parameters once, to be bound to values many times.
"""

from compiler.comparison import compare
from compiler.costs.resources import Resources, resources
from compiler.errors import CircuitError, InputError, MappingReason, NotMappableError
from compiler.ir import operations
from compiler.ir.circuit import Circuit
from compiler.ir.operations import phase
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import CompiledProgram, compile_circuit, compile_polynomial
from compiler.semantics.equivalence import Equivalence
from compiler.synthesis.options import StrategyRow, SynthesisOptions
from compiler.template import Template, compile_template

__all__ = [
    "Circuit",
    "CircuitError",
    "CompiledProgram",
    "Equivalence",
    "InputError",
    "MappingReason",
    "NotMappableError",
    "Polynomial",
    "Resources",
    "StrategyRow",
    "SynthesisOptions",
    "Template",
    "compare",
    "compile_circuit",
    "compile_polynomial",
    "compile_template",
    "operations",
    "phase",
    "resources",
]

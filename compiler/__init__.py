"""A compiler for continuous-variable circuits with polynomial phase gates: exact lowering, always verified.

Useful on its own. Give `compile_polynomial` a polynomial in positions, or `compile_circuit` a `Circuit`, with a
profile, and get a `CompiledProgram`: the native circuit, its costs, what every synthesis strategy reached, and the
proof. `compare` decides whether any two circuits are equal, Strawberry Fields Programs included. `compile_template`
compiles a circuit with symbolic parameters once, to be bound to values many times.
"""

from compiler.circuit import Circuit
from compiler.errors import CircuitError, InputError, MappingReason, NotMappableError
from compiler.operations import phase
from compiler.pipeline import CompiledProgram, compile_circuit, compile_polynomial
from compiler.polynomial import Polynomial
from compiler.resources import Resources, resources
from compiler.synthesis.choose import StrategyRow, SynthesisOptions
from compiler.template import Template, compile_template
from compiler.verify import Equivalence, compare

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
    "phase",
    "resources",
]

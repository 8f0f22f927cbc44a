"""A compiler for continuous-variable circuits with polynomial phase gates: exact lowering, always verified.

Useful on its own: build a `Circuit`, call `compile_circuit` with a profile, get a `CompiledProgram`; compare any two
circuits with `compare`.
"""

from compiler.circuit import Circuit
from compiler.errors import CircuitError, InputError, MappingReason, NotMappableError
from compiler.operations import phase
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.polynomial import Polynomial
from compiler.resources import Resources, resources
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
    "compare",
    "compile_circuit",
    "phase",
    "resources",
]

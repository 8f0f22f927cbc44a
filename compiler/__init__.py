"""A compiler for continuous-variable circuits with polynomial phase gates: it lowers exactly and verifies every result.

The package can be used on its own. `compile_polynomial` takes a polynomial in positions and a profile,
`compile_circuit` a `Circuit` and a profile. Both return a `CompiledProgram`: the native circuit, its costs, the outcome
of every synthesis strategy, and the proof of equivalence. `compare` decides whether two circuits are equal; programs of
other tools, such as Strawberry Fields, can be given too. `compile_template` compiles a circuit with symbolic parameters
once, so that values can be bound to it many times.
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
from hardware_profiles.display import drawn_by

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

drawn_by(
    {
        "compiler.ir.circuit:Circuit": "compiler.display.pictures:circuit_picture",
        "compiler.pipeline:CompiledProgram": "compiler.display.pictures:program_picture",
    }
)

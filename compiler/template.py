r"""Templates: a circuit with symbolic parameters, compiled once and bound to values many times.

The logical circuit names its free parameters (`Circuit.symbols`), for example the weight w of a hyperedge, as the
polynomial ``w x_0 x_1 x_2``. Compilation carries them through: the strengths of cubic gates and displacements become
polynomials in the symbols, and only ControlledX, ControlledZ and shears, whose squeezers depend on the strength through
asinh, are lowered when the template is bound. Binding evaluates a few polynomials and places the gates on the modes
asked for; nothing is searched or multiplied.

A template is compared with its source at several random values of the symbols. Outputs are polynomials in positions,
momenta and symbols, or analytic functions where squeezers depend on symbols; two such outputs that agree at random
values agree everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, prod
from typing import Any

import numpy as np

from compiler.decompositions.controlled import lowered_controlled, lowered_shear
from compiler.errors import CircuitError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ControlledX, ControlledZ, Operation, Shear
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import relabelled
from compiler.machines import Request, machine_of
from compiler.machines.gates import Gates
from compiler.machines.limits import not_native
from compiler.passes.simplifying.drop_trivial import is_trivial
from compiler.pipeline import verified
from compiler.routing.coupling import coupling_of
from compiler.semantics.equivalence import Equivalence
from hardware_profiles.schema import Profile

CHECKED_BINDINGS = 3
"""Number of random sets of values at which a new template is compared with its source."""

Maker = Callable[[Mapping[str, float]], tuple[Operation, ...]]


@dataclass(frozen=True)
class Template:
    """A compiled circuit with free parameters.

    Attributes
    ----------
    source, circuit : Circuit
        The circuit before and after compilation, both with symbols.
    profile : Profile
    verification : Equivalence
        The worst verdict over random values of the symbols.
    """

    source: Circuit
    circuit: Circuit
    profile: Profile
    verification: Equivalence

    @cached_property
    def _makers(self) -> tuple[Maker | Operation, ...]:
        return tuple(_maker(op, self) for op in self.circuit.operations)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.circuit.symbols

    def bind(
        self,
        values: Mapping[str, float],
        modes: tuple[int, ...] | None = None,
        results: Mapping[str, str] | None = None,
    ) -> tuple[Operation, ...]:
        """Return the native operations for given values of the symbols.

        Parameters
        ----------
        values : mapping from symbol to float
        modes : tuple of int, optional
            Modes on which the template is placed: its mode i becomes ``modes[i]``.
        results : mapping from name to name, optional
            New names of results.

        Raises
        ------
        CircuitError
            If a symbol has no finite value, or ``modes`` has the wrong length.
        """
        for name in self.symbols:
            if name not in values or not isfinite(values[name]):
                raise CircuitError(f"the symbol {name!r} needs a finite value, found {values.get(name)}")
        if modes is not None and len(modes) != self.circuit.modes:
            raise CircuitError(f"the template needs {self.circuit.modes} modes to be placed on, found {len(modes)}")
        out: list[Operation] = []
        for maker in self._makers:
            made = (maker,) if isinstance(maker, Operation) else maker(values)
            if modes is None and not results:
                out += made
                continue
            out += (relabelled(op, modes, results) for op in made)
        return tuple(out)


def compile_template(circuit: Circuit, profile: Profile, *, seed: int = 20260) -> Template:
    """Compile a circuit with symbols for a profile, and prove that the result equals the circuit.

    Phases whose coefficients contain a symbol are lowered by polarization, monomial by monomial, and all others as in
    `compile_circuit`. The proof is made at random values of the symbols, and the ranges of the profile are checked at
    these values; `compiler.machines.limits.not_native` checks a circuit with other values.

    Raises
    ------
    NotMappableError
        If the profile cannot run the circuit.
    CircuitError, MiscompilationError
        As `compile_circuit`.

    Examples
    --------
    >>> from compiler import Polynomial, phase
    >>> from hardware_profiles import load_profile
    >>> edge = Circuit(3, (phase(Polynomial.monomial((0, 1, 2, "w"))),), symbols=("w",))
    >>> template = compile_template(edge, load_profile("ideal-cubic"))
    >>> len(template.bind({"w": 0.3})), template.bind({"w": 0.3}, modes=(5, 2, 7))[0].modes
    (12, (2, 7))
    """
    current = circuit
    machine = machine_of(profile)
    if not isinstance(machine, Gates) or coupling_of(profile, circuit.modes) is not None:
        reason = "it places a program as a whole, but templates are placed and joined piece by piece"
        raise NotMappableError(profile.name, (MappingReason("the profile", reason, "compile the whole circuit"),))
    for step in machine.passes(Request()):
        current = step(current, profile).circuit
    unbound = Template(circuit, current, profile, Equivalence(False, 0.0, 0.0, 0))
    rng = np.random.default_rng(seed)
    worst: Equivalence | None = None
    for _ in range(CHECKED_BINDINGS if circuit.symbols else 1):
        values = {name: float(rng.uniform(0.1, 1.0) * rng.choice([-1, 1])) for name in circuit.symbols}
        native = Circuit(current.modes, unbound.bind(values), current.ancillas)
        if reasons := not_native(native, profile):
            raise NotMappableError(profile.name, tuple(reasons))
        verdict = verified(bound(circuit, values), native)
        worst = verdict if worst is None or verdict.residual > worst.residual else worst
    assert worst is not None
    return Template(circuit, current, profile, worst)


def bound(circuit: Circuit, values: Mapping[str, float]) -> Circuit:
    """Return the circuit with values in place of its symbols; symbols without a value stay symbols.

    >>> from compiler.ir.operations import Shear
    >>> bound(Circuit(1, (Shear((0,), Polynomial.monomial(("s",))),), symbols=("s",)), {"s": 0.5}).operations
    (Shear(modes=(0,), s=0.5),)
    """
    out: list[Operation] = []
    for op in circuit.operations:
        made = {key: _evaluated(value, values) for key, value in op.parameters().items()}
        polynomial = made.get("polynomial")
        if isinstance(polynomial, Polynomial):  # of a PolynomialPhase: a mode may have vanished
            modes = tuple(v for v in polynomial.variables if isinstance(v, int))
            out.append(type(op)(modes, **made))
        else:
            out.append(type(op)(op.modes, **made))
    return Circuit(
        circuit.modes, tuple(out), circuit.ancillas, tuple(name for name in circuit.symbols if name not in values)
    )


def _evaluated(value: Any, values: Mapping[str, float]) -> Any:
    """Return a parameter with its symbols evaluated: a number, or a polynomial if modes or results remain."""
    if not isinstance(value, Polynomial):
        return value
    terms: dict[Any, float] = {}
    for key, c in value.terms.items():
        rest = tuple(item for item in key if item[0] not in values)
        try:
            factor = prod(values[v] ** power for v, power in key if isinstance(v, str) and v in values)
        except OverflowError:
            raise CircuitError(f"a coefficient overflows float64 at the values {dict(values)}") from None
        terms[rest] = terms.get(rest, 0.0) + c * factor
    left = Polynomial(terms)
    if any(isinstance(v, int) for v in value.variables) or left.variables:
        return left
    return left.terms.get((), 0.0)


def _maker(op: Operation, template: Template) -> Maker | Operation:
    symbols = set(template.circuit.symbols)
    free = {
        key: value
        for key, value in op.parameters().items()
        if isinstance(value, Polynomial) and not symbols.isdisjoint(value.names)
    }
    if not free:
        return op
    kind, modes, fixed = type(op), op.modes, op.parameters()

    def make(values: Mapping[str, float]) -> tuple[Operation, ...]:
        made = kind(modes, **{**fixed, **{key: _evaluated(value, values) for key, value in free.items()}})
        return () if is_trivial(made) else (made,)

    if isinstance(op, ControlledX | ControlledZ | Shear) and not template.profile.is_native(kind.__name__):

        def lower(values: Mapping[str, float]) -> tuple[Operation, ...]:
            s = _evaluated(free["s"], values)
            if isinstance(op, Shear):
                return tuple(lowered_shear(modes, s)) if s else ()
            return tuple(lowered_controlled(op, s)) if s else ()

        return lower
    return make

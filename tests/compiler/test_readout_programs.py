"""Programs that read displacements through the whole compiler: proved on ideal machines, refused elsewhere."""

from dataclasses import replace
from math import pi, sqrt

import pytest

from compiler import Circuit, Polynomial, compile_circuit, phase
from compiler.artifact import check_artifact, write_artifact
from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.semantics.equivalence import equivalent
from compiler.synthesis.options import SynthesisOptions
from compiler.template import bound, compile_template
from hardware_profiles import load_profile

QUICK = SynthesisOptions(effort=0.0)
A = sqrt(pi / 2)
CONTEXTS = tuple(
    ops.DisplacementReadout(
        (0, 1, 2),
        tuple(A if j == i else 0.0 for j in range(3)),
        tuple(0.0 if j == i else -A for j in range(3)),
        f"b{i}",
    )
    for i in range(3)
)
EDGES = tuple(phase(Polynomial.monomial(pair, 1.0)) for pair in ((0, 1), (0, 2), (1, 2)))
SQUEEZED = tuple(ops.PrepareSqueezed((m,), -1.0) for m in range(3))
HYPEREDGE = phase(Polynomial.monomial((0, 1, 2), 0.2))
STEERED = ops.Displacement((2,), Polynomial.monomial(("b0",), 0.3), 0.0)
TRIANGLE = Circuit(3, (*SQUEEZED, *EDGES, HYPEREDGE, CONTEXTS[0], STEERED, HYPEREDGE, *CONTEXTS[1:]))


@pytest.mark.parametrize("profile", ["ideal-cubic", "ideal-teleported"])
def test_ideal_machines_run_them_and_the_proof_sees_them(profile):
    found = compile_circuit(TRIANGLE, load_profile(profile), options=QUICK)
    native = found.circuit
    reads = [op for op in native.operations if isinstance(op, ops.DisplacementReadout)]
    assert [op.result for op in reads] == ["b0", "b1", "b2"] and found.verification.equivalent
    last = native.operations.index(reads[-1])
    for fault in (
        replace(reads[-1], alpha=tuple(a + 1e-6 for a in reads[-1].alpha)),
        replace(reads[-1], beta=tuple(-b for b in reads[-1].beta)),
    ):
        operations = (*native.operations[:last], fault, *native.operations[last + 1 :])
        assert not equivalent(TRIANGLE, native.with_operations(operations)).equivalent


def test_compiled_programs_are_written_and_checked(tmp_path):
    found = compile_circuit(TRIANGLE, load_profile("ideal-cubic"), options=QUICK)
    write_artifact(tmp_path / "out", found)
    assert not check_artifact(tmp_path / "out").problems


@pytest.mark.parametrize("profile", ["photonic-cubic", "mqc3-quadrail", "xanadu-x8", "xanadu-borealis"])
def test_machines_of_light_refuse_them_with_what_to_do(profile):
    with pytest.raises(NotMappableError) as error:
        compile_circuit(TRIANGLE, load_profile(profile), options=QUICK)
    reasons = [reason for reason in error.value.reasons if "DisplacementReadout" in reason.operation]
    assert reasons and "controls a displacement" in reasons[0].reason
    assert "trapped-ion-motional" in reasons[0].relaxation


def test_templates_hold_them():
    """A weight that is free stands in front of a readout, and the readout is bound to the modes of the edge."""
    edge = phase(Polynomial.monomial((0, 1, 2, "w")))
    cell = Circuit(3, (edge, CONTEXTS[0], STEERED), symbols=("w",))
    template = compile_template(cell, load_profile("ideal-cubic"))
    operations = template.bind({"w": 0.3}, modes=(4, 2, 1), results={"b0": "y"})
    (read,) = (op for op in operations if isinstance(op, ops.DisplacementReadout))
    assert read == replace(CONTEXTS[0], modes=(4, 2, 1), result="y")
    plain = Circuit(3, template.bind({"w": 0.3}))
    assert equivalent(bound(cell, {"w": 0.3}), plain).equivalent

"""Circuits on lines, rings and pairs of sites are routed, and the sites of the file are checked."""

from __future__ import annotations

import json

import pytest
from machines_support import QUICK, bare, cell, line, state, varied

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import InputError, NotMappableError
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.machines import check_native
from compiler.machines.layout import SITES
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


@pytest.mark.parametrize("kind", ["line", "ring"])
def test_circuits_are_routed_and_the_sites_checked(kind):
    profile = line(7, kind)
    source = bare(state(6, 3, 1.0)).then((ops.ControlledX((0, 5), 0.2), ops.Homodyne((5,), 0.0, "y")))
    program = compile_circuit(source, profile)
    assert program.layout is not None and program.layout.file == SITES and program.layout.summary["count"] == 7
    assert any(record.name == "route" and "swaps" in record.report for record in program.passes)
    assert not check_native(program.circuit, profile, program.layout.text)
    sites = json.loads(program.layout.text)["sites"]
    sites[0], sites[3] = sites[3], sites[0]
    wrong = json_text({"format": "qumode-khrnn/sites", "version": 1, "count": 7, "sites": sites})
    assert "are not neighbours" in check_native(program.circuit, profile, wrong)[0].reason
    with pytest.raises(InputError, match="sites must be"):
        check_native(program.circuit, profile, wrong.replace(str(sites[0]), "99"))
    unrouted = compile_circuit(source, load_profile("ideal-cubic")).circuit
    assert check_native(unrouted, profile, None)


def test_a_line_of_twenty_modes_end_to_end(tmp_path):
    pairs = tuple(Hyperedge((a, b), 0.05) for a in range(20) for b in range(a + 1, 20) if (a * b) % 3 == 1)
    program = compile_circuit(state_circuit(Hypergraph(20, pairs), 1.0), line(20), options=QUICK)
    write_artifact(tmp_path, program)
    check = check_artifact(tmp_path)
    assert not check.problems and check.equivalence.equivalent


def test_too_few_sites_are_a_reason():
    with pytest.raises(NotMappableError, match="has 6 modes, but the profile has 5"):
        compile_circuit(state(6, 3, 1.0), line(5))


GADGETS = {
    "measured": ("photonic-cubic", {"Squeeze": {"availability": "teleported", "by": ["measurement-based"]}}),
    "teleported": ("photonic-teleported", {}),
}


@pytest.mark.parametrize("kind", ["line", "ring"])
@pytest.mark.parametrize("gadget", GADGETS)
def test_gadgets_are_routed(gadget, kind):
    """Ancillas of teleported gates and measured squeezers keep their readouts, whatever is swapped."""
    base, changes = GADGETS[gadget]
    operations = load_profile(base).model_dump(mode="json")["operations"]
    profile = varied(base, name="a-line", topology={"kind": kind}, operations=operations | changes)
    for source in (state(5, 3, 0.5), state(4, 2, 0.5), cell(4, 3, 0.5, "p")):
        program = compile_circuit(source, profile, options=QUICK)
        assert program.verification.equivalent and program.layout is not None
        assert not check_native(program.circuit, profile, program.layout.text)


def test_vacua_of_routing_take_no_sites_of_their_own():
    source = state_circuit(Hypergraph(5, tuple(Hyperedge((a, b), 0.1) for a in range(5) for b in range(a))), 1.0)
    program = compile_circuit(source, line(5))
    assert program.layout is not None and not check_native(program.circuit, line(5), program.layout.text)
    sites = {"format": "qumode-khrnn/sites", "version": 1, "sites": [0] * program.circuit.modes}
    together, larger = (json_text({**sites, "count": count}) for count in (5, 9))
    assert "are both at site 0" in check_native(program.circuit, line(5), together)[0].reason
    assert check_native(program.circuit, line(5), larger)


def test_limits_are_of_the_devices_modes_not_of_the_programs_numbers():
    data = line(4).model_dump(mode="json")
    program = compile_circuit(state(4, 3, 1.0), line(4))
    assert program.layout is not None
    sites = json.loads(program.layout.text)["sites"]
    cubic = {sites[op.modes[0]] for op in program.circuit.operations if isinstance(op, ops.CubicPhase)}
    others = sorted(set(range(4)) - cubic)
    assert others
    for allowed, fits in ((sorted(cubic), True), (others, False)):
        data["operations"]["CubicPhase"]["modes"] = allowed
        assert (not check_native(program.circuit, profile_from_data(data, "test"), program.layout.text)) is fits


def test_pairs_that_are_not_connected_run_what_fits():
    profile = varied("ideal-cubic", name="pairs", topology={"kind": "pairs", "pairs": [[0, 1], [2, 7]]})
    near = compile_circuit(Circuit(2, (ops.ControlledZ((0, 1), 0.2),)), profile)
    assert near.layout is not None and near.verification.equivalent
    with pytest.raises(NotMappableError, match="no path joins sites"):
        compile_circuit(Circuit(3, (ops.ControlledZ((0, 2), 0.2),)), profile)

"""Every profile: what it runs is proved and checked from its files, what it does not is refused with reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partialmethod
from hashlib import sha256
from math import exp, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.artifact import check_artifact, write_artifact
from compiler.comparison import compare
from compiler.errors import CircuitError, InputError, NotMappableError
from compiler.files import json_text
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.powers import direction_of, polynomial_along
from compiler.ions.sequences.synthesis import SynthesisSettings
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import IonSettings, check_native, machine_of
from compiler.machines.cluster import quad_rail
from compiler.machines.ion_file import IonFile
from compiler.machines.ion_positions import position_laws
from compiler.machines.layout import ION_FILE, JOB, MACRONODES, SITES, read_layout
from compiler.machines.limits import native_violations
from compiler.machines.loops import loop_device
from compiler.machines.pairs import paired_device
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.lowering.split_directions import SplitDirections
from compiler.photon_counters.graph_states import input_squeezing
from compiler.photon_counters.state import same_state
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.quadrail.placement import place
from compiler.synthesis.options import SynthesisOptions
from compiler.template import compile_template
from hardware_profiles import Profile, load_profile, profile_from_data, profile_names
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

QUICK = SynthesisOptions(effort=0.0)
IONS = IonSettings(error=0.1, kappa=1.0, input_r=0.3)


def state(n: int, k: int, r: float, weight: float = 0.1) -> Circuit:
    """Two edges of k modes, at the two ends, prepared and read."""
    edges = {tuple(range(k)), tuple(range(n - k, n))}
    return state_circuit(Hypergraph(n, tuple(Hyperedge(e, weight) for e in sorted(edges))), r)


def cell(n: int, k: int, r: float, quadrature: str, weight: float = 0.1) -> Circuit:
    """One cell with a readout through an ancilla, on prepared modes."""
    made = UnitCell((Hyperedge(tuple(range(n - k, n)), weight),), (), Readout(quadrature, n - 1))
    return Network(n, r, r).circuit([made])


def bare(circuit: Circuit) -> Circuit:
    """Without readouts."""
    return circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.Homodyne)))


def varied(base: str, **changes: object) -> Profile:
    """A shipped profile with changed sections."""
    return profile_from_data({**load_profile(base).model_dump(mode="json"), **changes}, "test")


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("name", profile_names())
def test_every_profile_yields_a_proof_or_a_reason(name, k):
    profile = load_profile(name)
    machine = machine_of(profile)
    r, w = machine.default_squeezing(profile), 0.1
    if name == "trapped-ion-motional":
        r, w = {2: (0.3, 0.1), 3: (0.3, 0.1), 4: (0.0, 0.03)}[k]  # short sequences
    runs = set()
    for n in range(4, 9):
        prepared = state(n, k, r, w)
        for source in (prepared, cell(n, k, r, "x", w), cell(n, k, r, "p", w), bare(prepared)):
            try:
                program = compile_circuit(source, profile, options=QUICK, settings=IONS)
            except NotMappableError as error:
                first = error.reasons[0]
                assert first.operation and first.reason and first.relaxation and error.profile == name
                assert first.operation.split()[0] in {"operation", "step", "the"}
                runs.add(False)
                continue
            runs.add(True)
            assert program.verification.equivalent
            assert program.verification.residual <= machine.tolerance
            assert not check_native(program.circuit, profile, None if program.layout is None else program.layout.text)
    everything = {"ideal-cubic", "ideal-teleported", "photonic-cubic", "photonic-teleported", "cavity-snail"}
    assert runs == {name in everything or name == "trapped-ion-motional" or (name == "mqc3-quadrail" and k == 2)}


def line(modes: int, kind: str = "line") -> Profile:
    """A machine on a line or a ring, as long as asked."""
    number = {"value": modes, "source": "test", "date": "2026-11-23", "mark": "A"}
    return varied("ideal-cubic", name="a-line", topology={"kind": kind, "max_modes": number})


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
    with pytest.raises(NotMappableError, match="has 6 modes, the profile 5"):
        compile_circuit(state(6, 3, 1.0), line(5))


def test_templates_are_for_machines_where_all_modes_meet():
    for profile in (line(5), load_profile("mqc3-quadrail")):
        with pytest.raises(NotMappableError, match="laid out as a whole"):
            compile_template(
                Circuit(2, (ops.ControlledZ((0, 1), Polynomial.monomial(("w",))),), symbols=("w",)), profile
            )


def limited(**spec: object) -> Profile:
    """The ideal machine with a limited beamsplitter."""
    data = load_profile("ideal-cubic").model_dump(mode="json")
    data["operations"]["BeamSplitter"] |= spec
    return profile_from_data(data, "test")


def number(value: float) -> dict[str, object]:
    return {"value": value, "source": "test", "date": "2026-11-23", "mark": "A"}


@pytest.mark.parametrize(
    "spec, gates, reason",
    [
        ({"modes": [0, 1]}, [(0, 2)], "works on device mode 0, device mode 1 only, found device mode 0, device mode 2"),
        ({"pairs": [[2, 1]]}, [(1, 2), (0, 1)], "works on the pairs device mode 2, device mode 1 only"),
        (
            {"ranges": {"theta": {"levels": [number(0.1), number(0.2)], "shared": True}}},
            [(0, 1, 0.1), (1, 2, 0.2)],
            "the same for all uses.*, found 0.2 beside 0.1",
        ),
        ({"ranges": {"theta": {"levels": [number(0.1)]}}}, [(0, 1, 0.3)], "one of 0.1, found 0.3"),
    ],
)
def test_limits_of_operations(spec, gates, reason):
    profile = limited(**spec)
    circuit = Circuit(3, tuple(ops.BeamSplitter(g[:2], g[2] if len(g) > 2 else 0.1) for g in gates))
    (found,) = native_violations(circuit, profile)
    with pytest.raises(NotMappableError, match=reason):
        raise NotMappableError("test", (found,))
    assert found.operation.startswith(f"operation {len(gates) - 1} ")


def test_feed_forward_must_be_there():
    data = load_profile("ideal-cubic").model_dump(mode="json")
    data["measurement"]["homodyne"]["feed_forward"] = False
    kick = ops.Displacement((1,), Polynomial.monomial(("m",)), 0.0)
    circuit = Circuit(2, (ops.Homodyne((0,), 0.0, "m"), kick))
    (found,) = native_violations(circuit, profile_from_data(data, "test"))
    assert found.reason == "it depends on m, and the profile has no feed-forward"


# the cluster machine


def test_macronodes_are_read_back_and_tampering_is_seen(tmp_path):
    profile = load_profile("mqc3-quadrail")
    program = compile_circuit(cell(5, 2, 0.5756, "p"), profile)
    write_artifact(tmp_path, program)
    assert not check_artifact(tmp_path).problems
    assert program.layout is not None
    data = json.loads(program.layout.text)
    at = next(i for i, node in enumerate(data["macronodes"]) if node["angles"] and node["kind"] == "controlled_z")

    def changed(change) -> str:
        broken = json.loads(program.layout.text)
        change(broken)
        return json_text(broken)

    def bend(broken) -> None:
        broken["macronodes"][at]["angles"][0] += 1e-6

    (wrong,) = check_native(program.circuit, profile, changed(bend))
    assert wrong.operation == MACRONODES and "make another circuit" in wrong.reason
    links = [i for i, node in enumerate(data["macronodes"]) if node["kind"] == "wiring"]
    read = next(i for i, node in enumerate(data["macronodes"]) if node["kind"] == "measurement")

    def node(i, **values):
        return lambda d: d["macronodes"][i].update(values)

    broken = {
        "mode . does not come from": node(links[0], step=90),
        "enter and": node(links[0], down=None, right=None),
        "modes must lie in": node(links[0], up=[1]),
        "must come in order": lambda d: d["macronodes"].append(d["macronodes"][0]),
        "angles must be four numbers": node(at, angles=[1.0]),
        "measure a mode that should pass": node(at, angles=[1.0, 1.0, 1.0, 1.0]),
        "and operations must not": node(at, operatsettings=[{"op": "Rotation", "modes": [0], "theta": 0.1}]),
        "angles must be .* for Homodyne": node(read, angles=[0.7, 0.7, 0.7, 0.7]),
        "not every operation depends on a result": node(at, angles=None),
        "needs the keys": lambda d: d["macronodes"][at].pop("kind"),
        "kind must be one of": node(at, kind="banana"),
        '"rows" must be 101': lambda d: d.update(rows=77),
        "row and step": node(at, row=-1),
        "displacements must be": node(at, displacements=[1]),
        "inputs must be pairs": lambda d: d.update(inputs=[[0, 3]]),
    }
    for message, change in broken.items():
        with pytest.raises(CircuitError, match=message):
            check_native(program.circuit, profile, changed(change))


def test_noise_of_the_cluster_machine_is_that_of_its_macronodes():
    profile = load_profile("mqc3-quadrail")
    native = compile_circuit(state(4, 2, 0.5756), profile).circuit
    noisy = machine_of(profile).noisy(native, profile).circuit
    added = [op.x_variance for op in noisy.operations if isinstance(op, ops.DisplacementNoise)]
    assert added.count(pytest.approx(2.0 * 10**-0.5)) == sum(place(native, quad_rail(profile)).passages.values())
    for options in ({"scale": 0.0}, {"without": ["gates", "preparation"]}):
        quiet = machine_of(profile).noisy(native, profile, **options).circuit
        assert not any(isinstance(op, ops.NOISE) for op in quiet.operations)
        assert compare(native, quiet).equivalent
    kept = [op.r for op in noisy.operations if isinstance(op, ops.PrepareSqueezed)]
    assert kept == [-0.5756] * 4


# photon counting


def test_x8_prepares_a_graph_state_and_its_settings_are_checked(tmp_path):
    profile = load_profile("xanadu-x8")
    r, w = input_squeezing(1.0), tanh(2.0)
    assert machine_of(profile).default_squeezing(profile) == r
    graph = Hypergraph(8, tuple(Hyperedge((m, m + 4), w) for m in range(4)))
    program = compile_circuit(bare(state_circuit(graph, r)), profile)
    assert program.layout is not None and program.layout.file == JOB and program.layout.summary["squeezed_pairs"] == 4
    write_artifact(tmp_path, program)
    check = check_artifact(tmp_path)
    assert not check.problems and check.method == "covariance of the prepared state"
    other = json.loads(program.layout.text)
    other["squeezing"][1] = 0.0
    (wrong,) = check_native(program.circuit, profile, json_text(other))
    assert wrong.reason == "does not hold the settings of program.json"


def test_borealis_prepares_pairs_and_says_which(tmp_path):
    profile = load_profile("xanadu-borealis")
    level = max(loop_device(profile).levels)
    edges = tuple(Hyperedge((m, m + 1), tanh(2.0 * level)) for m in (0, 2, 4))
    program = compile_circuit(bare(state_circuit(Hypergraph(6, edges), input_squeezing(level))), profile)
    write_artifact(tmp_path, program)
    assert not check_artifact(tmp_path).problems
    assert program.layout is not None and program.layout.summary["bins"] == 6 + 43
    other = json.loads(program.layout.text)
    other["loops"][0]["theta"][1] += 1e-6
    assert check_native(program.circuit, profile, json_text(other))
    with pytest.raises(NotMappableError, match=f"all of weight .*{tanh(2.0 * level)!r} at squeezing"):
        compile_circuit(bare(state(4, 2, 1.0)), profile)


def test_the_advice_for_photon_counters_works_to_the_letter():
    """Weights and squeezing that a refusal names are accepted when they are typed back."""
    for name, pairs in (("xanadu-x8", [(0, 4), (1, 5), (2, 6), (3, 7)]), ("xanadu-borealis-dummy", [(0, 1), (2, 3)])):
        profile = load_profile(name)
        modes = 2 * len(pairs)
        with pytest.raises(NotMappableError) as refused:
            compile_circuit(bare(state(modes, 2, 1.0)), profile)
        words = refused.value.reasons[0].relaxation.rstrip(".").split()
        w, r = (float(words[words.index(word) + 1]) for word in ("weight", "squeezing"))
        graph = Hypergraph(modes, tuple(Hyperedge(pair, w) for pair in pairs))
        assert compile_circuit(bare(state_circuit(graph, r)), profile).verification.equivalent


def test_states_are_told_apart():
    squeezed = Circuit(2, (ops.PrepareSqueezed((0,), 0.5),))
    assert same_state(squeezed, Circuit(2, (ops.Squeeze((0,), 0.5),))).equivalent
    for other in (ops.Squeeze((0,), 0.50001), ops.Squeeze((1,), 0.5), ops.Displacement((1,), 0.1, 0.0)):
        verdict = same_state(squeezed, Circuit(2, (other,)))
        assert not verdict.equivalent and verdict.reason


def test_devices_follow_their_profiles():
    assert paired_device(load_profile("xanadu-x8")).levels == (0.0, 1.0)
    loops = loop_device(load_profile("xanadu-borealis-dummy"))
    assert loops.levels == (0.0, 0.712, 1.019, 1.212) and loops.delays == (1, 6, 36)
    assert quad_rail(load_profile("mqc3-quadrail")).rows == 101


# ions


@pytest.fixture(scope="module")
def on_ions() -> CompiledProgram:
    profile = load_profile("trapped-ion-motional")
    return compile_circuit(state(4, 3, 0.3), profile, options=QUICK, settings=IONS)


def test_pulses_are_certified_from_the_file_alone(on_ions, tmp_path):
    write_artifact(tmp_path, on_ions)
    check = check_artifact(tmp_path)
    assert not check.problems and len(check.caveats) == 1 and "within 3 deviations" in check.caveats[0]
    assert on_ions.layout is not None
    file = read_layout(IonFile, on_ions.layout.text, ION_FILE)
    assert sum(s.sup_norm for s in file.sequences) <= file.error == IONS.error
    first = file.sequences[0]

    def reasons(**changes) -> str:
        broken = file.model_copy(update=changes)
        return "; ".join(r.reason for r in check_native(on_ions.circuit, on_ions.profile, broken.text()))

    def sequence(**changes) -> tuple:
        return (first.model_copy(update=changes), *file.sequences[1:])

    assert reasons() == ""
    areas = (first.areas[0] + 0.01, *first.areas[1:])
    assert "its sequence is off by" in reasons(sequences=sequence(areas=areas))
    assert "holds on" in reasons(sequences=sequence(extent=0.9 * first.extent))
    assert "is needed" in reasons(deviatsettings=4.0)
    assert "for another phase" in reasons(sequences=sequence(phase=(*first.phase[:-1], 2.0 * first.phase[-1])))
    assert "no sequence for it" in reasons(sequences=file.sequences[1:])
    assert "one too many" in reasons(sequences=(*file.sequences, first))
    assert "add up to" in reasons(error=1e-6)
    assert "Homodyne is unavailable" in reasons(readouts=file.readouts[1:])
    with pytest.raises(InputError, match=r"ions.json: sequences.0.areas"):
        check_native(on_ions.circuit, on_ions.profile, on_ions.layout.text.replace('"areas": [', '"areas": ["x",', 1))


def test_ions_refuse_with_advice(monkeypatch):
    profile = load_profile("trapped-ion-motional")
    with pytest.raises(NotMappableError, match=r"Homodyne is unavailable.*--readout spin"):
        compile_circuit(state(4, 3, 0.3), profile)
    fed = ops.Displacement((1,), Polynomial.monomial(("m",)), 0.0)
    with pytest.raises(NotMappableError, match="one bit of the spin is no value"):
        compile_circuit(Circuit(2, (ops.Homodyne((0,), 0.0, "m"), fed)), profile, settings=IONS)
    monkeypatch.setattr(SynthesisSettings, "__init__", partialmethod(SynthesisSettings.__init__, max_pulses=4))
    with pytest.raises(NotMappableError, match=r"no sequence of at most 4 pulses.*lower the squeezing"):
        compile_circuit(state(4, 3, 1.0, 3.0), profile, options=QUICK, settings=replace(IONS, error=1e-4))
    monkeypatch.undo()
    turned = bare(state(3, 3, 0.3)).then((ops.Rotation((0,), 0.3), ops.phase(Polynomial.monomial((0, 1, 2), 0.1))))
    with pytest.raises(NotMappableError, match="brings momenta into positions after a phase"):
        compile_circuit(turned, profile, options=QUICK, settings=IONS)


def test_positions_follow_closed_forms():
    """Displacement, squeezer, beamsplitter before a phase: mean and deviation of u.x by hand."""
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), -0.5),
            ops.PrepareVacuum((1,)),
            ops.Displacement((0,), 0.7, 0.0),
            ops.Squeeze((1,), -0.2),
            ops.BeamSplitter((0, 1), 0.3),
            ops.phase(polynomial_along((0, 1), (0.6, 0.8), LinePhase((0.0, 0.0, 0.0, 0.1)))),
        ),
    )
    (law,) = position_laws(circuit, "test", 1.0)
    u = np.array([0.6, 0.8]) @ np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    assert law.mean == pytest.approx(u[0] * 0.7)
    assert law.deviation == pytest.approx(np.sqrt(u[0] ** 2 * exp(1.0) + u[1] ** 2 * exp(0.4)))
    (free,) = position_laws(Circuit(1, (ops.phase(Polynomial.monomial((0, 0), 0.1)),)), "test", 0.4)
    assert free.deviation == pytest.approx(exp(0.4))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1.0, 1.0).filter(lambda v: abs(v) > 1e-2), min_size=1, max_size=4),
    st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=5).filter(lambda c: abs(c[-1]) > 1e-3),
)
def test_directions_are_found_again(vector, coefficients):
    u = np.array(vector) / np.linalg.norm(vector)
    line_phase = LinePhase((0.0, *coefficients))
    found = direction_of(polynomial_along(tuple(range(len(u))), tuple(u.tolist()), line_phase))
    assert found is not None
    x = np.random.default_rng(1).normal(size=(5, len(u)))
    ours = found.phase.value(x @ np.array(found.vector))
    assert np.allclose(ours, line_phase.value(x @ u), atol=1e-8)


def test_sums_along_two_directions_have_none():
    assert direction_of(Polynomial.monomial((0, 1), 0.3)) is None
    assert direction_of(Polynomial.monomial((), 1.0)) is None


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_passes_of_machines_keep_the_circuit(data):
    modes = data.draw(st.integers(1, 4))
    terms = Polynomial({})
    for _ in range(data.draw(st.integers(1, 4))):
        degree = data.draw(st.integers(1, 4))
        chosen = sorted(data.draw(st.integers(0, modes - 1)) for _ in range(degree))
        terms = terms + Polynomial.monomial(chosen, data.draw(st.floats(0.05, 0.5)))
    gates = (
        ops.Squeeze((0,), 0.2),
        ops.phase(terms),
        ops.Shear((0,), 0.3),
        ops.CubicPhase((modes - 1,), 0.1),
        ops.PhasePower((0,), 2, 0.2),
    )
    circuit = Circuit(modes, gates)
    for step in (SplitDirections(), LowerQuadratics()):
        once = step(circuit, load_profile("ideal-cubic")).circuit
        assert compare(circuit, once).equivalent
        again = step(once, load_profile("ideal-cubic")).circuit
        assert compare(once, again).equivalent and len(again.operations) == len(once.operations)


# what hostile files and profiles met


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
    profile = varied(base, name="a-line", topology={"kind": kind}, operatsettings=operations | changes)
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
    with pytest.raises(NotMappableError, match="no way joins sites"):
        compile_circuit(Circuit(3, (ops.ControlledZ((0, 2), 0.2),)), profile)


def test_restrictions_hold_on_ions_and_clusters():
    ions = load_profile("trapped-ion-motional").model_dump(mode="json")
    cases = [
        ("PrepareSqueezed", {"modes": [0]}, "PrepareSqueezed works on device mode 0 only"),
        ("PolynomialPhase", {"modes": [0, 1]}, "PolynomialPhase works on device mode 0, device mode 1 only"),
    ]
    for name, spec, reason in cases:
        data = {**ions, "operations": {**ions["operations"], name: {**ions["operations"][name], **spec}}}
        with pytest.raises(NotMappableError, match=reason):
            compile_circuit(state(3, 3, 0.3), profile_from_data(data, "test"), options=QUICK, settings=IONS)
    chain = profile_from_data({**ions, "topology": {"kind": "line"}}, "test")
    with pytest.raises(NotMappableError, match="are not neighbours"):
        compile_circuit(Circuit(3, (ops.BeamSplitter((0, 2), 0.3),)), chain)
    cluster = load_profile("mqc3-quadrail").model_dump(mode="json")
    for spec in ({"availability": "unavailable"}, {"modes": [0]}):
        changed = {**cluster["operations"]["ControlledZ"], **spec}
        data = {**cluster, "operations": {**cluster["operations"], "ControlledZ": changed}}
        with pytest.raises(NotMappableError, match="ControlledZ"):
            compile_circuit(state(4, 2, 0.5756), profile_from_data(data, "test"))
    loops = load_profile("xanadu-borealis").model_dump(mode="json") | {"measurement": {}}
    with pytest.raises(NotMappableError, match="photon counters only"):
        compile_circuit(Circuit(1), profile_from_data(loops, "test"))


@pytest.mark.parametrize(
    "base, path, value, message",
    [
        ("mqc3-quadrail", "macronode", None, "needs the section macronode"),
        ("mqc3-quadrail", "macronode.squeezing_db.value", 8.0, "added_variance must be 0.317"),
        ("mqc3-quadrail", "macronode.added_variance.value", 0.1, "added_variance must be 0.6325"),
        ("xanadu-x8", "primitives.TwoModeSqueezing.ranges", {}, "ranges.r with levels"),
        ("xanadu-borealis", "operations.Rotation.ranges", {}, "ranges.theta of Rotation"),
        ("xanadu-borealis", "clock", None, "clock.max_bins"),
    ],
)
def test_machines_ask_for_their_parts(base, path, value, message):
    data = load_profile(base).model_dump(mode="json")
    *parents, last = path.split(".")
    inner = data
    for key in parents:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(InputError, match=message):
        compile_circuit(Circuit(1), profile_from_data(data, "test"))


def test_layouts_must_be_there_and_be_the_machines_own(on_ions, tmp_path):
    """Also when all digests are made anew."""
    write_artifact(tmp_path, on_ions)
    kept = (tmp_path / ION_FILE).read_text()

    def problems() -> str:
        claimed = json.loads((tmp_path / "certificate.json").read_text())
        names = {p.name for p in tmp_path.iterdir()} - {"certificate.json", "resources.json"}
        claimed["sha256"] = {name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in sorted(names)}
        del claimed["digest"]
        claimed["digest"] = sha256(json_text(claimed).encode()).hexdigest()
        (tmp_path / "certificate.json").write_text(json_text(claimed))
        return "; ".join(check_artifact(tmp_path).problems)

    assert problems() == ""
    (tmp_path / ION_FILE).unlink()
    assert problems() == f"{ION_FILE} is missing: programs for trapped-ion-motional have it"
    (tmp_path / ION_FILE).write_text(kept)
    (tmp_path / SITES).write_text(kept)
    assert problems() == f"{SITES} does not belong to a program for trapped-ion-motional"


@pytest.mark.parametrize(
    "changes",
    [
        {"deviations": 0.5},
        {"error": 2.0},
        {"input_r": -5.0},
        {"sequences.0.sup_norm": 3.0},
        {"sequences.0.extent": 1e300},
        {"sequences.0.operation": "4"},
        {"readouts.0.kappa": 0.0},
        {"readouts.0.kappa": 1e9},
        {"approved": True},
    ],
)
def test_numbers_of_pulses_are_bounded(on_ions, changes):
    assert on_ions.layout is not None
    data = json.loads(on_ions.layout.text)
    for path, value in changes.items():
        *parents, last = path.split(".")
        inner = data
        for key in parents:
            inner = inner[int(key) if key.isdigit() else key]
        inner[last] = value
    with pytest.raises(InputError, match=r"^ions\.json: "):
        check_native(on_ions.circuit, on_ions.profile, json_text(data))


def test_readouts_of_the_spin_are_those_of_the_circuit(on_ions):
    assert on_ions.layout is not None
    data = json.loads(on_ions.layout.text)
    for extra in ({"result": "nothing", "kappa": 1.0}, data["readouts"][0]):
        broken = json_text({**data, "readouts": [*data["readouts"], extra]})
        assert check_native(on_ions.circuit, on_ions.profile, broken)


def test_settings_of_photon_counters_are_not_swapped():
    r, w = input_squeezing(1.0), tanh(2.0)
    graph = Hypergraph(8, tuple(Hyperedge((m, m + 4), w) for m in range(4)))
    x8 = compile_circuit(bare(state_circuit(graph, r)), load_profile("xanadu-x8"))
    assert x8.layout is not None
    data = json.loads(x8.layout.text)
    with pytest.raises(InputError, match="squeezing"):
        check_native(x8.circuit, x8.profile, json_text({**data, "squeezing": [-1.0, 1.0, 1.0, 1.0]}))
    assert check_native(x8.circuit, x8.profile, json_text({**data, "squeezing": [1.0, 1.0, 1.0]}))
    profile = load_profile("xanadu-borealis")
    level = max(loop_device(profile).levels)
    edges = tuple(Hyperedge((m, m + 1), tanh(2.0 * level)) for m in (0, 2))
    job = compile_circuit(bare(state_circuit(Hypergraph(4, edges), input_squeezing(level))), profile)
    assert job.layout is not None
    data = json.loads(job.layout.text)
    first = data["loops"][0]
    data["loops"][0] = {"rotation": first["rotation"] + first["theta"], "theta": []}
    assert check_native(job.circuit, profile, json_text(data))


def test_strengths_beyond_arithmetic_are_one_clear_error():
    with pytest.raises(CircuitError, match="too strong for homodyne angles"):
        compile_circuit(state(4, 2, 0.5756, 1e9), load_profile("mqc3-quadrail"))
    for weight in (1e160, 1e-160):
        with pytest.raises(CircuitError, match="beyond float64"):
            compile_circuit(
                state(3, 3, 0.3, weight), load_profile("trapped-ion-motional"), options=QUICK, settings=IONS
            )


def test_advice_on_ranges_can_be_followed():
    levels = {"ranges": {"r": {"levels": [number(0.5), number(-1.0)]}}}
    data = load_profile("ideal-cubic").model_dump(mode="json")
    for name, r, advice in (
        ("PrepareSqueezed", -0.8, "take r = -1, the nearest level"),
        ("PrepareSqueezed", 0.8, "take r = 0.5, the nearest level"),
    ):
        data["operations"][name] |= levels
        (found,) = native_violations(Circuit(1, (ops.PrepareSqueezed((0,), r),)), profile_from_data(data, "test"))
        assert found.relaxation == advice
    data["operations"]["PrepareSqueezed"]["ranges"] = {"r": {"levels": [number(0.5)]}}
    (found,) = native_violations(Circuit(1, (ops.PrepareSqueezed((0,), -0.5),)), profile_from_data(data, "test"))
    assert found.relaxation == "turn the mode by pi/2: no level has this sign of r"
    data["operations"]["Squeeze"]["ranges"] = {"r": {"maximum": number(0.1)}}
    (found,) = native_violations(Circuit(1, (ops.Squeeze((0,), 0.5),)), profile_from_data(data, "test"))
    assert found.relaxation == "lower the weights and strengths that ask for it, until |r| <= 0.1"

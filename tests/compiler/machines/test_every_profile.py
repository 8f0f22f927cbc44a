"""Every profile yields a proof or a reason, and asks for the parts that its machine needs."""

from __future__ import annotations

import pytest
from machines_support import IONS, QUICK, bare, cell, state

from compiler.errors import CircuitError, InputError, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.machines import check_native, machine_of
from compiler.machines.cluster import quad_rail
from compiler.machines.ions import Ions
from compiler.photon_counters.loop_job import loop_device
from compiler.photon_counters.pair_fit import paired_device
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data, profile_names


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
                settings = IONS if isinstance(machine, Ions) else None
                program = compile_circuit(source, profile, options=QUICK, settings=settings)
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


def test_devices_follow_their_profiles():
    assert paired_device(load_profile("xanadu-x8")).levels == (0.0, 1.0)
    loops = loop_device(load_profile("xanadu-borealis-dummy"))
    assert loops.levels == (0.0, 0.712, 1.019, 1.212) and loops.delays == (1, 6, 36)
    assert quad_rail(load_profile("mqc3-quadrail")).rows == 101


@pytest.mark.parametrize(
    "base, path, value, message",
    [
        ("mqc3-quadrail", "macronode", None, "needs the section macronode"),
        ("mqc3-quadrail", "macronode.squeezing_db.value", 8.0, "added_variance must be 0.316979"),
        ("mqc3-quadrail", "macronode.added_variance.value", 0.1, "added_variance must be 0.632456"),
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


def test_strengths_beyond_arithmetic_are_one_clear_error():
    with pytest.raises(CircuitError, match="too strong for homodyne angles"):
        compile_circuit(state(4, 2, 0.5756, 1e9), load_profile("mqc3-quadrail"))
    for weight in (1e160, 1e-160):
        with pytest.raises(CircuitError, match="beyond float64"):
            compile_circuit(
                state(3, 3, 0.3, weight), load_profile("trapped-ion-motional"), options=QUICK, settings=IONS
            )

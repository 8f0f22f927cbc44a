"""Macronodes of the cluster machine are read back, checked and made noisy one by one."""

from __future__ import annotations

import json

import pytest
from machines_support import cell, state

from compiler.artifact import check_artifact, write_artifact
from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.machines import check_native, machine_of
from compiler.machines.cluster import quad_rail
from compiler.machines.layout import MACRONODES
from compiler.pipeline import compile_circuit
from compiler.quadrail.placement import place
from hardware_profiles import load_profile


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
        "operations must be left out": node(at, operations=[{"op": "Rotation", "modes": [0], "theta": 0.1}]),
        "angles must be .* for Homodyne": node(read, angles=[0.7, 0.7, 0.7, 0.7]),
        "not every operation depends on a result": node(at, angles=None),
        "needs the keys": lambda d: d["macronodes"][at].pop("kind"),
        "kind must be one of": node(at, kind="banana"),
        "kind must be one of .* and swap": node(at, kind={}),
        '"rows" must be 101': lambda d: d.update(rows=77),
        "row and step": node(at, row=-1),
        "displacements must be": node(at, displacements=[1]),
        "inputs must be one pair": lambda d: d.update(inputs=[[0, 3]]),
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

"""A machine of squeezed pairs prepares a graph state, and its settings are checked."""

from __future__ import annotations

import json
from math import tanh

from machines_support import bare

from compiler.artifact import check_artifact, write_artifact
from compiler.files import json_text
from compiler.machines import check_native, machine_of
from compiler.machines.layout import JOB
from compiler.photon_counters.graph_states import input_squeezing
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


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

"""A machine of loops prepares pairs, says which it can, and its settings are checked."""

from __future__ import annotations

import json
from math import pi, tanh

import pytest
from machines_support import bare, state
from photon_counters import LOW

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import NotMappableError
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.machines import check_native
from compiler.photon_counters.graph_states import input_squeezing
from compiler.photon_counters.loop_job import loop_device
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


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


def test_whole_turns_of_a_beamsplitter_need_no_loop():
    """Pulses 0 and 2 are joined by no loop, and a beamsplitter that turns by 2 pi joins nothing."""
    profile = load_profile("xanadu-borealis")
    prepared = tuple(ops.PrepareSqueezed((m,), LOW) for m in range(3))
    joined = (ops.BeamSplitter((0, 1), 0.4, pi / 2),)
    turned = Circuit(3, (*prepared, ops.BeamSplitter((0, 2), 2 * pi, 0.3), *joined))
    program = compile_circuit(turned, profile)
    assert program.circuit.operations == (*prepared, *joined) and program.verification.equivalent

"""On machines that count photons, advice works to the letter and changed settings are seen."""

from __future__ import annotations

import json
from math import tanh

import pytest
from machines_support import bare, state

from compiler.errors import InputError, NotMappableError
from compiler.files import json_text
from compiler.machines import check_native
from compiler.photon_counters.graph_states import input_squeezing
from compiler.photon_counters.loop_job import loop_device
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


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

"""X8 and Borealis prepare the graph states that fit them, with the weights that are stated."""

from dataclasses import replace
from math import cosh, log, sqrt, tanh

import numpy as np
import pytest
from photon_counters import BOREALIS, HIGH, LOW, X8, loop_graph_state

from compiler.errors import InputError
from compiler.exports.strawberryfields.device import compile_loops, compile_pairs
from compiler.photon_counters.graph_states import graph_state, input_squeezing, paired_graph_state
from compiler.photon_counters.loop_fit import loop_job
from compiler.photon_counters.loop_job import job_reasons
from compiler.photon_counters.pair_fit import pair_reasons
from compiler.semantics.gaussian_state import prepared_state

HADAMARD = np.array([[1.0, 1.0], [1.0, -1.0]]) / sqrt(2.0)


@pytest.mark.parametrize("block", [np.eye(4), np.kron(HADAMARD, HADAMARD), np.kron(np.eye(2), HADAMARD)])
def test_graph_states_that_x8_prepares(block):
    """Four edges, the complete bipartite graph, two square clusters, all with weights tanh(2) times the block."""
    circuit = paired_graph_state(block, 1.0)
    compile_pairs(circuit, X8)
    b = prepared_state(circuit).pair_matrix()
    np.testing.assert_allclose(b[:4, 4:], 1j * tanh(1.0) * block, atol=1e-12)
    nullifiers = np.diag(prepared_state(circuit).cov[8:, 8:])  # var p before the edges is 1 / cosh 2
    weights = tanh(2.0) ** 2 * cosh(2.0)
    np.testing.assert_allclose(nullifiers, 1.0 / cosh(2.0) + weights, atol=1e-12)


def test_no_other_uniform_edge_fits_x8():
    edge = np.kron(np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(4))
    for r, w in ((0.6625, 1.0), (1.0, tanh(2.0)), (0.5, 0.5), (input_squeezing(0.5), tanh(1.0))):
        assert pair_reasons(graph_state(w * edge, r), X8)
    assert not pair_reasons(graph_state(tanh(2.0) * edge, 0.5 * log(cosh(2.0))), X8)


@pytest.mark.parametrize("r", [LOW, HIGH])
def test_graph_states_that_borealis_prepares(r):
    job = loop_graph_state(8, r)
    edges = tanh(2.0 * r) * np.kron(np.eye(4), np.array([[0.0, 1.0], [1.0, 0.0]]))
    expected = prepared_state(graph_state(edges, input_squeezing(r)))
    np.testing.assert_allclose(prepared_state(job.circuit(BOREALIS)).cov, expected.cov, atol=1e-12)
    compile_loops(job, BOREALIS)
    device = replace(BOREALIS, loop_phases=(0.3, 0.2, -1.0))
    assert job_reasons(job, device)  # its modulators cannot rest
    compile_loops(loop_job(job.circuit(BOREALIS), device), device)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: graph_state(np.eye(2), 1.0), "zero diagonal"),
        (lambda: paired_graph_state(np.ones((2, 2)), 1.0), "symmetric orthogonal"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)

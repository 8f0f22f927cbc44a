"""States and readouts of a few qubits in whole numbers are those of explicit matrices."""

from itertools import combinations
from math import gcd, sqrt

import numpy as np
import pytest
from hsmt_support import Matrices

from qumode_khrnn.hsmt.few_qubits import Reading, after, graph_state, readings
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken

Z, X = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])


def random_graph(rng, qubits):
    edges = [pair for pair in combinations(range(qubits), 2) if rng.random() < 0.5]
    return edges, [i for i in range(qubits) if rng.random() < 0.5]


def observable(qubits, reading):
    """Z_i, or X_i Z^S."""
    on = Matrices(qubits, 2).on
    out = on(reading.mode, Z if reading.quadrature == "x" else X)
    for mode in reading.partners:
        out = out @ on(mode, Z)
    return out


@pytest.mark.parametrize("qubits", [1, 2, 3, 4])
def test_graph_states_are_made_of_controlled_signs(qubits):
    rng = np.random.default_rng(qubits)
    for _ in range(20):
        edges, linear = random_graph(rng, qubits)
        explicit = Matrices(qubits, 2)
        for modes in [*edges, *((i,) for i in linear)]:
            explicit.gate(EdgeToken(modes, 1))
        found = np.array(graph_state(qubits, edges, linear))
        assert np.abs(found / sqrt(2.0**qubits) - explicit.psi).max() < 1e-12
    assert graph_state(qubits, []) == (1,) * 2**qubits


@pytest.mark.parametrize("qubits", [1, 2, 3, 4])
def test_readings_are_all_positions_and_all_momenta_with_signs(qubits):
    found = readings(qubits)
    assert len(found) == len(set(found)) == qubits + qubits * 2 ** (qubits - 1)
    matrices = [observable(qubits, reading) for reading in found]
    for reading, matrix in zip(found, matrices, strict=True):
        assert np.abs(matrix @ matrix - np.eye(2**qubits)).max() < 1e-12
        assert reading.mode not in reading.partners and tuple(sorted(reading.partners)) == reading.partners
    flat = np.array(matrices).reshape(len(found), -1)
    assert np.abs(flat @ flat.T - 2**qubits * np.eye(len(found))).max() < 1e-9  # no two are the same


def test_a_momentum_with_signs_is_read_between_two_rounds_of_edges():
    rng = np.random.default_rng(5)
    for reading in readings(3):
        explicit = Matrices(3, 2)
        for pair in combinations(range(3), 2):
            explicit.gate(EdgeToken(pair, int(rng.integers(2))))
        read, before = ReadToken(reading.quadrature, reading.mode), explicit.psi
        y = int(rng.choice(2))
        for mode in reading.partners:
            explicit.gate(EdgeToken(tuple(sorted((reading.mode, mode))), 1))
        explicit.psi = explicit.projector(read, y) @ explicit.psi
        for mode in reading.partners:
            explicit.gate(EdgeToken(tuple(sorted((reading.mode, mode))), 1))
        projected = (before + (-1) ** y * observable(3, reading) @ before) / 2.0
        assert np.abs(explicit.psi - projected).max() < 1e-12


@pytest.mark.parametrize("qubits", [1, 2, 3, 4])
def test_states_after_answers_are_projections(qubits):
    rng, impossible = np.random.default_rng([7, qubits]), 0
    for _ in range(25):
        edges, linear = random_graph(rng, qubits)
        state = graph_state(qubits, edges, linear)
        for _ in range(6):
            reading = readings(qubits)[int(rng.integers(len(readings(qubits))))]
            found = after(state, reading)
            for y, one in enumerate(found):
                projected = np.array(state) + (-1) ** y * observable(qubits, reading) @ np.array(state)
                assert (one is None) == (np.abs(projected).max() < 1e-9)
                if one is None:
                    impossible += 1
                    continue
                parallel = np.array(one) @ projected / np.linalg.norm(one) / np.linalg.norm(projected)
                assert abs(parallel) == pytest.approx(1.0, abs=1e-12)
                assert gcd(*one) == 1 and next(v for v in one if v) > 0
                assert all(isinstance(v, int) for v in one)
            state = found[int(rng.choice([y for y in (0, 1) if found[y] is not None]))]
    assert impossible > 20


def test_states_that_differ_by_a_factor_are_one_state():
    minus = tuple(-v for v in graph_state(2, [(0, 1)]))
    assert (
        after(minus, Reading("x", 0))
        == after(graph_state(2, [(0, 1)]), Reading("x", 0))
        == ((1, 1, 0, 0), (0, 0, 1, -1))
    )

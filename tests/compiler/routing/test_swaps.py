"""Routing: neighbours only, equal to the source, and as few swaps as closed forms say."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from itertools import pairwise
from math import pi

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import DOCS

from compiler.comparison import compare
from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.lowering.lower_phases import LowerPhases
from compiler.passes.lowering.route import Route
from compiler.routing import Coupling, apart, not_neighbours, route
from compiler.routing.board import Board, signed
from compiler.routing.homecoming import homecoming
from compiler.routing.order import predecessors
from compiler.routing.swaps import _Search
from compiler.semantics.phase_space import symplectic
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge

TWO_MODE = 6
KINDS = 12


def random_circuit(rng: np.random.Generator, modes: int, length: int) -> Circuit:
    """Gates of every kind, readouts with feed-forward, modes prepared again, modes left measured."""
    out: list[ops.Operation] = []
    names: list[str] = []
    alive = set(range(modes))
    for _ in range(length):
        kind, v = int(rng.integers(KINDS)), float(rng.uniform(-0.6, 0.6))
        left = [int(m) for m in rng.permutation(sorted(alive))]
        if kind == KINDS - 1:
            (mode,) = (int(rng.integers(modes)),)
            out.append(ops.PrepareSqueezed((mode,), v))
            alive.add(mode)
        elif kind < TWO_MODE and len(left) > 1:
            pair = (left[0], left[1])
            gates: tuple[ops.Operation, ...] = (
                ops.BeamSplitter(pair, v),
                ops.BeamSplitter(pair, v, 0.3),
                ops.ControlledX(pair, v),
                ops.ControlledZ(pair, Polynomial.monomial((names[-1],), v) if names else v),
                ops.phase(Polynomial.monomial((pair[0], pair[0], pair[1]), 0.2 * v)),
                ops.Interferometer(pair, ((np.cos(v), -np.sin(v)), (np.sin(v), np.cos(v)))),
            )
            out.append(gates[kind])
        elif kind == KINDS - 2 and len(left) > 1:
            out.append(ops.Homodyne((left[0],), v, f"m{len(names)}"))
            names.append(f"m{len(names)}")
            alive.discard(left[0])
        elif TWO_MODE <= kind < KINDS - 2 and left:
            kick = Polynomial.monomial((str(rng.choice(names)),), v) if names else v
            alone = (
                ops.CubicPhase((left[0],), 0.3 * v),
                ops.PhasePower((left[0],), 4, 0.1 * v),
                ops.Displacement((left[0],), v, kick),
                ops.Shear((left[0],), v),
            )
            out.append(alone[kind - TWO_MODE])
    return Circuit(modes, tuple(out))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["line", "ring"]), st.integers(2, 7), st.integers(0, 2))
def test_routed_circuits_equal_their_source(seed: int, kind: str, modes: int, spare: int) -> None:
    circuit = random_circuit(np.random.default_rng(seed), modes, 30)
    coupling = Coupling.of(kind, modes + spare)
    found = route(circuit, coupling)
    assert not apart(found.circuit, coupling, found.sites)
    verdict = compare(circuit, found.circuit)
    assert verdict.equivalent, verdict.reason
    assert all(found.circuit.operations[i].parameters() == {"theta": pi / 2, "phi": 0.0} for i in found.swaps)


@pytest.mark.parametrize("kind", ["line", "ring"])
def test_twenty_modes(kind: str) -> None:
    rng = np.random.default_rng(5)
    circuit = random_circuit(rng, 20, 150)
    coupling = Coupling.of(kind, 20)
    found = route(circuit, coupling)
    assert apart(circuit, coupling) and not apart(found.circuit, coupling, found.sites)
    assert compare(circuit, found.circuit).equivalent
    summary = found.summary()
    assert summary["swaps"] == len(found.swaps) > 0 and summary["depth"] >= summary["depth_before"]
    assert found.overhead == pytest.approx(len(found.swaps) / found.two_mode_before)


def test_a_lost_swap_is_seen() -> None:
    circuit = Circuit(3, (ops.ControlledX((0, 1), 0.3), ops.ControlledX((1, 2), 0.2), ops.ControlledX((0, 2), 0.1)))
    found = route(circuit, Coupling.of("line", 3))
    kept = tuple(op for i, op in enumerate(found.circuit.operations) if i != found.swaps[0])
    assert not compare(circuit, found.circuit.with_operations(kept)).equivalent


def test_the_swap_is_the_stated_map() -> None:
    swap = symplectic([ops.BeamSplitter((0, 1), pi / 2)])[1]
    block = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert np.allclose(swap, np.kron(np.eye(2), block), atol=1e-15)


@pytest.mark.parametrize(
    "op",
    [
        ops.CubicPhase((0,), 0.7),
        ops.PhasePower((0,), 4, 0.7),
        ops.PhasePower((0,), 5, 0.7),
        ops.Displacement((0,), 0.3, -0.4),
        ops.BeamSplitter((0, 1), 0.4, 0.9),
        ops.ControlledX((1, 0), 0.4),
        ops.phase(Polynomial.monomial((0, 0, 0, 1), 0.4)),
        ops.Shear((0,), 0.4),
        ops.Squeeze((0,), 0.4),
    ],
    ids=lambda op: type(op).__name__,
)
def test_signs_are_conjugation_by_half_turns(op: ops.Operation) -> None:
    turned = signed(op, op.modes, [-1 if m == 0 else 1 for m in op.modes])
    turn, back = ops.Rotation((0,), pi), ops.Rotation((0,), -pi)
    assert compare(Circuit(2, (turn, turned, back)), Circuit(2, (op,))).equivalent


def test_chosen_outcomes_and_counts_of_a_turned_mode() -> None:
    """A quadrature of a turned mode is minus that of the mode; it has as many photons."""
    assert signed(ops.PostSelect((0,), 0.3, 0.4), (2,), [-1]) == ops.PostSelect((2,), 0.3, -0.4)
    assert signed(ops.PostSelect((0,), 0.3, 0.4), (2,), [1]) == ops.PostSelect((2,), 0.3, 0.4)
    assert signed(ops.PhotonCount((0,), "n"), (2,), [-1]) == ops.PhotonCount((2,), "n")
    assert signed(ops.CrossKerr((0, 1), 0.3), (2, 3), [-1, 1]) == ops.CrossKerr((2, 3), 0.3)


def test_chosen_outcomes_stay_at_home_and_counts_are_waited_for() -> None:
    """A result has a name and may be read on another wire; a chosen outcome has only its mode."""
    ends = (ops.PostSelect((0,), 0.0, 0.1), ops.PhotonCount((1,), "n"), ops.Homodyne((2,), 0.0, "x"))
    board = Board(Circuit(3, ends), Coupling.of("line", 3), (0, 1, 2))
    assert [board.targets(op) for op in ends] == [[0], [1, 2], [1, 2]]
    use = ops.Displacement((0,), Polynomial.monomial(("n",)), 0.0)
    assert predecessors(Circuit(2, (ops.PhotonCount((1,), "n"), use))) == [set(), {0}]


@pytest.mark.parametrize("seed", range(12))
def test_states_counts_and_chosen_outcomes_are_routed(seed: int) -> None:
    """States start at home, chosen outcomes are read at home, counts wherever: equal to the source in any case."""
    rng = np.random.default_rng(seed)
    alive = set(range(5))
    out: list[ops.Operation] = []
    for step in range(14):
        a, b = (int(m) for m in rng.permutation(sorted(alive))[:2])
        kind, v = int(rng.integers(6)), float(rng.uniform(0.1, 0.9))
        if kind == 0 and len(alive) > 3:
            out.append(ops.PhotonCount((a,), f"n{step}") if v < 0.5 else ops.PostSelect((a,), v, v))
            alive.discard(a)
        elif kind == 1:
            mode = int(rng.integers(5))
            out.append(ops.PrepareFock((mode,), 1) if v < 0.5 else ops.PrepareCat((mode,), v, v, 0.0))
            alive.add(mode)
        else:
            out.append(ops.BeamSplitter((a, b), v) if v < 0.5 else ops.ControlledX((a, b), v))
    source = Circuit(5, tuple(out))
    found = route(source, Coupling.of("line", 5))
    assert not apart(found.circuit, found.coupling, found.sites)
    assert compare(source, found.circuit).equivalent


@pytest.mark.parametrize("kind", ["line", "ring"])
@pytest.mark.parametrize("modes", [4, 9, 20])
def test_meshes_and_chains_cost_nothing(kind: str, modes: int) -> None:
    unitary = np.linalg.qr(np.random.default_rng(modes).normal(size=(modes, modes)))[0].astype(complex)
    mesh = Circuit(modes, tuple(rectangular_mesh(unitary, tuple(range(modes)))))
    assert route(mesh, Coupling.of(kind, modes)).circuit == mesh
    order = [int(m) for m in np.random.default_rng(modes).permutation(modes)]
    chain = Circuit(modes, tuple(ops.ControlledX((a, b), 0.3) for a, b in pairwise(order)))
    found = route(chain, Coupling.of(kind, modes))
    assert found.swaps == () and not apart(chain, found.coupling, found.sites)


def test_all_to_all_does_nothing_and_graphs_are_taken() -> None:
    circuit = random_circuit(np.random.default_rng(1), 6, 40)
    assert route(circuit, Coupling.of("all-to-all", 6)).circuit.operations == circuit.operations
    star = Coupling.of(nx.star_graph(5))
    found = route(circuit, star)
    assert not apart(found.circuit, star, found.sites) and compare(circuit, found.circuit).equivalent


@pytest.mark.parametrize("seed", range(4))
def test_the_pass_is_idempotent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gates = [ops.ControlledX(tuple(int(m) for m in rng.permutation(6)[:2]), 0.2) for _ in range(15)]
    once = Route(Coupling.of("line", 6))(Circuit(6, tuple(gates)), load_profile("ideal-cubic"))
    twice = Route(Coupling.of("line", 6))(once.circuit, load_profile("ideal-cubic"))
    assert twice.circuit == once.circuit and twice.report.startswith("0 swaps")
    assert "swaps for 15 operations on two modes" in once.report


def test_readouts_of_a_network_on_a_line() -> None:
    """One ancilla, prepared again for every readout, visits all modes of a line."""
    edges = tuple(Hyperedge((i, j), 0.2) for i in range(5) for j in range(i))
    cells = [UnitCell(edges)] + [UnitCell((), (), Readout("p", m)) for m in range(5)]
    circuit = Network(5, 1.0, 1.0).circuit(cells)
    lowered = LowerPhases()(circuit, load_profile("ideal-cubic")).circuit
    found = route(lowered, Coupling.of("line", 6))
    assert not apart(found.circuit, found.coupling, found.sites)
    assert compare(circuit, found.circuit).equivalent


@given(st.permutations(range(8)))
@settings(max_examples=30, deadline=None)
def test_homecoming_on_a_line_takes_as_many_swaps_as_inversions(content: list[int]) -> None:
    swaps = homecoming(content, range(8), range(8), Coupling.of("line", 8))
    inversions = sum(content[i] > content[j] for j in range(8) for i in range(j))
    assert len(swaps) == inversions
    now = list(content)
    for a, b in swaps:
        assert abs(a - b) == 1
        now[a], now[b] = now[b], now[a]
    assert now == list(range(8))


def test_reasons_name_the_sites() -> None:
    pairs = Coupling(4, ((0, 1), (2, 3)))
    circuit = Circuit(4, (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((1, 2), 0.3)))
    (reason,) = not_neighbours(circuit, pairs)
    assert reason.operation == "operation 1 BeamSplitter(modes 1, 2)" and reason.reason == "no path joins sites 1 and 2"
    (reason,) = not_neighbours(circuit, Coupling.of("line", 4), (0, 1, 3, 2))
    assert reason.reason == "sites 1 and 3 are not neighbours: 2 steps apart" and "pass route" in reason.relaxation


def test_what_is_refused() -> None:
    edge = Circuit(3, (ops.phase(Polynomial.monomial((0, 1, 2), 0.3)),))
    with pytest.raises(CircuitError, match=r"operation 0 .* lower it first"):
        route(edge, Coupling.of("line", 3))
    pair = Circuit(3, (ops.PrepareKet((0, 2), 2, (0.0, 0.6, 0.8, 0.0)),))
    with pytest.raises(CircuitError, match=r"operation 0 PrepareKet.*: routing handles preparations of one mode only"):
        route(pair, Coupling.of("line", 3))
    with pytest.raises(CircuitError, match="4 modes, but the device has 3 sites"):
        route(Circuit(4), Coupling.of("line", 3))
    with pytest.raises(CircuitError, match="a site of its own"):
        route(Circuit(2), Coupling.of("line", 3), sites=(1, 1))
    with pytest.raises(CircuitError, match="2 of the 4 sites cannot be reached by swaps"):
        route(Circuit(2), Coupling(4, ((0, 1), (2, 3))))
    with pytest.raises(CircuitError, match="a line, a ring"):
        Coupling.of("torus", 4)


def test_the_examples_of_the_docs_print_what_they_say() -> None:
    text = (DOCS / "topology.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for code, expected in blocks:  # they build on one another
        printed = StringIO()
        with redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue() == expected


def test_a_search_that_goes_nowhere_ends_by_shortest_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best swap is always that of sites 0 and 1: only forced paths bring pairs, readouts and preparations on."""
    monkeypatch.setattr(_Search, "_best", lambda search: (0, 1))
    forced: list[tuple[str, int, int]] = []  # what became possible, steps to go before, swaps made
    force = _Search._force

    def counted(search: _Search) -> None:
        steps = {i: search._steps(search.operations[i]) for i in search.waiting}
        before, least = len(search.board.history), min(steps.values())
        force(search)
        (done, *_) = (i for i in steps if steps[i] == least and search._steps(search.operations[i]) == 0)
        forced.append((type(search.operations[done]).__name__, least, len(search.board.history) - before))

    monkeypatch.setattr(_Search, "_force", counted)

    def gates(*pairs: tuple[int, int]) -> tuple[ops.Operation, ...]:
        return tuple(ops.ControlledX(pair, 0.3) for pair in pairs)

    def reads(*modes: int) -> tuple[ops.Operation, ...]:  # each may be read where another of them sits
        return tuple(ops.Homodyne((m,), 0.1, f"y{m}") for m in modes)

    again = ops.Homodyne((4,), 0.2, "y"), ops.PrepareSqueezed((4,), 0.5)
    coupling = Coupling.of("line", 5)
    for operations in (
        (*gates((3, 0), (1, 4)), *reads(4, 3)),
        (*gates((3, 0), (0, 2)), *reads(0, 3)),
        (*gates((3, 0), (1, 4)), *again, *gates((4, 1)), *reads(4, 3)),
    ):
        circuit = Circuit(5, operations)
        forced.clear()
        found = route(circuit, coupling, sites=(0, 1, 2, 3, 4))
        assert {name for name, _, _ in forced} == {"ControlledX", "Homodyne"}
        assert all(steps == swaps > 0 for _, steps, swaps in forced)
        assert not apart(found.circuit, coupling, found.sites) and compare(circuit, found.circuit).equivalent

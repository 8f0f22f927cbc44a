"""The quad-rail machine: angles and noise against a macronode worked out from its optics, placements, noisy cells."""

from __future__ import annotations

from math import cos, exp, log, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from compiler.comparison import compare
from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation
from compiler.ir.polynomial import Polynomial
from compiler.quadrail import QuadRail, place
from compiler.quadrail.angles import (
    alone,
    beam_splitter,
    controlled_p,
    controlled_z,
    exchanged,
    gates,
    kind_of,
    single_gates,
    teleported,
)
from compiler.quadrail.program import ClusterProgram
from compiler.semantics.phase_space import symplectic
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge
from simulations.exact import moments, simulate

Array = NDArray[np.float64]
ANGLE = st.floats(-3.0, 3.0)


def matrix_of(operations: tuple[Operation, ...], modes: int) -> Array:
    identity = tuple(ops.Rotation((m,), 0.0) for m in range(modes))
    return symplectic([*operations, *identity])[1]


def macronode_optics(angles: tuple[float, float, float, float], squeezed: float, wide: float) -> tuple[Array, Array]:
    """A macronode from beamsplitters, homodynes and feed-forward: (matrix on the inputs, covariance that it adds).

    Operators are rows over (x_in_b, x_in_d, p_in_b, p_in_d, then x and p of the resources a, b, c, d); a and c are
    squeezed in p, b and d in x. Follows the theory page of the MQC3 documentation, and shares no code with the package.
    """
    unit = np.eye(12)
    x_in, p_in = (unit[0], unit[1]), (unit[2], unit[3])
    resource = {name: (unit[4 + 2 * i], unit[5 + 2 * i]) for i, name in enumerate("abcd")}

    def halves(first: str, second: str) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        (x1, p1), (x2, p2) = resource[first], resource[second]
        return ((x1 - x2) / 2**0.5, (p1 - p2) / 2**0.5), ((x1 + x2) / 2**0.5, (p1 + p2) / 2**0.5)

    (a, b_out), (c, d_out) = halves("a", "b"), halves("c", "d")
    four = 0.5 * np.array([[1, 1, -1, -1], [-1, 1, 1, -1], [1, 1, 1, 1], [-1, 1, -1, 1]])
    x = four @ np.array([a[0], x_in[0], c[0], x_in[1]])
    p = four @ np.array([a[1], p_in[0], c[1], p_in[1]])
    m = [x[i] * sin(t) + p[i] * cos(t) for i, t in enumerate(angles)]

    def fed_forward(s: float, t: float, m_s: Array, m_t: Array) -> tuple[Array, Array]:
        scale = -(2**0.5) / sin(t - s)
        return scale * (cos(t) * m_s + cos(s) * m_t), scale * (sin(t) * m_s + sin(s) * m_t)

    theta_a, theta_b, theta_c, theta_d = angles
    f_b, f_d = fed_forward(theta_b, theta_a, m[1], m[0]), fed_forward(theta_d, theta_c, m[3], m[2])
    out = [
        b_out[0] + (f_b[0] + f_d[0]) / 2**0.5,
        d_out[0] + (f_d[0] - f_b[0]) / 2**0.5,
        b_out[1] + (f_b[1] + f_d[1]) / 2**0.5,
        d_out[1] + (f_d[1] - f_b[1]) / 2**0.5,
    ]
    rows = np.array(out)
    variances = np.array([wide, squeezed, squeezed, wide] * 2)
    return rows[:, :4], rows[:, 4:] @ np.diag(variances) @ rows[:, 4:].T


@settings(max_examples=40, deadline=None)
@given(st.tuples(ANGLE, ANGLE, ANGLE, ANGLE))
def test_noise_of_a_macronode_is_twice_the_squeezed_variance_whatever_the_angles(
    angles: tuple[float, float, float, float],
) -> None:
    if min(abs(sin(angles[0] - angles[1])), abs(sin(angles[2] - angles[3]))) < 0.05:
        return
    machine = QuadRail(101, 5.0, 10.0)
    matrix, added = macronode_optics(angles, 10**-0.5, 10.0)
    assert np.allclose(matrix, matrix_of(gates(0, 1, angles), 2), atol=1e-9)
    assert np.allclose(added, machine.added_variance * np.eye(4), atol=1e-8)
    assert machine.added_variance == pytest.approx(2.0 * exp(-0.5 * log(10.0)), rel=1e-12)
    assert round(machine.added_variance, 2) == 0.63


@settings(max_examples=40, deadline=None)
@given(ANGLE, st.floats(-1.5, 1.5), ANGLE)
def test_gates_on_one_mode_take_two_macronodes_at_most(alpha: float, r: float, beta: float) -> None:
    wanted = matrix_of((ops.Rotation((0,), beta), ops.Squeeze((0,), r), ops.Rotation((0,), alpha)), 1)
    found = np.eye(2)
    for angles in alone(wanted):
        assert angles[:2] == angles[2:]
        found = teleported(angles[1], angles[0]) @ found
        again = matrix_of(single_gates(0, angles[1], angles[0]), 1)
        assert np.allclose(again, teleported(angles[1], angles[0]), atol=1e-9)
    assert len(alone(wanted)) <= 2 and np.allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ((ops.Rotation((0,), 0.7),), "phase_rotation"),
        ((ops.Shear((0,), -0.6),), "shear_x_invariant"),
        ((ops.Rotation((0,), pi / 2), ops.Shear((0,), 0.6), ops.Rotation((0,), -pi / 2)), "shear_p_invariant"),
        ((ops.Squeeze((0,), 0.4), ops.Rotation((0,), -pi / 2)), "squeezing"),
        ((ops.Rotation((0,), pi / 4), ops.Squeeze((0,), 0.4), ops.Rotation((0,), -pi / 4)), "squeezing_45"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_named_gates_take_one_macronode(wanted: tuple[Operation, ...], kind: str) -> None:
    (angles,) = alone(matrix_of(wanted, 1))
    assert kind_of(angles) == kind
    assert np.allclose(teleported(angles[1], angles[0]), matrix_of(wanted, 1), atol=1e-12)


@pytest.mark.parametrize("value", [-1.3, 0.2, 2.0])
def test_gates_on_two_modes_and_swaps(value: float) -> None:
    z, b = ops.ControlledZ((0, 1), value), ops.BeamSplitter((0, 1), value, pi / 2)
    in_p = np.eye(4)
    in_p[0, 3] = in_p[1, 2] = value
    for angles, wanted in (
        (controlled_z(value), matrix_of((z,), 2)),
        (beam_splitter(value), matrix_of((b,), 2)),
        (controlled_p(value), in_p),
    ):
        assert np.allclose(matrix_of(gates(0, 1, angles), 2), wanted, atol=1e-12)
        through, _ = macronode_optics(exchanged(angles), 0.1, 10.0)
        assert np.allclose(through, np.kron(np.eye(2), [[0, 1], [1, 0]]) @ wanted, atol=1e-12)


def random_gaussian(rng: np.random.Generator, modes: int, length: int) -> Circuit:
    """Gaussian gates, readouts with feed-forward, modes prepared again; modes with and without preparation."""
    out: list[Operation] = [ops.PrepareSqueezed((m,), -1.0) for m in range(modes) if rng.random() < 0.7]
    alive, names = set(range(modes)), list[str]()
    for _ in range(length):
        kind, v = int(rng.integers(13)), float(rng.uniform(-0.8, 0.8))
        left = [int(m) for m in rng.permutation(sorted(alive))]
        f = Polynomial.monomial((str(rng.choice(names)),), v) if names else v
        if kind == 12:
            mode = int(rng.integers(modes))
            out.append(ops.PrepareSqueezed((mode,), v))
            alive.add(mode)
        elif kind < 5 and len(left) > 1:
            pair = (left[0], left[1])
            both = Polynomial.monomial(pair, v) + Polynomial.monomial((pair[0], pair[0]), v)
            out.append(
                (
                    ops.BeamSplitter(pair, v),
                    ops.BeamSplitter(pair, v, 0.3),
                    ops.ControlledX(pair, v),
                    ops.ControlledZ(pair, v),
                    ops.phase(both),
                )[kind]
            )
        elif kind == 5 and len(left) > 1:
            out.append(ops.Homodyne((left[0],), v, f"m{len(names)}"))
            names.append(f"m{len(names)}")
            alive.discard(left[0])
        elif 6 <= kind < 12 and left:
            on = (left[0],)
            out.append(
                (
                    ops.Rotation(on, v),
                    ops.Squeeze(on, v),
                    ops.Shear(on, f),
                    ops.Displacement(on, v, f),
                    ops.Rotation(on, f),
                    ops.PhasePower(on, 2, v),
                )[kind - 6]
            )
    return Circuit(modes, tuple(out))


def assert_wired(program: ClusterProgram) -> None:
    """Every mode comes from where it left to: k - 1 or k - N."""
    down = {node.index: node.down for node in program.macronodes}
    right = {node.index: node.right for node in program.macronodes}
    start = {index: mode for mode, index in program.inputs}
    for node in program.macronodes:
        assert node.up == down.get(node.index - 1)
        assert node.left == right.get(node.index - program.device.rows, start.get(node.index))
        if node.kind not in ("initialization", "measurement"):
            assert (node.down, node.right) == ((node.left, node.up) if node.swap else (node.up, node.left))
        elif node.kind == "initialization":
            assert node.up is None and node.left is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from([7, 12, 101]))
@example(1, 4, 101)  # a mode passes where an ancilla was to start, which then starts elsewhere
def test_placed_circuits_equal_their_source_from_their_angles_alone(seed: int, modes: int, rows: int) -> None:
    circuit = random_gaussian(np.random.default_rng(seed), modes, 25)
    program = place(circuit, QuadRail(rows, 5.0, 10.0))
    assert_wired(program)
    for made in (program.circuit(), program.circuit_from_angles()):
        verdict = compare(circuit, made)
        assert verdict.equivalent, verdict.reason


def test_a_wrong_angle_is_seen() -> None:
    program = place(Circuit(2, (ops.ControlledZ((0, 1), 0.5),)), QuadRail(101, 5.0, 10.0))
    wrong = gates(0, 1, controlled_z(0.5 + 1e-6))
    assert not compare(program.source, Circuit(2, wrong)).equivalent


@pytest.mark.parametrize("modes", range(4, 9))
@pytest.mark.parametrize("quadrature", ["x", "p"])
def test_cells_with_edges_on_two_modes(modes: int, quadrature: str) -> None:
    edges = tuple(Hyperedge((i, j), 0.1 * (i + j)) for i in range(modes) for j in range(i))
    cell = UnitCell(edges, (), Readout(quadrature, 0))  # type: ignore[arg-type]
    circuit = Network(modes, 1.0, 1.0).circuit([cell])
    program = place(circuit, QuadRail(101, 5.0, 10.0))
    assert compare(circuit, program.circuit_from_angles()).equivalent
    counts = program.summary()["counts"]
    coupling = "manual" if quadrature == "p" else "controlled_z"
    assert counts["initialization"] == modes + 1 and counts["measurement"] == 1
    assert counts["controlled_z"] + counts.get("manual", 0) == len(edges) + 1 and counts[coupling] >= 1
    assert set(counts) <= {"initialization", "measurement", "controlled_z", "manual", "wiring"}  # no gate on one mode


def test_a_cell_end_to_end_has_the_variance_of_the_closed_form() -> None:
    """One edge of weight w on two modes, then p of mode 0 through the ancilla, with the noise of 5 dB resources.

    Mode 0 starts (narrow), passes a wiring, the ControlledZ and a wiring to its new row; mode 1 brings w x_1 (wide,
    read as it starts); the ancilla starts (narrow), passes mode 1's row and the coupling, and is read. So var y = 7 (2
    e^{-2r}) + w^2 (e^{-2r} + e^{2r'}) / 2.
    """
    weight, machine = 0.3, QuadRail(101, 5.0, 10.0)
    circuit = Network(2, 1.0, 1.0).circuit([UnitCell((Hyperedge((0, 1), weight),), (), Readout("p", 0))])
    program = place(circuit, machine)
    assert compare(circuit, program.circuit()).equivalent
    assert program.passages == {0: 4, 1: 2, 2: 2}
    squeezed, wide = 10**-0.5, 10.0
    expected = 7 * 2 * squeezed + weight**2 * (squeezed + wide) / 2
    assert moments(program.noisy()).cov[0, 0] == pytest.approx(expected, rel=1e-12)
    shots = 40_000
    answers = simulate(program.noisy(), shots, np.random.default_rng(7)).results["y0"]
    # the standard error of a variance is var sqrt(2 / shots); five of them: false failure 6e-7
    assert np.var(answers) == pytest.approx(expected, rel=5 * (2 / shots) ** 0.5)
    assert np.mean(answers) == pytest.approx(0.0, abs=5 * (expected / shots) ** 0.5)


def slow_covariance(program: ClusterProgram, results: list[str]) -> Array:
    """Covariance of readouts by walking the macronodes: matrices from the optics, noise added by hand."""
    modes = program.source.modes
    narrow, wide = 2 * 10**-0.5, (10**-0.5 + 10.0) / 2
    found: dict[str, Array] = {}
    rows = np.zeros((2 * modes, 0))
    for node in program.macronodes:
        if node.kind == "initialization":
            (mode,) = (m for m in (node.down, node.right) if m is not None)
            start = np.zeros((2 * modes, 2))
            assert node.angles is not None
            along = node.angles[0] + pi / 2  # the squeezing angle
            turn = np.array([[cos(along), -sin(along)], [sin(along), cos(along)]])
            start[[mode, modes + mode]] = turn @ np.diag([narrow**0.5, wide**0.5])
            rows[[mode, modes + mode]] = 0.0
            rows = np.hstack([rows, start])
            continue
        if node.kind == "measurement":
            (mode,) = (m for m in (node.up, node.left) if m is not None)
            (read,) = node.operations
            assert node.angles is not None and isinstance(read, ops.Homodyne)
            theta = node.angles[0]
            found[read.result] = sin(theta) * rows[mode] + cos(theta) * rows[modes + mode]
            continue
        assert node.angles is not None
        matrix, added = macronode_optics(node.angles, 10**-0.5, 10.0)
        blank = np.zeros(rows.shape[1])
        entering = [rows[q + m] if m is not None else blank for q in (0, modes) for m in (node.up, node.left)]
        leaving = matrix @ np.array(entering)
        rows = np.hstack([rows, np.zeros((2 * modes, 4))])
        noise = np.linalg.cholesky(added)
        for place_, (q, m) in enumerate((q, m) for q in (0, modes) for m in (node.down, node.right)):
            if m is not None:
                rows[q + m] = np.concatenate([leaving[place_], noise[place_]])
    size = rows.shape[1]
    table = np.array([np.pad(found[name], (0, size - len(found[name]))) for name in results])
    return table @ table.T


def test_noise_of_a_longer_program_agrees_with_a_walk_through_its_optics() -> None:
    edges = tuple(Hyperedge((i, j), 0.3 - 0.1 * j) for i in range(4) for j in range(i))
    star = tuple(Hyperedge(e.modes, -e.weight) for e in edges if 2 in e.modes)
    cells = [UnitCell(edges), UnitCell(star, (), Readout("p", 2)), UnitCell((), (), Readout("x", 0))]
    circuit = Network(4, 1.0, 1.0).circuit(cells)
    program = place(circuit, QuadRail(9, 5.0, 10.0))
    assert compare(circuit, program.circuit_from_angles()).equivalent
    found = moments(program.noisy())
    assert np.allclose(found.cov, slow_covariance(program, list(found.names)), rtol=1e-10, atol=1e-10)


def test_without_noise_in_the_resources_nothing_is_added() -> None:
    """60 dB: the matched probe reads the nullifier, up to noise of a millionth a macronode."""
    edges = (Hyperedge((0, 1), 0.4), Hyperedge((1, 2), -0.3))
    undone = tuple(Hyperedge(e.modes, -e.weight) for e in edges)
    circuit = Network(3, 1.0, 1.0).circuit([UnitCell(edges), UnitCell(undone, (), Readout("p", 1))])
    noisy = place(circuit, QuadRail(101, 60.0, 60.0)).noisy()
    assert moments(noisy).cov[0, 0] < 30 * 2e-6


def test_what_is_refused() -> None:
    def reason(circuit: Circuit, machine: QuadRail | None = None) -> str:
        with pytest.raises(NotMappableError) as caught:
            place(circuit, machine or QuadRail(101, 5.0, 10.0))
        first = caught.value.reasons[0]
        return f"{first.operation}: {first.reason}; {first.relaxation}"

    cubic = Circuit(3, (ops.Rotation((0,), 0.1), ops.phase(Polynomial.monomial((0, 1, 2), 0.3))))
    assert "operation 1 PolynomialPhase(modes 0, 1, 2): PolynomialPhase is not Gaussian" in reason(cubic)
    assert "no non-Gaussian ancilla; use k = 2" in reason(cubic)
    assert "not Gaussian" in reason(Circuit(1, (ops.PrepareCubic((0,), 0.1, 1.0),)))
    assert "not Gaussian" in reason(Circuit(1, (ops.Kerr((0,), 0.1),)))
    assert "squeezed states only" in reason(Circuit(1, (ops.PrepareVacuum((0,)),)))
    read = (ops.Homodyne((0,), 0.0, "a"), ops.Homodyne((1,), 0.0, "b"))
    product = ops.Displacement((2,), Polynomial.monomial(("a", "b")), 0.0)
    assert "take one result" in reason(Circuit(3, (*read, product)))
    late = (ops.Homodyne((1,), 0.0, "a"), ops.Shear((0,), Polynomial.monomial(("a",))))
    assert "allows at most 1" in reason(Circuit(3, late), QuadRail(101, 5.0, 10.0, feed_forward=(1, 1)))
    assert "steps of 101 macronodes" in reason(
        Circuit(2, (ops.ControlledZ((0, 1), 0.1),) * 5), QuadRail(101, 5.0, 10.0, steps=2)
    )
    assert "holds 5 modes at once, but the machine holds 3" in reason(Circuit(5), QuadRail(3, 5.0, 10.0))
    with pytest.raises(CircuitError, match="without noise"):
        place(Circuit(1, (ops.Loss((0,), 0.9),)), QuadRail(101, 5.0, 10.0))
    with pytest.raises(CircuitError, match="squeezing"):
        QuadRail(101, squeezing_db=6.0, antisqueezing_db=5.0)


def test_feed_forward_waits_for_the_least_distance() -> None:
    circuit = Circuit(2, (ops.Homodyne((0,), 0.0, "a"), ops.Displacement((1,), Polynomial.monomial(("a",)), 0.0)))
    circuit = circuit.then((ops.Homodyne((1,), 0.0, "b"),))
    near, far = (
        place(circuit, QuadRail(101, 5.0, 10.0)),
        place(circuit, QuadRail(101, 5.0, 10.0, feed_forward=(250, None))),
    )
    assert near.distances[0] < 250 <= far.distances[0]
    assert compare(circuit, far.circuit()).equivalent


def test_plain_data_is_in_the_units_of_the_machine() -> None:
    """hbar = 1: a displacement of sqrt(2) in hbar = 2 is one of 1, and a result m there is sqrt(2) m here."""
    fed = ops.Displacement((1,), Polynomial({((("a"), 2),): 0.5}), 2**0.5)
    circuit = Circuit(2, (ops.Homodyne((0,), pi / 2, "a"), fed, ops.Homodyne((1,), 0.0, "b")))
    nodes = place(circuit, QuadRail(101, 5.0, 10.0)).to_json()["macronodes"]
    read = {op["result"]: node for node in nodes for op in node.get("operations", []) if op["op"] == "Homodyne"}
    assert read["a"]["angles"] == pytest.approx([0.0] * 4) and read["b"]["angles"] == pytest.approx([pi / 2] * 4)
    (kick,) = read["b"]["displacements"]
    assert kick["p"] == pytest.approx(1.0)
    # x = 0.5 a^2 with a = sqrt(2) a': x' = x / sqrt(2) = 0.5 sqrt(2) a'^2
    assert kick["x"]["terms"] == [[pytest.approx(0.5 * 2**0.5), {"a": 2}]]


def test_gates_with_feed_forward_keep_their_formula() -> None:
    shear = ops.Shear((1,), Polynomial.monomial(("a",), 0.3))
    program = place(Circuit(2, (ops.Homodyne((0,), 0.0, "a"), shear)), QuadRail(101, 5.0, 10.0))
    (node,) = (n for n in program.to_json()["macronodes"] if n["kind"] == "shear_x_invariant")
    assert node["angles"] is None and node["operations"][0]["s"] == {"terms": [[0.3, {"a": 1}]]}


def test_a_displacement_by_two_results_is_placed_as_two() -> None:
    """Teleportation of mode 0 onto mode 2, corrected by one displacement that uses both results."""
    x, p = (Polynomial.monomial((name,), sqrt(2.0)) for name in ("m0", "m1"))
    bell = (ops.PrepareSqueezed((1,), 0.5), ops.PrepareSqueezed((2,), -0.5), ops.BeamSplitter((1, 2), pi / 4))
    reads = (ops.BeamSplitter((0, 1), pi / 4), ops.Homodyne((0,), 0.0, "m0"), ops.Homodyne((1,), pi / 2, "m1"))
    circuit = Circuit(3, (ops.PrepareSqueezed((0,), 0.5), *bell, *reads, ops.Displacement((2,), x, p)))
    program = place(circuit, QuadRail(101, 5.0, 10.0))
    for made in (program.circuit(), program.circuit_from_angles()):
        assert compare(circuit, made).equivalent

"""Loss per mode against a 3-edge by hand, and against what losses do to the means of Gaussian states."""

from math import cos, log, pi, sin, sqrt

import numpy as np
import pytest
from scipy.stats import unitary_group

from compiler.costs.logical_loss import BATCH, loss_per_mode
from compiler.costs.noise import with_noise
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from compiler.semantics.gaussian_state import GaussianState, evolved
from compiler.synthesis.polarization import polarized
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

PHOTONIC = load_profile("photonic-cubic")
CUBIC, SPLITTER, SOURCE, DETECTOR = 0.104, 0.0005, 0.052, 0.1233
"""Losses of photonic-cubic in dB."""


def eta(db):
    return 10 ** (-db / 10)


def edge_gates():
    """One 3-edge by polarization: four cubic gates on wire 0, and eight beamsplitters."""
    return Circuit(3, tuple(polarized((0, 1, 2), 0.3)))


def test_one_three_edge_by_hand():
    """Each direction (1, +-1, +-1)/sqrt3 loses one cubic gate: their projectors add up to 4/3, for all modes alike.

    Splitters: mode 0 is in the six that tilt, where wire 0 and its partner together hold all of mode 0, which is 6; and
    modes 1 and 2 hold the two outer ones whole (4 in all) and share the other six with each other.
    """
    found = loss_per_mode(with_noise(edge_gates(), PHOTONIC))
    assert found.wire_db == pytest.approx((4 * CUBIC + 6 * SPLITTER, 5 * SPLITTER, 5 * SPLITTER), rel=1e-12)
    logical = (4 / 3 * CUBIC + 6 * SPLITTER, 4 / 3 * CUBIC + 5 * SPLITTER, 4 / 3 * CUBIC + 5 * SPLITTER)
    assert found.logical_db == pytest.approx(logical, rel=1e-12)
    assert found.eigenvalues_db == pytest.approx(sorted(logical), rel=1e-12)
    assert [round(v, 4) for v in found.eigenvalues_db] == [0.1412, 0.1412, 0.1417]
    assert [round(v, 4) for v in found.wire_db] == [0.419, 0.0025, 0.0025]
    assert found.total_db == pytest.approx(sum(logical), rel=1e-12) and abs(found.elsewhere_db) < 1e-12


def test_sources_and_detectors_count_for_their_modes():
    source = state_circuit(Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),)), 1.0)
    native = compile_circuit(source, PHOTONIC).circuit
    whole, gates = (loss_per_mode(with_noise(native, PHOTONIC, 1.0, off)) for off in ((), ("preparation", "detector")))
    for more, less in zip(whole.logical_db + whole.wire_db, gates.logical_db + gates.wire_db, strict=True):
        assert more - less == pytest.approx(SOURCE + DETECTOR, rel=1e-9)


def transfer(circuit, step):
    """How much of a mode's shift in x comes back, by modes, if the circuit is undone exactly: by finite differences."""
    n = circuit.modes
    quiet = [op for op in circuit.operations if not isinstance(op, ops.NOISE)]

    def means(operations):
        starts = np.eye(2 * n)
        out = [evolved(GaussianState(start, np.eye(2 * n)), operations).mean for start in starts]
        return np.array(out).T

    weaker = [type(op)(op.modes, op.eta**step) if isinstance(op, ops.Loss) else op for op in circuit.operations]
    return np.linalg.solve(means(quiet), means(weaker))


def by_finite_differences(circuit):
    """The matrix of logical loss on (x, p) in dB: minus the slope of the transfer at no loss."""
    step = 1e-4
    slope = (transfer(circuit, step) - transfer(circuit, 0.0)) / step
    curvature = (transfer(circuit, 2 * step) - 2 * transfer(circuit, step) + transfer(circuit, 0.0)) / step**2
    return -(20.0 / log(10.0)) * (slope - 0.5 * step * curvature)


def random_gates(rng, modes, length, active):
    out = []
    for _ in range(length):
        a, b = (int(m) for m in rng.permutation(modes)[:2])
        v = float(rng.uniform(-1.0, 1.0))
        three = tuple(int(m) for m in rng.permutation(modes)[:3])
        matrix = unitary_group.rvs(3, random_state=rng)
        choices = [
            ops.BeamSplitter((a, b), v, 2.0 * v),
            ops.BeamSplitter((a, b), v),
            ops.Rotation((a,), 3.0 * v),
            ops.Interferometer(three, tuple(tuple(complex(z) for z in row) for row in matrix)),
        ]
        if active:
            choices += [
                ops.Squeeze((a,), 0.5 * v),
                ops.ControlledX((a, b), v),
                ops.ControlledZ((a, b), v),
                ops.Shear((a,), v),
            ]
        out += [choices[int(rng.integers(len(choices)))], ops.Loss((a,), float(rng.uniform(0.8, 1.0)))]
    return tuple(out)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("active", [False, True])
def test_random_circuits_against_finite_differences(seed, active):
    rng = np.random.default_rng(seed)
    circuit = Circuit(4, random_gates(rng, 4, 12, active))
    found, expected = loss_per_mode(circuit), by_finite_differences(circuit)
    assert found.logical_db == pytest.approx(np.diag(expected)[:4], abs=1e-5)
    assert found.logical_db == pytest.approx(np.diag(expected)[4:], abs=1e-5)  # of p, the same
    assert sum(found.logical_db) == pytest.approx(found.total_db, rel=1e-9)
    assert (found.matrix_db is None) == active
    if not active:
        matrix = np.array(found.matrix_db)
        assert np.allclose(matrix.real, expected[:4, :4], atol=1e-5)
        assert np.allclose(matrix.imag, expected[4:, :4], atol=1e-5)
        assert found.eigenvalues_db == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-9)


def test_cubic_gates_and_quadratic_phases_in_between():
    """Cubic phases change no frame to first order; the quadratic part of a phase is a shear."""
    turn = ops.BeamSplitter((0, 1), 0.7)
    mixed = ops.phase(Polynomial.monomial((0, 1), 0.3) + Polynomial.monomial((0, 0, 1), 5.0))
    sheared = Circuit(2, (turn, mixed, ops.Rotation((0,), 0.8), turn, ops.Loss((0,), 0.9), turn, ops.Loss((1,), 0.8)))
    plain = list(sheared.operations)
    plain[1] = ops.ControlledZ((0, 1), 0.3)
    first, second = loss_per_mode(sheared), loss_per_mode(sheared.with_operations(tuple(plain)))
    assert first.logical_db == pytest.approx(second.logical_db, rel=1e-12)
    plain[1] = ops.CubicPhase((0,), 3.0)
    third = loss_per_mode(sheared.with_operations(tuple(plain)))
    fourth = loss_per_mode(sheared.with_operations((turn, *plain[2:])))
    assert third.logical_db == pytest.approx(fourth.logical_db, rel=1e-12)
    assert abs(third.logical_db[0] - first.logical_db[0]) > 1e-3
    plain[1] = ops.PhasePower((0,), 2, 0.6)
    fifth = loss_per_mode(sheared.with_operations(tuple(plain)))
    plain[1] = ops.Shear((0,), 0.6)
    assert fifth.logical_db == pytest.approx(loss_per_mode(sheared.with_operations(tuple(plain))).logical_db, rel=1e-12)
    assert abs(fifth.logical_db[0] - fourth.logical_db[0]) > 1e-3


def test_what_ancillas_lose_is_told_apart():
    """A readout by an ancilla: what the detector loses is the ancilla's; the mode loses what its own wire does."""
    readout = (
        ops.PrepareSqueezed((1,), 1.0),
        ops.ControlledX((0, 1), 0.7),
        ops.Loss((0,), eta(0.2)),
        ops.Loss((1,), eta(0.5)),
        ops.Homodyne((1,), 0.0, "y"),
    )
    found = loss_per_mode(Circuit(2, readout, (1,)))
    assert (found.modes, found.logical_db) == ((0,), pytest.approx((0.2,)))
    assert (found.wire_db, found.elsewhere_db) == (pytest.approx((0.2, 0.5)), pytest.approx(0.5))
    assert found.matrix_db is None and found.eigenvalues_db is None


def test_counts_and_chosen_outcomes_end_their_wires():
    """A photon number has no linear part about the vacuum, so that it moves no loss; a ket starts both its modes."""
    ends = (
        ops.PrepareKet((1, 2), 2, (0.0, 0.6, 0.8, 0.0)),
        ops.BeamSplitter((1, 2), 0.3),
        ops.CrossKerr((0, 1), 0.2),
        ops.Loss((0,), eta(0.2)),
        ops.Loss((1,), eta(0.5)),
        ops.PhotonCount((1,), "n"),
        ops.Displacement((0,), Polynomial.monomial(("n",)), 0.0),
        ops.PostSelect((2,), 0.3, 0.1),
        ops.Loss((0,), eta(0.3)),
    )
    found = loss_per_mode(Circuit(3, ends, (1, 2)))
    assert (found.modes, found.logical_db) == ((0,), pytest.approx((0.5,)))
    assert found.wire_db == pytest.approx((0.5, 0.5, 0.0))
    again = (ops.Rotation((0,), 0.4), ops.Rotation((1,), 0.4), ops.PrepareKet((0, 1), 2, (0.0, 0.6, 0.8, 0.0)))
    for mode, lost in ((0, (0.2, 0.0)), (1, (0.0, 0.2))):
        swapped = (*again[:2], ops.BeamSplitter((0, 1), pi / 2), again[2], ops.Loss((mode,), eta(0.2)))
        assert loss_per_mode(Circuit(2, swapped)).logical_db == pytest.approx(lost)


def test_a_mode_that_moves_to_another_wire_takes_its_loss_along():
    swap = ops.BeamSplitter((0, 1), pi / 2)
    moved = Circuit(2, (swap, ops.Loss((1,), eta(0.4))), (1,))
    assert loss_per_mode(moved).logical_db == pytest.approx((0.4,))
    anew = Circuit(2, (ops.Loss((0,), eta(1.0)), swap, ops.PrepareVacuum((0,)), ops.Loss((0,), eta(0.3))), (1,))
    found = loss_per_mode(anew)
    assert found.logical_db == pytest.approx((1.3,)) and found.matrix_db is None


def test_measured_squeezing_keeps_the_share_of_its_mode():
    """Behind the gadget of `compiler.passes.lowering.measured_squeezing` the wire carries its mode as before, whole."""
    theta = 0.8
    kick = Polynomial.monomial(("m",), sin(theta) / cos(theta))
    gadget = (
        ops.BeamSplitter((0, 1), theta),
        ops.Homodyne((1,), pi / 2, "m"),
        ops.Displacement((0,), 0.0, kick),
        ops.Loss((0,), eta(0.6)),
    )
    assert loss_per_mode(Circuit(2, gadget, (1,))).logical_db == pytest.approx((0.6,), rel=1e-12)
    without = (*gadget[:2], gadget[3])
    assert loss_per_mode(Circuit(2, without, (1,))).logical_db == pytest.approx((0.6 * cos(theta) ** 2,), rel=1e-12)


def test_environments_are_averaged_by_loss():
    half = ops.BeamSplitter((0, 1), pi / 4)
    losses = (
        ops.ThermalLoss((0,), eta(1.0), 0.3),
        ops.Loss((0,), eta(0.5)),
        half,
        ops.ThermalLoss((1,), eta(2.0), 0.1),
    )
    found = loss_per_mode(Circuit(2, losses))
    assert found.logical_db == pytest.approx((2.5, 1.0), rel=1e-12)
    assert found.environment_quanta == pytest.approx((0.4 / 2.5, 0.1), rel=1e-12)


def test_many_events_are_added_up():
    circuit = Circuit(1, (ops.Loss((0,), eta(1e-3)),) * (2 * BATCH + 7))
    assert loss_per_mode(circuit).logical_db == pytest.approx((1e-3 * (2 * BATCH + 7),), rel=1e-9)


def test_what_has_no_loss_per_mode_is_refused():
    with pytest.raises(CircuitError, match=r"operation 1 Loss\(mode 0\): a loss of all light"):
        loss_per_mode(Circuit(1, (ops.Rotation((0,), 0.1), ops.Loss((0,), 0.0))))
    with pytest.raises(CircuitError, match="needs values of the symbols w"):
        loss_per_mode(Circuit(1, (ops.Rotation((0,), Polynomial.monomial(("w",))),), (), ("w",)))


def test_cells_lose_alike_in_all_modes_of_their_edge():
    """A cell with a readout: the edge's share is that of the 3-edge alone, and the readout's falls on its mode."""
    network = Network(3, 1.0, 1.0)
    both, edge, read = (
        UnitCell((Hyperedge((0, 1, 2), 0.3),), (), Readout("p", 1)),
        UnitCell((Hyperedge((0, 1, 2), 0.3),)),
        UnitCell((), (), Readout("p", 1)),
    )
    losses = []
    for cell in (both, edge, read):
        native = compile_circuit(network.circuit([cell]), PHOTONIC).circuit
        losses.append(np.array(loss_per_mode(with_noise(native, PHOTONIC, 1.0, ("preparation",))).logical_db))
    assert losses[0] == pytest.approx(losses[1] + losses[2], abs=1e-9)
    assert losses[2][[0, 2]] == pytest.approx(0.0, abs=1e-12) and losses[2][1] > 0.1
    assert np.ptp(losses[1]) == pytest.approx(SPLITTER, rel=1e-6)
    assert sqrt(np.sum(losses[1] ** 2)) > 0.2

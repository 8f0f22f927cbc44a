"""The cost of a run, counted before it starts: branches, histories, overlaps, and refusals."""

from math import pi, sqrt

import numpy as np
import pytest
from random_programs import edge, squeezed, x_of

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.branches import cost as counting
from simulations.branches import overlaps, run
from simulations.branches.cost import cost, require_affordable


def bit(alpha, beta, name):
    return ops.DisplacementReadout(tuple(range(len(alpha))), tuple(alpha), tuple(beta), name)


def contexts(count):
    """Readouts of the three commuting displacements of a triangle, in turn."""
    a = sqrt(pi / 2)
    rows = [([a if j == i else 0 for j in range(3)], [0 if j == i else -a for j in range(3)]) for i in range(3)]
    body = (*squeezed(3, 1.0), *(edge(*pair, weight=1.0) for pair in ((0, 1), (0, 2), (1, 2))))
    return Circuit(3, (*body, *(bit(*rows[n % 3], f"b{n}") for n in range(count))))


@pytest.mark.parametrize(("count", "branches"), [(3, 2 * 2 * 1), (6, 3 * 3 * 2), (12, 5 * 5 * 4), (20, 8 * 7 * 7)])
def test_equal_displacements_are_one_branch(count, branches):
    """n_i readouts of D_i leave prod (n_i + 1) branches; the last readout needs only those before it."""
    found = cost(contexts(count), None)
    assert found.branches == branches
    assert found.histories == 2**count
    assert cost(contexts(count), 100).histories == min(100, 2**count)


def test_the_count_is_what_a_run_does(monkeypatch):
    """Branches of every state whose overlaps are taken, against those of the dry run."""
    seen = []
    original = run.Histories.read

    def read(self, op):
        after = original(self, op)
        seen.append(after.register.state.branches)
        return after

    monkeypatch.setattr(run.Histories, "read", read)
    rows = [((0.3, 0.1), (0.2, 0.0)), ((0.1, 0.4), (0.0, 0.3)), ((0.2, 0.2), (0.1, 0.1)), ((0.5, 0.0), (0.0, 0.0))]
    gates = [edge(0, 1, weight=0.3), edge(0, 0, 1, weight=0.1), ops.Squeeze((0,), 0.1), ops.ControlledX((0, 1), 0.2)]
    body = [op for n, pair in enumerate(zip(rows, gates, strict=True)) for op in (pair[1], bit(*pair[0], f"b{n}"))]
    circuit = Circuit(2, (*squeezed(2, 0.2), *body))
    run.sample(circuit, 100, np.random.default_rng(0))
    assert seen == [2, 4, 8]
    assert cost(circuit, 100).branches == 8
    assert cost(circuit, 100).overlaps == 1 + 2**2 + 4**2 + 8**2


def test_positions_and_feed_forward_part_the_histories():
    """After a position every shot has its own branches, and a gate by a bit parts the histories in two."""
    read = bit((0.3,), (0.2,), "a")
    parted = Circuit(1, (read, ops.Squeeze((0,), Polynomial.monomial(("a",), 0.1)), bit((0.1,), (0.3,), "b")))
    together = Circuit(1, (read, ops.Squeeze((0,), 0.1), bit((0.1,), (0.3,), "b")))
    first, last = 1, 2**2
    assert cost(together, 100).overlaps == first + last
    assert cost(parted, 100).overlaps == first + 2 * last
    position = Circuit(2, (ops.ControlledX((0, 1), 1.0), x_of(0), ops.DisplacementReadout((1,), (0.3,), (0.2,), "b")))
    assert cost(position, 100).overlaps == 1 + 100
    random = Circuit(1, (ops.Dephasing((0,), 0.1), read, bit((0.1,), (0.3,), "b")))
    assert cost(random, 100).overlaps == 100 * (1 + 2**2)
    again = Circuit(1, (ops.Dephasing((0,), 0.1), ops.PrepareCubic((0,), 0.1, 0.2), *random.operations[1:]))
    assert cost(again, 100).overlaps == first + last  # a mode that is prepared again has no random angle


def test_overlaps_of_lattice_states_are_counted_with_their_envelopes(monkeypatch):
    """Two GKP states, an edge and three bits: pairs of the dry run, against those that are computed."""
    s = sqrt(2 * pi)
    body = (*(ops.PrepareGKP((m,), pi / 2, 0.0, 0.2) for m in range(2)), edge(0, 1, 1, weight=0.2))
    lattice = Circuit(
        2, (*body, *(bit(row, (0.0, 0.0), f"b{n}") for n, row in enumerate([(s / 2, 0.0), (0.0, s / 2)] * 2)))
    )
    seen = []
    original = overlaps._overlaps

    def counted(bra, ket, left, *rest):
        seen.append(len(left))
        return original(bra, ket, left, *rest)

    monkeypatch.setattr(overlaps, "_overlaps", counted)
    run.sample(lattice, 100, np.random.default_rng(0))
    assert 0.5 < cost(lattice, 100).overlaps / sum(seen) < 2.0


def test_one_draw_of_a_position_needs_few_points_of_its_density():
    """Two positions of a cat and a GKP state: 5 s measured for 2,000 shots, a table for every shot took 115 s."""
    states = (ops.PrepareCat((0,), 1.2, 0.3, 1.0), ops.PrepareGKP((1,), 0.4, 0.7, 0.25))
    circuit = Circuit(2, (*states, ops.BeamSplitter((0, 1), 0.6), x_of(0, "x"), x_of(1, "y")))
    assert cost(circuit, 2_000).seconds < 20.0


def test_text_of_a_cost():
    assert str(cost(contexts(3), 10)) == "4 branches, 8 histories of outcomes, 21 overlaps: less than a second"
    assert str(counting.Cost(1, 1, 2e6, 90.4)) == "1 branch, 1 history of outcomes, 2e+06 overlaps: about 90 s"


def test_what_takes_too_long_or_too_much_memory_is_refused(monkeypatch):
    circuit = contexts(6)
    with monkeypatch.context() as slow:
        slow.setattr(counting, "MAX_SECONDS", 1e-3)
        for start in (lambda: run.sample(circuit, 10, None), lambda: run.probabilities(circuit)):
            with pytest.raises(
                InputError, match=r"at most 0 s, but this one needs 18 branches, .*; use fewer shots, fewer readouts"
            ):
                start()  # before a number is drawn
    monkeypatch.setattr(counting, "MAX_BYTES", 1e3)
    with pytest.raises(
        InputError, match=r"at most 0 GB, but this one needs 0.0 GB \(18 branches.*; use fewer shots, fewer"
    ):
        require_affordable(circuit, None)


def test_too_many_branches_are_refused_by_the_readout_that_makes_them(monkeypatch):
    monkeypatch.setattr(counting, "MAX_BRANCHES", 100)
    many = Circuit(1, tuple(bit((0.1 * 1.3**n,), (0.1 * n,), f"b{n}") for n in range(9)))
    with pytest.raises(
        InputError, match=r"operation 6 DisplacementReadout\(mode 0\): a state may have at most 100 branches, found 128"
    ):
        cost(many, 10)
    packets = Circuit(2, tuple(ops.PrepareGKP((m,), 0.0, 0.0, 0.1) for m in range(2)), ())
    with pytest.raises(InputError, match=r"operation 1 PrepareGKP\(mode 1\): a state may have at most 100 branches"):
        cost(packets.then((bit((0.1,), (0.0,), "b"),)), 10)


def test_long_commuting_sentences_take_seconds():
    """20 readouts, 10,000 shots: 1.3 s measured; unfolded they would have 2^19 branches."""
    found = cost(contexts(20), 10_000)
    assert found.seconds < 30.0
    drawn = run.sample(contexts(12), 10_000, np.random.default_rng(1)).results
    assert sum(drawn[name].mean() for name in drawn) / 12 == pytest.approx(0.899162, abs=0.02)

"""Time-bin loops: programs equal their source, assignments are found, and what does not fit is named."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.comparison import compare
from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.routing.time_bins import LoopProgram, TimeBinLoop, assign_loops

BOREALIS = (1, 6, 36)


def looped(rng: np.random.Generator, bins: int, delays: tuple[int, ...], share: float = 0.7) -> Circuit:
    """A circuit that fits: squeezers, then loop by loop and bin by bin, with rotations anywhere and homodyne last."""
    out: list[ops.Operation] = [ops.PrepareSqueezed((m,), 0.6) for m in range(bins)]
    for delay in delays:
        for t in range(bins):
            out.append(ops.Rotation((int(rng.integers(bins)),), float(rng.uniform(-4.0, 4.0))))
            if t >= delay and rng.random() < share:
                pair = (t - delay, t) if rng.random() < 0.5 else (t, t - delay)
                out.append(ops.BeamSplitter(pair, float(rng.uniform(-4.0, 4.0)), float(rng.uniform(-4.0, 4.0))))
    return Circuit(bins, (*out, *(ops.Homodyne((m,), 0.3, f"y{m}") for m in range(bins))))


def relabelled(circuit: Circuit, names: list[int]) -> Circuit:
    new = [type(op)(tuple(names[m] for m in op.modes), **op.parameters()) for op in circuit.operations]
    return Circuit(circuit.modes, tuple(new))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 14), st.sampled_from([BOREALIS, (1, 2), (2, 1), (3,)]), st.booleans())
def test_programs_equal_their_source(seed: int, bins: int, delays: tuple[int, ...], fixed: bool) -> None:
    circuit = looped(np.random.default_rng(seed), bins, delays)
    program = assign_loops(circuit, delays, phi=pi / 2 if fixed else None)
    assert program.bins == tuple(range(bins)) and program.length == bins
    verdict = compare(circuit, program.circuit())
    assert verdict.equivalent, verdict.reason
    assert tuple(loop.delay for loop in program.loops) == delays
    for loop in program.loops:
        assert len(loop.phases) == len(loop.thetas) == len(loop.phis) == bins
        assert all(0.0 <= theta <= pi / 2 for theta in loop.thetas) and not any(loop.thetas[: loop.delay])
        assert all(-pi <= phase <= pi for phase in loop.phases)
        assert not fixed or set(loop.phis) == {pi / 2}


@pytest.mark.parametrize("seed", range(6))
def test_scrambled_modes_are_assigned_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    circuit = relabelled(looped(rng, 9, BOREALIS, 1.0), [int(m) for m in rng.permutation(9)])
    program = assign_loops(circuit, BOREALIS)
    assert len(set(program.bins)) == 9
    assert compare(circuit, program.circuit()).equivalent
    assert program.to_json()["loops"][1]["delay"] == 6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 8), st.sampled_from([(1, 2, 3), (3, 1), (2, 1)]))
def test_sparse_circuits_under_any_names_are_assigned_in_a_valid_order(
    seed: int, bins: int, delays: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    circuit = relabelled(looped(rng, bins, delays, 0.5), [int(m) for m in rng.permutation(bins)])
    assert compare(circuit, assign_loops(circuit, delays).circuit()).equivalent


def test_a_hand_made_program_is_the_stated_map() -> None:
    """One loop of delay 2 on three bins: rotation of bin 2, then the beamsplitter of (0, 2)."""
    source = Circuit(3)
    loop = TimeBinLoop(2, (0.0, 0.0, 0.4), (0.0, 0.0, 0.7), (0.0, 0.0, pi / 2))
    program = LoopProgram(source, (0, 1, 2), 3, (loop,), (), ())
    by_hand = Circuit(3, (ops.Rotation((2,), 0.4), ops.BeamSplitter((0, 2), 0.7, pi / 2)))
    assert compare(by_hand, program.circuit()).equivalent
    assert assign_loops(by_hand, (2,)).loops == (
        TimeBinLoop(2, (0.0, 0.0, 0.0), (0.0, 0.0, 0.7), (0.0, 0.0, pi / 2)),
    )  # the rotation comes before every beamsplitter of its mode, and stays outside


def test_a_time_domain_program_of_strawberry_fields_does_the_same() -> None:
    """Its unrolled form numbers the modes that arrive from the sum of the delays on; the first are what loops hold."""
    import strawberryfields as sf
    from strawberryfields import ops as gates
    from strawberryfields.tdm import get_mode_indices

    delays = (1, 3)
    program = assign_loops(looped(np.random.default_rng(4), 7, delays, 1.0), delays, phi=pi / 2)
    places, size = get_mode_indices(list(delays))
    tdm = sf.TDMProgram(N=size)
    with tdm.context(*(list(row) for pair in program.in_time() for row in pair)) as (angles, modes):
        for i in range(len(delays)):
            gates.Rgate(angles[2 * i]) | modes[places[i]]
            gates.BSgate(angles[2 * i + 1], pi / 2) | (modes[places[i + 1]], modes[places[i]])
        gates.MeasureX | modes[0]
    tdm.space_unroll()
    theirs: list[ops.Operation] = []
    for command in tdm.circuit:
        on = tuple(register.ind for register in command.reg)
        if type(command.op).__name__ == "Rgate":
            theirs.append(ops.Rotation(on, float(command.op.p[0])))
        elif type(command.op).__name__ == "BSgate":
            theirs.append(ops.BeamSplitter(on, float(command.op.p[0]), float(command.op.p[1])))
    count = max(m for op in theirs for m in op.modes) + 1
    loops_alone = LoopProgram(program.source, program.bins, 7, program.loops, (), ()).circuit()
    ours = [type(op)(tuple(m + 4 for m in op.modes), **op.parameters()) for op in loops_alone.operations]
    assert compare(Circuit(count, tuple(theirs)), Circuit(count, tuple(ours))).equivalent


def test_a_wrong_angle_is_seen() -> None:
    circuit = looped(np.random.default_rng(1), 8, BOREALIS)
    program = assign_loops(circuit, BOREALIS)
    loop = program.loops[0]
    off = TimeBinLoop(1, (*loop.phases[:-1], loop.phases[-1] + 1e-6), loop.thetas, loop.phis)
    wrong = LoopProgram(circuit, program.bins, 8, (off, *program.loops[1:]), program.first, program.last)
    assert not compare(circuit, wrong.circuit()).equivalent


def test_another_assignment_is_found_where_the_order_of_the_loops_asks_for_it() -> None:
    """A chain closed to a ring: as numbered, the long link would come last, but the long loop comes first."""
    chain = Circuit(7, (*(ops.BeamSplitter((i, i + 1), 0.3) for i in range(6)), ops.BeamSplitter((0, 6), 0.2)))
    assert assign_loops(chain, (1, 6)).bins == tuple(range(7))
    turned = assign_loops(chain, (6, 1))
    assert turned.bins == (6, 0, 1, 2, 3, 4, 5) and compare(chain, turned.circuit()).equivalent


def refusal(circuit: Circuit, delays: tuple[int, ...] = BOREALIS, **options: int) -> str:
    with pytest.raises(NotMappableError) as caught:
        assign_loops(circuit, delays, **options)
    first = caught.value.reasons[0]
    return f"{first.operation}: {first.reason}; {first.relaxation}"


def test_what_does_not_fit_is_named() -> None:
    def bs(a: int, b: int) -> ops.BeamSplitter:
        return ops.BeamSplitter((a, b), 0.3)

    triangle = Circuit(3, (bs(0, 1), bs(1, 2), bs(0, 2)))
    assert refusal(triangle, length=3).startswith(
        "operation 2 BeamSplitter(0, 2): bins 0 and 2 are 2 apart, but the loops have delays 1, 6, 36; no other"
    )
    twice = Circuit(2, (bs(0, 1), bs(1, 0)))
    assert "operation 1 BeamSplitter(1, 0): it comes after operation 0 in the circuit, but not in" in refusal(twice)
    assert "bin 1 at delay 1, after bin 1 at delay 1" in refusal(twice)
    assert "among 3 that were tried" in refusal(triangle, budget=3)
    mid = Circuit(2, (bs(0, 1), ops.Squeeze((0,), 0.3), bs(0, 1)))
    assert refusal(mid).startswith("operation 1 Squeeze(mode 0): between beamsplitters bins can only be rotated")
    assert "ControlledZ is not a beamsplitter" in refusal(Circuit(2, (ops.ControlledZ((0, 1), 0.3),)))
    again = Circuit(2, (bs(0, 1), ops.Homodyne((0,), 0.0, "a"), ops.PrepareVacuum((0,))))
    assert "a bin passes the loops only once" in refusal(again)
    fed = (bs(0, 1), ops.Homodyne((0,), 0.0, "a"), ops.BeamSplitter((1, 2), Polynomial.monomial(("a",))))
    assert "depends on a, which is measured only after" in refusal(Circuit(3, fed))
    with pytest.raises(CircuitError, match="without noise"):
        assign_loops(Circuit(1, (ops.Loss((0,), 0.9),)), BOREALIS)
    with pytest.raises(CircuitError, match="distinct delays"):
        assign_loops(Circuit(1), (1, 1))
    with pytest.raises(CircuitError, match="more than 2 bins"):
        assign_loops(Circuit(3), BOREALIS, length=2)


def test_feed_forward_after_the_loops_stays() -> None:
    kick = ops.Displacement((1,), Polynomial.monomial(("a",)), 0.0)
    circuit = Circuit(2, (ops.BeamSplitter((0, 1), 0.3), ops.Homodyne((0,), 0.0, "a"), kick))
    assert compare(circuit, assign_loops(circuit, (1,), phi=pi / 2).circuit()).equivalent

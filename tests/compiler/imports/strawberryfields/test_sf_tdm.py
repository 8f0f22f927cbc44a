"""Time-domain programs: one shot, unrolled as Strawberry Fields' engine runs it, without touching the program."""

import numpy as np
import pytest
from strawberryfields_programs import HOMODYNE_KICK, assert_same_state, conditional_state, forget_symbols, run

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, read_strawberryfields, strawberryfields, tdm
from compiler.imports.strawberryfields.xir import read_xir
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import with_results
from compiler.semantics.gaussian_state import GaussianState, prepared_state

ANGLES = ([0.1, 0.2, 0.3, 0.9], [0.4, 0.5, 0.6, 0.7])


def tdm_program(bands, body, params=ANGLES, shift="default"):
    forget_symbols()
    program = strawberryfields().TDMProgram(bands)
    with program.context(*params, shift=shift) as (p, q):
        body(strawberryfields().ops, p, q)
    return program


def one_loop(o, p, q):
    o.Sgate(0.7, 0.2) | q[1]
    o.BSgate(p[0], 0.1) | (q[0], q[1])
    o.Rgate(p[1]) | q[1]
    o.MeasureHomodyne(p[1]) | q[0]


def two_bands(o, p, q):
    """Pulses of two bands, of 1 and of 2 concurrent modes, that become entangled and are read."""
    o.Sgate(0.5) | q[0]
    o.Sgate(-0.6) | q[2]
    o.BSgate(p[0]) | (q[0], q[2])
    o.BSgate(p[1]) | (q[1], q[2])
    o.MeasureHomodyne(p[0]) | q[0]
    o.MeasureHomodyne(0.3) | q[1]


def with_a_loss(o, p, q):
    o.DisplacedSqueezed(0.3, 0.2, 0.4, 0.1) | q[2]
    o.LossChannel(p[0]) | q[2]
    o.S2gate(0.2, p[1]) | (q[1], q[2])
    o.MeasureP | q[0]


@pytest.mark.parametrize(
    ("bands", "body", "shift", "modes"),
    [
        (2, one_loop, "default", (0,)),
        ([2], one_loop, 1, (0,)),
        ([1, 2], two_bands, "default", (0, 1)),
        (3, with_a_loss, "default", (0,)),
        (3, with_a_loss, 2, (0,)),
    ],
)
def test_the_state_and_outcomes_of_an_engine(bands, body, shift, modes):
    program = tdm_program(bands, body, shift=shift)
    circuit = from_strawberryfields(program)
    assert circuit.results == tuple(f"m{mode}_t{step}" for step in range(4) for mode in modes)
    # the raw samples of the unrolled circuit, in order of time: each readout appends to the list of its own mode
    unrolled = tdm_program(bands, body, shift=shift)
    unrolled.unroll()
    plain = strawberryfields().Program(circuit.modes)
    with plain.context as q:
        for command in unrolled.circuit:
            command.op | [q[r.ind] for r in command.reg]
    engine, result = run(plain)
    taken = dict.fromkeys(range(circuit.modes), 0)
    outcomes = {}
    homodynes = [op for op in circuit.operations if isinstance(op, ops.Homodyne)]
    for op in homodynes:
        (mode,) = op.modes
        outcomes[op.result] = float(np.ravel(result.samples_dict[mode])[taken[mode]])
        taken[mode] += 1
    state = engine.backend.circuit
    wanted = GaussianState(np.array(state.smeanxp(), float), np.array(state.scovmatxp(), float))
    assert_same_state(conditional_state(circuit, outcomes), wanted, HOMODYNE_KICK)


def test_names_of_results_are_those_of_the_samples():
    """Entry (m, t) of the engine's samples is the outcome of m{m}_t{t}: strong displacements tell the bins apart."""

    def body(o, p, q):
        o.Coherent(p[0]) | q[1]
        o.Coherent(p[1]) | q[0]
        o.MeasureX | q[0]
        o.MeasureX | q[1]

    levels = ([100.0, 200.0, 300.0], [1000.0, 2000.0, 3000.0])
    program = tdm_program([1, 1], body, levels)
    samples = run(program)[1].samples_dict
    circuit = from_strawberryfields(program)
    state = prepared_state(
        Circuit(2, tuple(op for op in circuit.operations if not isinstance(op, ops.Homodyne))[:6])
    )  # the first time bin
    assert state.mean[:2].tolist() == [2000.0, 200.0]
    for mode, series in ((1, levels[0]), (0, levels[1])):
        assert f"m{mode}_t2" in circuit.results
        np.testing.assert_allclose(samples[mode][0], 2 * np.array(series), atol=6)  # six deviations of the vacuum


def test_reading_changes_nothing_and_does_not_see_whether_the_program_is_unrolled():
    program = tdm_program(2, one_loop)
    before = [str(command) for command in program.circuit]
    circuit = from_strawberryfields(program)
    assert [str(command) for command in program.circuit] == before and not program.is_unrolled
    program.unroll(shots=3)
    assert from_strawberryfields(program) == circuit and program.is_unrolled
    program.roll()
    program.space_unroll()
    assert from_strawberryfields(program) == circuit


def test_loop_variables_may_stand_in_expressions():
    """Strawberry Fields itself unrolls bare loop variables only."""
    found = from_strawberryfields(tdm_program(1, lambda o, p, q: o.Rgate(2 * p[0] + 0.1) | q[0]))
    turns = [op.theta for op in found.operations if isinstance(op, ops.Rotation)]
    assert turns == pytest.approx([2 * value + 0.1 for value in ANGLES[0]])


def test_photons_are_counted_in_every_time_bin():
    def body(o, p, q):
        o.Sgate(0.4) | q[1]
        o.BSgate(p[0]) | (q[0], q[1])
        o.MeasureFock() | q[0]

    circuit = from_strawberryfields(tdm_program(2, body))
    counts = [op for op in circuit.operations if isinstance(op, ops.PhotonCount)]
    assert [(op.modes, op.result) for op in counts] == [((t % 2,), f"m0_t{t}") for t in range(4)]


@pytest.mark.parametrize(
    ("readout", "ending"),
    [
        ("MeasureX", ""),
        ("Measure", ""),
        ("MSgate(r: 0.3, phi: 0, r_anc: 1, eta_anc: 1, avg: false)", "_anc"),
        ("MSgate(0.3, 0, 1, 1, false)", "_anc"),
    ],
)
def test_results_of_texts_are_named_by_time_bin_too(readout, ending):
    options = "options: _type_: tdm; N: [2]; end; constants: p0: [0.1, 0.2]; end;"
    circuit = read_xir(f"{options} Rgate(p0) | [1]; {readout} | [0];").circuit
    assert circuit.results == (f"m0_t0{ending}", f"m0_t1{ending}")


def test_a_program_by_hand_is_the_same():
    def by_hand():
        program = strawberryfields().Program(2)
        o = strawberryfields().ops
        with program.context as q:
            o.Vacuum() | q[0]
            o.Vacuum() | q[1]
            for step, (theta, angle) in enumerate(zip(*ANGLES, strict=True)):
                early, late = (q[0], q[1]) if step % 2 == 0 else (q[1], q[0])
                o.Sgate(0.7, 0.2) | late
                o.BSgate(theta, 0.1) | (early, late)
                o.Rgate(angle) | late
                o.MeasureHomodyne(angle) | early
        return from_strawberryfields(program)

    wanted = by_hand()
    found = from_strawberryfields(tdm_program(2, one_loop))
    assert [type(op) for op in wanted.operations] == [type(op) for op in found.operations]
    assert compare(found, with_results(wanted, found.results)).equivalent
    other = from_strawberryfields(tdm_program(2, one_loop, (ANGLES[0], [0.4, 0.5, 0.61, 0.7])))
    assert not compare(found, other).equivalent


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda o, p, q: o.Sgate(0.4).H | q[0], "Sgate: H is not read: Strawberry Fields would lose this"),
        (
            lambda o, p, q: o.MeasureHomodyne(0.1, select=0.2) | q[0],
            "select is not read: Strawberry Fields would lose this",
        ),
        (
            lambda o, p, q: o.MeasureFock(dark_counts=1) | q[0],
            "dark_counts is not read: Strawberry Fields would lose this",
        ),
        (lambda o, p, q: (o.MeasureX | q[0], o.Xgate(q[0].par) | q[1]), "the result of mode 0 is not read as a par"),
        (lambda o, p, q: (o.MeasureX | q[0], o.MeasureX | q[0]), "found two readouts m0_t0"),
        (lambda o, p, q: o.MeasureThreshold() | q[0], "command 0 in time bin 0: MeasureThreshold: is not read"),
        (lambda o, p, q: o.Xgate(strawberryfields().math.sqrt(-p[0])) | q[0], "its coefficients must be real"),
    ],
)
def test_what_is_not_read_says_why(body, message):
    with pytest.raises(CircuitError, match=message) as found:
        from_strawberryfields(tdm_program(2, body))
    assert "\n" not in str(found.value)


def test_inverses_are_lost_where_strawberry_fields_unrolls():
    """The reason that is given for refusing them."""
    program = tdm_program(1, lambda o, p, q: o.Sgate(0.4).H | q[0])
    program.unroll()
    assert not program.circuit[0].op.dagger


def test_large_programs_are_refused(monkeypatch):
    monkeypatch.setattr(tdm, "MAX_OPERATIONS", 15)
    with pytest.raises(
        CircuitError, match="at most 15 operations of a TDM program are unrolled, found 4 time bins of 4"
    ):
        read_strawberryfields(tdm_program(2, one_loop))


def test_a_program_without_time_bins_is_refused():
    with pytest.raises(CircuitError, match="no time bins before its context is entered"):
        from_strawberryfields(strawberryfields().TDMProgram(2))

"""What Strawberry Fields' own compilers make of a program equals its source, and a changed number is found out.

Where a compiler itself changes the program, "different" is the right verdict, and the engine confirms it.
"""

from math import pi

import numpy as np
import pytest
from photon_counters import BOREALIS, X8, random_job
from random_strawberryfields import COMPILERS, changed, compiled, program_of, random_steps
from strawberryfields_programs import engine_moments, haar, run, sf_program

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.exports.strawberryfields.device import (
    compile_on,
    loop_certificate,
    loop_program,
    loop_spec,
    paired_spec,
)
from compiler.imports.strawberryfields import from_strawberryfields, read_strawberryfields, strawberryfields
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial
from compiler.photon_counters.loop_job import loop_device
from hardware_profiles import load_profile

PROGRAMS, BLOCK = 100, 20
"""Programs for each of the five compilers, and how many of them one test looks at."""


@pytest.mark.parametrize("block", range(PROGRAMS // BLOCK))
@pytest.mark.parametrize("compiler", COMPILERS)
def test_random_programs_equal_what_a_compiler_makes_of_them(compiler, block):
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        rng = np.random.default_rng([11, seed, COMPILERS.index(compiler)])
        modes = int(rng.integers(2, 5))
        steps = random_steps(rng, compiler, modes, int(rng.integers(1, 12)))
        made = compiled(program_of(steps, modes), compiler)
        shown = [(name, on) for name, on, *_ in steps]
        verdict = compare(program_of(steps, modes), made)
        assert verdict.equivalent, (seed, verdict.reason, shown)
        assert not compare(program_of(changed(steps, len(steps) - 1), modes), made).equivalent, (seed, shown)


@pytest.mark.parametrize("compiler", ["gaussian_unitary", "passive"])
def test_a_change_anywhere_is_found_out_where_nothing_is_prepared_or_read(compiler):
    for seed in range(6):
        rng = np.random.default_rng([12, seed])
        steps = random_steps(rng, compiler, 3, 6)
        made = compiled(program_of(steps, 3), compiler)
        for place, (_, _, args, _, _) in enumerate(steps):
            if args and isinstance(args[0], float):
                assert not compare(program_of(changed(steps, place), 3), made).equivalent, (seed, place)


@pytest.mark.parametrize("opaque", [lambda o, q: o.CKgate(0.4) | (q[0], q[1]), lambda o, q: o.Kgate(0.3) | q[0]])
def test_rotations_before_a_kerr_gate_may_be_part_of_an_interferometer_or_stand_behind_it(opaque):
    def source(o, q):
        o.Vgate(0.1) | q[0]
        o.Interferometer(haar(2, 1)) | (q[0], q[1])
        opaque(o, q)

    def moved(o, q):
        o.Vgate(0.1) | q[0]
        o.Interferometer(np.diag(np.exp([0.7j, 0.0])) @ haar(2, 1)) | (q[0], q[1])
        opaque(o, q)
        o.Rgate(-0.7) | q[0]

    program = sf_program(2, source)
    split = compiled(program, "fock")
    assert [type(command.op).__name__ for command in split.circuit].count("Interferometer") == 0
    assert compare(program, split).equivalent
    assert compare(split, compiled(sf_program(2, moved), "fock")).equivalent


# --- devices ---------------------------------------------------------------------------------------------------------


def x8_program(seed, change=0.0):
    """Squeezers between the halves, and gates that both halves have, in one of three forms."""
    rng = np.random.default_rng(seed)

    def body(o, q):
        for m in range(4):
            o.S2gate(float(rng.choice([0.0, 1.0]))) | (q[m], q[m + 4])
        for place in range(6):
            angles = rng.uniform(0, 2 * pi, 3)
            angles[0] += change * (place == 5)
            a, b = (int(m) for m in rng.choice(4, 2, replace=False))
            for h in (0, 4):
                if seed % 3 == 0:
                    o.MZgate(*angles[:2]) | (q[a + h], q[b + h])
                elif seed % 3 == 1:
                    o.BSgate(*angles[:2]) | (q[a + h], q[b + h])
                    o.Rgate(angles[2]) | q[a + h]
        if seed % 3 == 2:
            u = haar(4, seed)
            u[0] = u[0] * np.exp(1j * change)
            u = haar(4, 3) @ u  # behind it the phase would not be counted
            for half in (q[:4], q[4:]):
                o.Interferometer(u) | half
        o.MeasureFock() | q

    return sf_program(8, body)


@pytest.mark.parametrize("seed", range(6))
def test_x8(seed):
    made = compile_on(x8_program(seed), paired_spec(X8))
    assert compare(x8_program(seed), made).equivalent
    assert not compare(x8_program(seed, 0.01), made).equivalent


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("device", [BOREALIS, loop_device(load_profile("xanadu-borealis"))])
def test_borealis(seed, device):
    """Loops at rest, and loops with phases of their own, which the compiler makes up for."""
    program = loop_program(random_job(np.random.default_rng(seed), 9, device), device)
    made = compile_on(program, loop_spec(device), certificate=loop_certificate(device))
    assert compare(program, made).equivalent
    program.tdm_params[2][5] += 0.01
    assert not compare(program, made).equivalent


TDM_LAYOUT = """name template_tdm
version 1.0
target one_loop (shots=1)
type tdm (temporal_modes=4, copies=1)

float array p0[1, 4] =
    {bs}
float array p1[1, 4] =
    {r}
float array p2[1, 4] =
    {m}

Sgate({s}, 0.0) | 1
BSgate({bs}, 0.0) | [1, 0]
Rgate({r}) | 1
MeasureHomodyne({m}) | 0
"""


@pytest.mark.parametrize("compiler", ["TDM", "TD2"])
def test_one_loop(compiler):
    def program(rng, change=0.0):
        out = strawberryfields().TDMProgram(2)
        angles = rng.uniform(0, 6, (3, 4))
        angles[1, 2] += change
        with out.context(*angles.tolist()) as (p, q):
            strawberryfields().ops.Sgate(0.5) | q[1]
            strawberryfields().ops.BSgate(p[0]) | (q[1], q[0])
            strawberryfields().ops.Rgate(p[1]) | q[1]
            strawberryfields().ops.MeasureHomodyne(p[2]) | q[0]
        return out

    spec = {
        "target": "one_loop",
        "layout": TDM_LAYOUT,
        "modes": {"concurrent": 2, "spatial": 1, "temporal_max": 100},
        "compiler": [compiler],
        "gate_parameters": {"s": [0.5], "bs": [[0, 6.3]], "r": [[0, 6.3]], "m": [[0, 6.3]]},
    }
    for seed in range(5):
        made = compile_on(program(np.random.default_rng(seed)), spec)
        assert compare(program(np.random.default_rng(seed)), made).equivalent
        assert not compare(program(np.random.default_rng(seed), 0.01), made).equivalent


# --- where Strawberry Fields itself changes the program --------------------------------------------------------------


def means_from(program, start):
    """Means of the Gaussian engine after a program that starts in coherent states at a point of phase space."""

    def body(o, q):
        for mode, (x, p) in enumerate(zip(start.x, start.p, strict=True)):
            o.Coherent(np.hypot(x, p) / 2, np.arctan2(p, x)) | q[mode]
        for command in program.circuit:
            command.op | [q[r.ind] for r in command.reg]

    moments = engine_moments(sf_program(len(start.x), body))
    return dict(zip([f"{k}_{m}" for k in "xp" for m in range(moments.modes)], moments.mean, strict=True))


@pytest.mark.parametrize(
    ("compiler", "body"),
    [
        ("gaussian_unitary", lambda o, q: (o.Sgate(0.4, 0.2).H | q[0], o.BSgate(0.3, 0.1) | (q[0], q[1]))),
        ("gaussian_unitary", lambda o, q: (o.Pgate(0.4).H | q[0], o.CXgate(0.3).H | (q[0], q[1]))),
        ("gaussian_merge", lambda o, q: (o.Sgate(0.4).H | q[0], o.BSgate(0.3, 0.1) | (q[0], q[1]))),
        ("passive", lambda o, q: (o.BSgate(0.3, 0.1).H | (q[0], q[1]), o.Rgate(0.3) | q[1])),
    ],
)
def test_compilers_that_ignore_inverses_are_caught_and_the_engine_confirms_it(compiler, body):
    program = sf_program(2, body)
    made = compiled(program, compiler)
    found = compare(program, made)
    assert not found.equivalent and found.decided
    point = found.counterexample
    for side, value in ((program, point.left), (made, point.right)):
        assert means_from(side, point)[point.output] == pytest.approx(value, abs=1e-9)
    assert abs(point.left - point.right) > 0.1


def test_gaussian_merge_moves_a_cubic_gate_across_a_beamsplitter_and_the_fock_engine_confirms_it():
    def body(o, q):
        o.BSgate(0.8) | (q[0], q[1])
        o.Vgate(0.3) | q[0]
        o.Dgate(0.3) | q[1]

    program = sf_program(2, body)
    made = compiled(program, "gaussian_merge")
    assert [type(command.op).__name__ for command in made.circuit] == ["Vgate", "GaussianTransform", "Dgate"]
    found = compare(program, made)
    assert not found.equivalent and found.decided
    kets = [run(side, "fock", cutoff_dim=12)[1].state.ket() for side in (program, made)]
    assert abs(np.vdot(*kets)) == pytest.approx(0.98455, abs=1e-4)  # 0.984552 at cutoffs of 12 and of 20


def test_phases_out_of_range_are_moved_by_pi_and_the_engine_counts_other_photons(caplog):
    """Loops with phases of their own, and a program that does not know of them."""
    device = loop_device(load_profile("xanadu-borealis"))
    certificate = loop_certificate(device)
    program = loop_program(random_job(np.random.default_rng(0), 9), BOREALIS)
    made = compile_on(program, loop_spec(device), certificate=certificate)
    assert "have been offset by pi" in caplog.text
    assert not compare(program, made).equivalent
    correlations = []
    for side in (program, made):
        side.space_unroll()
        gates = [c for c in side.circuit if type(c.op).__name__ != "MeasureFock"]
        counted = [c.reg[0].ind for c in side.circuit if type(c.op).__name__ == "MeasureFock"]
        side.roll()
        modes = 1 + max(r.ind for c in gates for r in c.reg)
        unrolled = sf_program(modes, lambda o, q, gates=gates: [c.op | [q[r.ind] for r in c.reg] for c in gates])
        to_a = np.hstack([np.eye(modes), 1j * np.eye(modes)])[counted] / 2  # a = (x + i p) / 2
        cov = engine_moments(unrolled).cov
        # of the photon numbers in different time bins: |<a_i a_j>|^2 + |<a_i^dagger a_j>|^2
        correlations.append(np.abs(to_a @ cov @ to_a.T) ** 2 + np.abs(to_a @ cov @ to_a.conj().T) ** 2)
    difference = np.abs(correlations[0] - correlations[1])
    assert (difference - np.diag(np.diag(difference))).max() > 0.01


def test_a_pure_gaussian_state_squeezed_in_p_is_prepared_squeezed_in_x():
    program = sf_program(1, lambda o, q: o.Gaussian(np.diag([2.0, 0.5])) | q[0])
    made = compiled(program, "gaussian")
    assert not compare(program, made).equivalent
    np.testing.assert_allclose(np.diag(engine_moments(made).cov), [0.5, 2.0])
    assert read_strawberryfields(program).notes


def test_feed_forward_into_gates_that_a_compiler_splits_up_is_refused_by_name():
    """The parameters of the parts are no polynomials in the result."""
    program = sf_program(2, lambda o, q: (o.MeasureX | q[0], o.Pgate(q[0].par) | q[1]))
    assert from_strawberryfields(program).operations[1] == ops.Shear((1,), Polynomial.monomial(("m0",)))
    made = compiled(program, "gaussian")
    with pytest.raises(CircuitError, match=r"command 1: Sgate: .*acosh.* is not read: parameters must be polynomials"):
        from_strawberryfields(made)

"""Noise and Kerr gates in circuits that are not Gaussian: only what commutes with them is moved past them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import unitary_group
from slow_gaussian import slow_difference

from compiler.comparison import compare
from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines.gates import Gates
from compiler.pipeline import compile_circuit, verified
from compiler.semantics.opaque import marked, opaque_difference
from compiler.semantics.phase_space import push
from hardware_profiles import load_profile

SPECTATOR = ops.CubicPhase((2,), 0.2)
"""Makes a circuit of three modes non-Gaussian, so that its noise is compared by markers."""


def circuit(*operations):
    return Circuit(3, (*operations, SPECTATOR))


NOISES = (
    ops.Loss((0,), 0.5),
    ops.ThermalLoss((0,), 0.5, 0.3),
    ops.DisplacementNoise((0,), 0.2, 0.3),
    ops.Dephasing((0,), 0.1),
    ops.Kerr((0,), 0.3),
    ops.CrossKerr((0, 1), 0.3),
)
GATES = (
    ops.Displacement((0,), 1.0, 0.0),  # a loss shrinks it; it commutes with a marker that is only a displacement
    ops.Displacement((0,), 0.0, 1e-5),
    ops.Squeeze((0,), 0.3),
    ops.Shear((0,), 1e-5),
    ops.CubicPhase((0,), 0.3),
    ops.BeamSplitter((0, 1), 0.4),
    ops.ControlledX((0, 1), 0.3),
    ops.ControlledX((1, 0), 0.3),
    ops.ControlledZ((0, 1), 0.3),
)


@pytest.mark.parametrize("gate", GATES, ids=repr)
@pytest.mark.parametrize("noise", NOISES, ids=lambda op: type(op).__name__)
def test_gates_are_not_moved_past_noise(noise, gate):
    verdict = compare(circuit(gate, noise), circuit(noise, gate))
    assert not verdict.equivalent and not verdict.decided and verdict.reason.startswith("not shown equal: ")
    assert compare(circuit(gate, noise), circuit(gate, noise)).equivalent


@pytest.mark.parametrize("noise", NOISES, ids=lambda op: type(op).__name__)
def test_rotations_are_moved_past_what_commutes_with_them(noise):
    """n commutes with functions of n, and the vacuum of a loss has no phase; displacements are not round."""
    turn = ops.Rotation((0,), 0.7)
    equal = not isinstance(noise, ops.DisplacementNoise)
    assert compare(circuit(turn, noise), circuit(noise, turn)).equivalent is equal
    assert not compare(circuit(turn, noise), circuit(noise, ops.Rotation((0,), 0.7 + 1e-6))).equivalent
    squeezed = ops.Squeeze((0,), 0.4)
    assert not compare(circuit(squeezed, turn, noise), circuit(turn, squeezed, noise)).equivalent


ROUND = tuple(noise for noise in NOISES if not isinstance(noise, ops.DisplacementNoise))
"""What commutes with rotations of its modes."""


def interferometer(*phases, seed=4):
    """A unitary on modes 0 and 1, behind which both are rotated."""
    u = np.diag(np.exp(1j * np.array(phases))) @ unitary_group.rvs(2, random_state=seed)
    return ops.Interferometer((0, 1), tuple(map(tuple, u.tolist())))


@pytest.mark.parametrize("noise", ROUND, ids=lambda op: type(op).__name__)
def test_rotations_inside_of_other_gates_are_moved_too(noise):
    kerr, cube = ops.Kerr((1,), 0.2), ops.CubicPhase((0,), 0.1)
    left = circuit(cube, interferometer(0.0, 0.0), noise, kerr, cube, interferometer(0.0, 0.0), noise)
    turns = ops.Rotation((0,), -0.7), ops.Rotation((1,), 0.4)
    back = ops.Rotation((0,), -0.2)
    right = (cube, interferometer(0.7, -0.4), noise, kerr, *turns, cube, interferometer(0.2, 0.0), noise, back)
    assert compare(left, circuit(*right)).equivalent and compare(circuit(*right), left).equivalent
    for place, wrong in ((4, ops.Rotation((0,), -0.7 - 1e-6)), (6, ops.CubicPhase((0,), 0.1 * (1 + 1e-6)))):
        verdict = compare(left, circuit(*right[:place], wrong, *right[place + 1 :]))
        assert not verdict.equivalent and not verdict.decided


def test_half_turns_of_a_beamsplitter_are_those_of_its_modes():
    cross, cube = ops.CrossKerr((0, 1), 0.3), ops.CubicPhase((0,), 0.1)
    half = ops.Rotation((0,), np.pi), ops.Rotation((1,), np.pi)
    for splitter in (ops.BeamSplitter((0, 1), np.pi, 0.4), ops.BeamSplitter((1, 0), -np.pi)):
        assert compare(circuit(cube, splitter, cross, cube), circuit(cube, cross, *half, cube)).equivalent
        assert not compare(circuit(cube, splitter, cross, cube), circuit(cube, cross, half[0], cube)).equivalent


def test_operations_on_other_modes_change_places():
    loss, kerr = ops.Loss((0,), 0.5), ops.Kerr((1,), 0.3)
    body = ops.Squeeze((1,), 0.2), ops.CubicPhase((0,), 0.1)
    assert compare(circuit(loss, body[1], body[0], kerr), circuit(body[0], kerr, loss, body[1])).equivalent
    cross, swapped = ops.CrossKerr((0, 1), 0.3), ops.CrossKerr((1, 0), 0.3)
    assert compare(circuit(cross, *body), circuit(swapped, *body[::-1])).equivalent
    assert not compare(circuit(cross, kerr), circuit(kerr, cross)).equivalent  # true, and not known to the method


@pytest.mark.parametrize("noise", NOISES, ids=lambda op: type(op).__name__)
def test_noise_must_be_the_same(noise):
    value = next(name for name in noise.parameters())
    other = replace(noise, **{value: getattr(noise, value) * (1 + 1e-6)})
    rounded = replace(noise, **{value: getattr(noise, value) * (1 + 1e-12)})
    assert compare(circuit(noise), circuit(rounded)).equivalent
    for wrong in ((other,), (), (noise, noise), (replace(noise, modes=tuple(m + 1 for m in noise.modes)),)):
        verdict = compare(circuit(noise), circuit(*wrong))
        assert not verdict.equivalent and "must be the same at the same places" in verdict.reason


def random_noisy(rng, length=7):
    """A random Gaussian circuit with noise on modes 0 and 1."""
    out = []
    for _ in range(length):
        a, b = (int(m) for m in rng.permutation(2))
        v, w = (float(x) for x in rng.uniform(0.2, 0.8, size=2) * rng.choice([-1, 1], size=2))
        out.append(
            (
                lambda a=a, b=b, v=v, w=w: ops.BeamSplitter((a, b), v, w),
                lambda a=a, v=v: ops.Squeeze((a,), v),
                lambda a=a, v=v: ops.Rotation((a,), v),
                lambda a=a, v=v, w=w: ops.Displacement((a,), v, w),
                lambda a=a, b=b, v=v: ops.ControlledX((a, b), v),
                lambda a=a, v=v: ops.Loss((a,), abs(v)),
                lambda a=a, v=v, w=w: ops.ThermalLoss((a,), abs(v), abs(w)),
                lambda a=a, v=v, w=w: ops.DisplacementNoise((a,), abs(v), abs(w)),
            )[int(rng.integers(8))]()
        )
    return out


def test_what_markers_accept_is_equal_by_the_reference():
    """Neighbours change places, and parameters change by a millionth; the third mode is not touched by the noise."""
    counts = {True: 0, False: 0}
    for seed in range(150):
        rng = np.random.default_rng([seed, 4])
        items = random_noisy(rng)
        place = int(rng.integers(len(items) - 1))
        swapped = [*items[:place], items[place + 1], items[place], *items[place + 2 :]]
        op = items[place]
        key = next(iter(op.parameters()))
        tuned = [*items[:place], replace(op, **{key: getattr(op, key) * (1 + 1e-6)}), *items[place + 1 :]]
        for other in (swapped, tuned):
            truth = slow_difference(Circuit(2, tuple(items)), Circuit(2, tuple(other)))
            verdict = compare(circuit(*items), circuit(*other))
            assert truth < 1e-9 or not verdict.equivalent, (seed, truth, items, other)
            counts[verdict.equivalent] += 1
    assert counts[True] > 20 and counts[False] > 150


def fock_matrix(op, cutoff=40):
    """The unitary of a gate, on a truncated Fock space, from its generator (hbar = 2)."""
    a = np.diag(np.sqrt(np.arange(1, cutoff)), 1)
    x, p, n = a + a.T, -1j * (a - a.T), np.diag(np.arange(cutoff))
    match op:
        case ops.Kerr(kappa=k):
            return np.diag(np.exp(1j * k * np.arange(cutoff) ** 2))
        case ops.Rotation(theta=t):
            return np.diag(np.exp(1j * t * np.arange(cutoff)))
        case ops.Displacement(x=dx, p=dp):
            return expm(1j * (dp * x - dx * p) / 2)
        case ops.Squeeze(r=r):
            return expm(-0.5j * r * (x @ p + p @ x) / 2)
        case ops.CubicPhase(gamma=g):
            return expm(1j * g * np.linalg.matrix_power(x, 3) / 6)
    raise AssertionError(n)


def test_what_markers_accept_with_kerr_gates_is_equal_in_fock_space():
    """Overlap of what two circuits make of the vacuum and of one photon; truncation leaves 1e-4 at these strengths."""
    kinds = (
        lambda v: ops.Kerr((0,), v),
        lambda v: ops.Rotation((0,), v),
        lambda v: ops.Displacement((0,), v, 0.0),
        lambda v: ops.Squeeze((0,), 0.3 * v),
        lambda v: ops.CubicPhase((0,), 0.05 * v),
    )
    counts = {True: 0, False: 0}
    for seed in range(24):
        rng = np.random.default_rng([seed, 6])
        items = [
            kinds[int(k)](float(v)) for k, v in zip(rng.integers(5, size=4), rng.uniform(0.3, 0.8, 4), strict=True)
        ]
        matrices = [fock_matrix(op) for op in items]
        for place in range(3):
            order = [0, 1, 2, 3]
            order[place], order[place + 1] = place + 1, place
            verdict = compare(circuit(*items), circuit(*(items[i] for i in order)))
            counts[verdict.equivalent] += 1
            states = [np.eye(40)[:, :2] for _ in range(2)]
            for i, sequence in enumerate(((0, 1, 2, 3), order)):
                for k in sequence:
                    states[i] = matrices[k] @ states[i]
            overlap = np.abs(np.trace(states[0].conj().T @ states[1])) / 2
            assert overlap > 1 - 1e-4 or not verdict.equivalent, (overlap, items, place)
    assert min(counts.values()) > 5


@pytest.mark.parametrize("noise", [ops.Loss((0,), 0.5), ops.CrossKerr((0, 1), 0.3)], ids=["one mode", "two modes"])
def test_markers_run_through_all_gaussian_gates_of_their_modes(noise):
    """Derivatives of the map by its symbols: all are independent, as many as Sp(2 n, R) and displacements have."""
    n = len(noise.modes)
    made, marks = marked(Circuit(n, (noise,)))
    assert [mark.mode for mark in marks] == list(range(n))
    step = 1e-6
    at = {name: 0.3 + 0.1 * i for i, name in enumerate(made.symbols)}
    start = np.hstack([np.zeros((2 * n, 1)), np.eye(2 * n)])

    def affine(values):
        symbols = {name: np.full(2 * n + 1, value) for name, value in values.items()}
        found = push(made, start[:n], start[n:], lambda m, k: (start[0], start[0]), symbols)
        return np.concatenate([found.x.ravel(), found.p.ravel()])

    slopes = [(affine({**at, name: value + step}) - affine(at)) / step for name, value in at.items()]
    assert np.linalg.matrix_rank(np.array(slopes), tol=1e-3) == len(slopes) == n * (2 * n + 1) + 2 * n


def test_a_cross_kerr_gate_tells_one_mode_of_the_other():
    """It turns mode 0 by kappa n_1, so what happened to mode 1 before is seen on mode 0, whatever happens to 1 then."""
    cross, gone = ops.CrossKerr((0, 1), 0.3), ops.PrepareVacuum((1,))
    for before in (ops.Displacement((1,), 2.0, 0.0), ops.Squeeze((1,), 1e-5), ops.BeamSplitter((1, 2), 0.3)):
        kept, other = circuit(before, cross, gone), circuit(cross, gone)
        assert not compare(kept, other).equivalent, before
    turned = circuit(ops.Rotation((1,), 0.3), cross, gone), circuit(cross, gone)
    assert compare(*turned).equivalent  # n_1 does not see it
    # of a channel on one mode nothing is left when that mode is discarded
    assert compare(circuit(ops.Squeeze((1,), 0.3), ops.Loss((1,), 0.5), gone), circuit(gone)).equivalent


def test_markers_are_numbered_by_mode_and_avoid_names():
    one = Circuit(2, (ops.Loss((0,), 0.5), ops.Kerr((1,), 0.1)))
    other = Circuit(2, (ops.Kerr((1,), 0.1), ops.Loss((0,), 0.5)))
    assert opaque_difference(one, other) == ""
    assert set(marked(one)[0].symbols) == set(marked(other)[0].symbols)
    taken = Circuit(1, (ops.Loss((0,), 0.5), CUBE, ops.Homodyne((0,), 0.0, "marker_0_0_x")))
    assert compare(taken, taken).equivalent
    assert not compare(taken, Circuit(1, (CUBE, ops.Loss((0,), 0.5), taken.operations[2]))).equivalent


CUBE = ops.CubicPhase((0,), 0.3)


def test_noise_after_a_readout_and_on_prepared_modes():
    m = Polynomial.monomial(("m", "m"), 0.3)
    prepare = ops.PrepareSqueezed((1,), 0.3), ops.Loss((1,), 0.7)
    body = ops.ControlledX((0, 1), 0.5), CUBE, ops.Homodyne((1,), 0.2, "m"), ops.Displacement((0,), m, 0.0)
    one = Circuit(2, (*prepare, *body, ops.Loss((0,), 0.5)))
    turned = ops.PrepareVacuum((1,)), ops.Rotation((1,), 0.4), ops.Squeeze((1,), 0.3), ops.Loss((1,), 0.7)
    assert compare(one, Circuit(2, (*turned, *body, ops.Loss((0,), 0.5)))).equivalent
    early = (*prepare, *body[:2], ops.Loss((0,), 0.5), *body[2:])
    assert not compare(one, Circuit(2, early)).equivalent


# --- proofs of programs are made without noise -----------------------------------------------------------------------


def test_programs_with_noise_are_not_proved():
    noisy = Circuit(1, (CUBE, ops.Loss((0,), 0.5)))
    profile = load_profile("ideal-cubic")
    with pytest.raises(NotMappableError, match="Loss"):
        compile_circuit(noisy, profile)
    for refused in (
        lambda: verified(noisy, noisy),
        lambda: Gates().compare(noisy, noisy),
        lambda: Gates().compare(Circuit(1, (CUBE,)), noisy),
    ):
        with pytest.raises(CircuitError, match=r"operation 1 Loss\(mode 0\).*noise"):
            refused()


def test_maps_of_noise_and_kerr_gates_do_not_exist():
    point = np.zeros((2, 1))
    for noise in NOISES:
        with pytest.raises(CircuitError, match="phase-space map"):
            push(Circuit(2, (noise,)), point, point, lambda m, k: (point[0], point[0]))

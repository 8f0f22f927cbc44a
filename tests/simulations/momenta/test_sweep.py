"""Amplitudes during a sweep, against integrals over all positions, and grids that are too coarse."""

import numpy as np
import pytest

from compiler.errors import InputError
from simulations.momenta import layout as layouts
from simulations.momenta import sweep as module
from simulations.momenta.layout import lay_out
from simulations.momenta.order import Read, elimination
from simulations.momenta.problem import Problem
from simulations.momenta.sweep import Sweep, draw_positions


def random_problem(seed, shots, bonds=0.03, cubic=((0, 1, 2), (1, 2, 3))):
    """A small state whose means, and couplings beside the edges, differ from shot to shot; hbar = 2."""
    rng = np.random.default_rng(seed)
    n = 1 + max(max(key) for key in cubic)
    form = {key: float(rng.uniform(0.35, 0.45)) for key in cubic} | {(0, 1, 1): 0.02, (1, 1, 2): -0.03, (2, 2, 2): 0.04}
    precision = np.diag(rng.uniform(0.5, 0.6, n))
    near = rng.normal(size=(n, n)) * 0.02
    precision = precision + near + near.T
    hessian = rng.normal(size=(shots, n, n)) * bonds
    hessian = hessian + hessian.transpose(0, 2, 1)
    return Problem(0.2 * rng.normal(size=(shots, n)), precision, form, hessian, 0.1 * rng.normal(size=(shots, n)))


def psi(problem, shot, x):
    """The wave function at positions x, shape (.., n)."""
    b = x - problem.mean[shot]
    phase = sum(w * x[..., a] * x[..., c] * x[..., d] for (a, c, d), w in problem.cubic.items())
    phase = phase + 0.5 * np.einsum("...i,ij,...j->...", x, problem.hessian[shot], x) + x @ problem.gradient[shot]
    return np.exp(-np.einsum("...i,ij,...j->...", b, problem.precision, b) / 4 + 0.5j * phase)


def played(problem, reads, seed=5):
    """Every step of a sweep: the mode, the amplitudes that its momentum is drawn from, and the sweep."""
    reads = reads or elimination(problem.modes, problem.cubic)
    layout, seen = lay_out(problem, reads), []
    sweep = Sweep(layout, len(problem.mean), np.random.default_rng(seed))

    def kept(amplitude, step, uniform):
        seen.append(amplitude)
        return draw(amplitude, step, uniform)

    draw = module.draw_momenta
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "draw_momenta", kept)
        momenta = sweep.run()
    return [read.mode for read in reads], seen, momenta, sweep


@pytest.fixture
def fine(monkeypatch):
    """Expansions and grids that are right to 1e-6."""
    monkeypatch.setattr(layouts, "TOLERANCE", 1e-7)
    monkeypatch.setattr(layouts, "WIDEN", 2.2)


@pytest.mark.usefixtures("fine")
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "cubic", [((0, 1, 2), (1, 2, 3)), ((0, 1, 3), (0, 2, 3)), ((1, 2, 3), (0, 1, 2), (0, 2, 3)), ((0, 1, 3), (1, 2, 3))]
)
def test_amplitudes_are_integrals_of_the_wave_function_over_the_modes_read(seed, cubic):
    check_amplitudes(random_problem(seed, 3, cubic=cubic))


@pytest.mark.usefixtures("fine")
def test_amplitudes_do_not_depend_on_the_centres_of_the_grids(monkeypatch):
    problem = random_problem(6, 3)
    shift = 0.4 * np.random.default_rng(0).normal(size=problem.mean.shape)
    monkeypatch.setattr(layouts, "_centres", lambda problem, reads, deviation: problem.mean + shift)
    check_amplitudes(problem, moved=True)


@pytest.mark.usefixtures("fine")
def test_a_chain_is_read_from_its_other_end():
    reads = (Read(3, (2,), 1), Read(2, (1,), 0), Read(1, (0,), None), Read(0, (), None))
    check_amplitudes(random_problem(7, 3), reads=reads)


def check_amplitudes(problem, *, moved=False, reads=()):
    order, seen, momenta, sweep = played(problem, reads)
    layout = sweep.layout
    assert not moved or {(bond.first, bond.second) for bond in layout.bonds} >= {(0, 2), (0, 3), (1, 3)}
    axis, step = np.linspace(-10.5, 10.5, 141, retstep=True)
    for shot in (0, 2):
        at = layout.centre[shot] + sweep.a[shot]
        for done in (1, 2):
            # modes read are integrated over their own axes, the others stand where they were drawn
            mode, read = order[done], order[:done]
            values = layout.centre[shot, mode] + layout.grids[mode][::9]
            axes = np.meshgrid(*[axis] * done, indexing="ij")
            expected = []
            for value in values:
                x = np.broadcast_to(at, (*axes[0].shape, len(at))).copy()
                x[..., mode] = value
                for m, place in zip(read, axes, strict=True):
                    x[..., m] = place
                wave = psi(problem, shot, x) * np.exp(-0.5j * (x[..., read] @ momenta[shot, read]))
                expected.append(wave.sum() * step**done)
            expected = np.array(expected) * np.exp(-0.5j * layout.slope[shot, mode] * values)
            found = seen[done][shot, ::9]
            scale = np.vdot(found, expected) / np.vdot(found, found)  # a factor of all positions is free
            assert np.abs(expected - scale * found).max() < 2e-5 * np.abs(expected).max()


def test_positions_have_the_density_of_the_state():
    problem = random_problem(3, 4_000)
    layout = lay_out(problem, elimination(4, problem.cubic))
    nodes = draw_positions(layout, 4_000, np.random.default_rng(0))
    b = np.stack([layout.grids[v][nodes[:, v]] for v in range(4)], axis=1) + layout.centre - layout.mean
    root = np.linalg.cholesky(problem.precision)
    z = b @ root  # independent standard normal; bounds of 5 standard errors, false failures in 6e-7 of seeds each
    assert np.abs(z.mean(axis=0)).max() < 5 / np.sqrt(4_000)
    assert np.abs(np.cov(z.T) - np.eye(4)).max() < 5 * np.sqrt(2 / 4_000)


def test_centres_make_the_couplings_of_fresh_modes_equal():
    problem = random_problem(4, 20)
    layout = lay_out(problem, elimination(4, problem.cubic))
    fresh = [(read.mode, read.fresh) for read in layout.reads if read.fresh is not None]
    assert fresh
    moved = [pair for pair in fresh if not any((bond.first, bond.second) == pair for bond in layout.bonds)]
    assert moved == fresh  # none is left to an expansion
    assert np.abs(layout.centre - layout.mean).max() > 0.01


def test_grids_that_lose_the_state_are_refused(monkeypatch):
    problem = random_problem(1, 50)
    monkeypatch.setattr(layouts, "WIDEN", 0.5)
    layout = lay_out(problem, elimination(4, problem.cubic))
    with pytest.raises(InputError, match="use less squeezing or smaller weights"):
        Sweep(layout, 50, np.random.default_rng(0)).run()


def test_amplitudes_that_drift_are_refused(monkeypatch):
    problem = random_problem(1, 50, bonds=0.2)
    monkeypatch.setattr(layouts, "_powers", lambda size: (2, 0.0))  # too few
    layout = lay_out(problem, elimination(4, problem.cubic))
    assert layout.bonds
    with pytest.raises(InputError, match="amplitudes are wrong by"):
        Sweep(layout, 50, np.random.default_rng(0)).run()

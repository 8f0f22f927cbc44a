"""The quick Fock engine against that of Strawberry Fields: the same density matrices, to rounding."""

import warnings

import numpy as np
import pytest

from simulations.backends.fock_engine import quick_fock
from simulations.backends.strawberryfields import _reduced, strawberryfields


def random_gates(rng, modes, length, lossy):
    """What to do, as (name, parameters, modes): gates, and loss between them."""
    out = [("Sgate", (float(rng.uniform(-0.6, 0.6)),), (m,)) for m in range(modes)]
    out.append(("Dgate", (0.4, 0.7), (0,)))
    for _ in range(length):
        one = (int(rng.integers(modes)),)
        v = float(rng.uniform(-0.5, 0.5))
        choices = [("Rgate", (v,), one), ("Kgate", (v,), one), ("Vgate", (0.2 * v,), one), ("Sgate", (0.4 * v,), one)]
        if modes > 1:
            two = tuple(rng.permutation(modes)[:2].tolist())
            choices += [("BSgate", (v, 0.3), two), ("CKgate", (v,), two)]
        out.append(choices[int(rng.integers(len(choices)))])
        if lossy and rng.random() < 0.5:
            out.append(("LossChannel", (float(rng.uniform(0.2, 1.0)),), (int(rng.integers(modes)),)))
    if lossy:
        out.append(("LossChannel", (0.7,), (modes - 1,)))
    return out


def state(backend, gates, modes, cutoff):
    sf = strawberryfields()
    program = sf.Program(modes)
    with program.context as q:
        for name, parameters, at in gates:
            getattr(sf.ops, name)(*parameters) | [q[m] for m in at]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sf.Engine(backend, backend_options={"cutoff_dim": cutoff}).run(program).state


@pytest.mark.parametrize("cutoff", [5, 6, 7])
@pytest.mark.parametrize("modes", [1, 2, 3])
@pytest.mark.parametrize("lossy", [False, True])
def test_density_matrices_are_those_of_the_plain_engine(cutoff, modes, lossy):
    rng = np.random.default_rng([cutoff, modes, lossy])
    for _ in range(3 if modes < 3 else 1):
        gates = random_gates(rng, modes, 5, lossy)
        plain, quick = (state(backend, gates, modes, cutoff) for backend in ("fock", quick_fock()))
        assert plain.is_pure == quick.is_pure == (not lossy)
        rho = plain.dm()
        assert np.abs(rho).max() > 0.1
        # sums of at most some thousand terms below 1
        assert np.abs(quick.dm() - rho).max() < 1e-13
        for mode in range(modes):
            reduced = plain.reduced_dm(mode) if modes > 1 else rho
            assert np.abs(_reduced(quick, mode) - reduced).max() < 1e-13


def test_loss_keeps_the_share_of_photons_that_its_binomial_law_says():
    """A Fock state of n photons after loss: binomial(n, eta), in the mode that lost light and in no other."""
    gates = [("Fock", (3,), (0,)), ("Fock", (2,), (1,)), ("LossChannel", (0.6,), (1,))]
    lossy = state(quick_fock(), gates, 2, 5)
    photons = np.array([[lossy.fock_prob([n, m]) for m in range(5)] for n in range(5)])
    expected = np.zeros((5, 5))
    expected[3, :3] = [0.16, 0.48, 0.36]
    assert photons == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_any_channel_of_one_mode(mode):
    """Complex Kraus operators on a mixed state: rho -> sum_k K rho K^dagger, written out with identities."""
    rng = np.random.default_rng(mode)
    size, modes = 3, 3
    backend = quick_fock()
    backend.begin_circuit(modes, cutoff_dim=size, pure=False)
    a = rng.normal(size=(27, 27)) + 1j * rng.normal(size=(27, 27))
    rho = a @ a.conj().T / np.trace(a @ a.conj().T)
    kraus = rng.normal(size=(4, size, size)) + 1j * rng.normal(size=(4, size, size))
    order = [axis for m in range(modes) for axis in (m, modes + m)]  # Strawberry Fields: rows and columns by turns
    backend.circuit._state = rho.reshape([size] * 2 * modes).transpose(order)
    backend.circuit._apply_channel(list(kraus), [mode])
    expected = 0
    for k in kraus:
        whole = np.eye(1)
        for m in range(modes):
            whole = np.kron(whole, k if m == mode else np.eye(size))
        expected = expected + whole @ rho @ whole.conj().T
    found = backend.circuit._state.transpose(np.argsort(order)).reshape(rho.shape)
    assert np.abs(found - expected).max() < 1e-12


def test_engines_do_not_share_a_state():
    first, second = quick_fock(), quick_fock()
    assert first is not second and type(first) is type(second)

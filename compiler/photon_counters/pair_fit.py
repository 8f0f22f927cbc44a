r"""Devices of the X8 kind: squeezed pairs of signal and idler modes, and one interferometer for both halves.

With n pairs (m, m + n), two-mode squeezing r_m in a few levels and the same n x n unitary U on both halves, the state
is pure, without mean, and its pair matrix (`compiler.semantics.gaussian_state`) is

``B = [[0, C], [C^T, 0]]`` with ``C = U diag(tanh r) U^T``.

Conversely, a symmetric C has such a U (Takagi), so a Gaussian preparation fits if and only if B has that form and every
``atanh`` of C's Takagi values is a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, inf, pi

import numpy as np

from compiler.errors import CircuitError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter, Interferometer, Operation, PrepareSqueezed
from compiler.photon_counters.refusals import missing_part, refused_operations
from compiler.semantics.gaussian_state import GaussianState, prefix_states, prepared_state, takagi
from compiler.typing import Array, ComplexArray
from hardware_profiles.schema import Profile

PAIR_MATRIX_TOLERANCE = 1e-7
"""Elements of B below this count as 0, and elements this close count as equal."""


PAIR_LEVEL_TOLERANCE = 2e-7
"""A squeezing parameter this close to a level counts as that level, whose own state is then compared."""


@dataclass(frozen=True, slots=True)
class PairedDevice:
    """A device of pairs: its name, the number of pairs, and the levels of two-mode squeezing r that each pair can have.

    Raises
    ------
    CircuitError
        If there is no pair or no level, or a level is negative.
    """

    name: str
    pairs: int
    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.pairs < 1 or not self.levels or not all(0.0 <= r < inf for r in self.levels):
            raise CircuitError(
                f"a paired device needs at least 1 pair and levels >= 0, found {self.pairs}, {list(self.levels)}"
            )


def paired_device(profile: Profile) -> PairedDevice:
    """Return the device of a profile of signal and idler modes.

    Raises
    ------
    InputError
        If the profile lacks a part.
    """
    spec = profile.primitives.get("TwoModeSqueezing")
    levels = None if spec is None else spec.ranges.get("r")
    if spec is None or levels is None or not spec.pairs or not levels.levels:
        raise missing_part(profile, "primitives.TwoModeSqueezing with pairs, and ranges.r with levels")
    return PairedDevice(profile.name, len(spec.pairs), tuple(q.value for q in levels.levels))


@dataclass(frozen=True, slots=True)
class PairedProgram:
    """A program of such a device: the ``squeezing`` of every pair, and the rows of the unitary on both halves."""

    squeezing: tuple[float, ...]
    unitary: tuple[tuple[complex, ...], ...]

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return len(self.squeezing)

    def circuit(self) -> Circuit:
        """Return the program as a circuit: two squeezed modes and a beamsplitter per pair, then U on both halves."""
        n = self.pairs
        out: list[Operation] = []
        for m, r in enumerate(self.squeezing):
            out += [PrepareSqueezed((m,), -r), PrepareSqueezed((m + n,), r), BeamSplitter((m, m + n), pi / 4)]
        out += [Interferometer(tuple(range(first, first + n)), self.unitary) for first in (0, n)]
        return Circuit(2 * n, tuple(out))


def fit_pairs(circuit: Circuit, device: PairedDevice) -> PairedProgram:
    """Return the program of a device for a Gaussian preparation.

    Parameters
    ----------
    circuit : Circuit
        Starts from the vacuum; mode m < n is signal m of the device, mode n + m its idler. Missing modes are vacuum.
    device : PairedDevice

    Returns
    -------
    PairedProgram
        Prepares the same state up to rounding.

    Raises
    ------
    NotMappableError
        If the state does not fit; it holds the reasons.
    """
    if reasons := pair_reasons(circuit, device):
        raise NotMappableError(device.name, reasons)
    n = device.pairs
    b = prepared_state(Circuit(2 * n, circuit.operations)).pair_matrix()
    assert b is not None
    s, u = _takagi(b[:n, n:])
    levels = np.array(device.levels)
    nearest = [float(levels[np.argmin(np.abs(levels - atanh(t)))]) for t in s]
    return PairedProgram(tuple(nearest), tuple(tuple(row) for row in u.tolist()))


def pair_reasons(circuit: Circuit, device: PairedDevice) -> tuple[MappingReason, ...]:
    """Return the reasons why a circuit does not fit; empty if it does.

    Every operation that the device lacks has a reason. Otherwise the prepared state decides, and the reason names the
    first operation after which the state never fits again.

    Examples
    --------
    >>> from compiler.ir.operations import PrepareSqueezed
    >>> four_pairs = PairedDevice("four-pairs", 4, (0.0, 1.0))
    >>> print(pair_reasons(Circuit(8, (PrepareSqueezed((2,), 1.0),)), four_pairs)[0].reason)
    from this operation on the state does not fit; at the end mode 2 is squeezed alone: |B| = 0.762
    """
    n = device.pairs
    reasons = refused_operations(circuit)
    if circuit.modes > 2 * n:
        size = f"has {circuit.modes} modes, but the device has {2 * n}"
        return (MappingReason("the circuit", size, "use fewer modes"), *reasons)
    if reasons:
        return tuple(reasons)
    states = list(prefix_states(2 * n, circuit.operations))
    if (final := _misfit(states[-1], device)) is None:
        return ()
    # a trailing run of states that do not fit begins with the operation to blame
    blamed = len(states) - 1
    while blamed > 1 and _misfit(states[blamed - 1], device) is not None:
        blamed -= 1
    where = f"operation {blamed - 1} {circuit.operations[blamed - 1]}"
    return (MappingReason(where, f"from this operation on the state does not fit; at the end {final[0]}", final[1]),)


def _misfit(state: GaussianState, device: PairedDevice) -> tuple[str, str] | None:
    """Return the reason and the advice, or None if the state fits."""
    n = device.pairs
    b = state.pair_matrix()
    if b is None:
        return "the state is mixed", "discard no mode that is entangled with others"
    signal, idler, c = b[:n, :n], b[n:, n:], b[:n, n:]
    for block, first in ((signal, 0), (idler, n)):
        j, k, size = _largest(block)
        if size > PAIR_MATRIX_TOLERANCE:
            modes = f"modes {first + j} and {first + k} of the same half are squeezed together"
            return (
                f"{modes if j != k else f'mode {first + j} is squeezed alone'}: |B| = {size:.3g}",
                f"squeeze pairs (m, m + {n}) only, and mix no signal with an idler mode",
            )
    j, k, size = _largest(c - c.T)
    if size > PAIR_MATRIX_TOLERANCE:
        return (
            f"signal {j} with idler {k + n} and signal {k} with idler {j + n} differ: B = {_show(c[j, k])} and "
            f"{_show(c[k, j])}, so the two halves see unequal unitaries or a pair other than (m, m + {n}) is squeezed",
            f"squeeze pairs (m, m + {n}) and apply the same unitary to modes 0..{n - 1} and {n}..{2 * n - 1}",
        )
    s, _ = _takagi(c)
    levels = np.array(device.levels)
    for t in s:
        r = atanh(min(float(t), 1.0 - 1e-15))
        if np.abs(levels - r).min() > PAIR_LEVEL_TOLERANCE:
            allowed = ", ".join(f"{level:g}" for level in device.levels)
            near = float(levels[np.argmin(np.abs(levels - r))])
            return (
                f"a pair has two-mode squeezing r = {r:.6g}, which is not available: the device offers r = {allowed}",
                f"take r = {near:.12g}, the nearest level",
            )
    return None


def _takagi(c: ComplexArray) -> tuple[Array, ComplexArray]:
    symmetric: ComplexArray = c + c.T
    s, u = takagi(symmetric, zero=2.0 * PAIR_MATRIX_TOLERANCE)
    return 0.5 * s, u


def _largest(matrix: ComplexArray) -> tuple[int, int, float]:
    size = np.abs(matrix)
    j, k = np.unravel_index(int(np.argmax(size)), size.shape)
    return int(j), int(k), float(size[j, k])


def _show(value: complex) -> str:
    return f"{value.real:.3g}{value.imag:+.3g}i"

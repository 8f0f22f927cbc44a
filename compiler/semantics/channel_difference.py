r"""The distance of two Gaussian channels, and the output in which they differ most.

Means, signal and noise are compared in the scale of the outputs themselves: rows are divided by the factor L of the
covariance ``T = L L^T`` of the outputs for an input of variance 1, averaged over the two channels. So a difference
counts relative to the variance of the quadrature, or combination of quadratures, that shows it: half a unit of noise is
little on a quadrature of variance 10^6 and much on a squeezed one. Means are compared relative to their own size or to
the deviation, whichever is larger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from compiler.semantics.count_phases import with_turned_counts
from compiler.semantics.gaussian_channel import GaussianChannel
from compiler.semantics.readouts.channels import seen_in_probabilities, with_matched_readouts
from compiler.semantics.verdict import Counterexample
from compiler.typing import AnyArray, Array

SELECTED = "what is post-selected"
"""The name of the residual of conditions, beside those of outputs."""

OTHER_SELECTION = "the post-selected outcomes have another probability or depend on the input in another way"

OVERFLOW = "intermediate numbers overflow float64"

VISIBLE = 1e-6
"""Share of the largest below which a quadrature is left out of a combination that is shown."""


@dataclass(frozen=True, slots=True)
class ChannelDifference:
    """The difference of two channels with the same outputs.

    Attributes
    ----------
    residuals : mapping from str to float
        For each output the largest difference of mean, signal or noise, in units of the outputs' deviations.
    amplification : float
        How much larger than the unit roundoff the rounding of the evaluation may be in ``residuals``.
    reason : str
        The largest difference in words.
    counterexample : Counterexample or None
        An input of definite quadratures and the means of one output, where these differ.
    improbable : str
        A result of a displacement readout whose probabilities differ; empty if none was found.
    """

    residuals: Mapping[str, float]
    amplification: float
    reason: str
    counterexample: Counterexample | None
    improbable: str = ""

    @property
    def residual(self) -> float:
        """The largest difference."""
        return max(self.residuals.values(), default=0.0)


@np.errstate(over="ignore", invalid="ignore")  # what overflows counts as different
def channel_difference(left: GaussianChannel, right: GaussianChannel) -> ChannelDifference:
    """Compare two channels with the same names of outputs, up to rotations of modes whose photons are counted.

    Both are float64, or both are mpmath numbers of the working precision.
    """
    growth = max(left.growth, right.growth)
    if not growth < np.inf:
        return ChannelDifference(dict.fromkeys([*left.names, SELECTED], np.inf), growth, OVERFLOW, None)
    conditions = {
        "variance": left.input_rows @ left.input_rows.T - right.input_rows @ right.input_rows.T,
        "input": (left.input_mean - right.input_mean) / np.maximum(1, abs(left.input_mean)),
        "density": np.array([(left.density - right.density) / max(1.0, abs(left.density))]),
    }
    selected = max(float(np.max(_by_row(part.reshape(1, -1)))) for part in conditions.values())
    if not left.names:
        return ChannelDifference({SELECTED: selected}, growth, OTHER_SELECTION, None)
    left, right = with_matched_readouts(with_turned_counts(left, right), right)
    factor = _factor(np.hstack([left.rows, right.rows]))
    white = [_solved(factor, side.rows) for side in (left, right)]
    means = [_solved(factor, side.mean[:, None])[:, 0] for side in (left, right)]
    parts: dict[str, AnyArray] = {
        "mean": ((means[0] - means[1]) / np.maximum(1, np.maximum(abs(means[0]), abs(means[1]))))[:, None],
        "signal": white[0] @ left.input_rows.T - white[1] @ right.input_rows.T,
        "noise": white[0] @ white[0].T - white[1] @ white[1].T,
    }
    found = {kind: _by_row(part) for kind, part in parts.items()}
    residuals = dict(zip(left.names, np.max(list(found.values()), axis=0).tolist(), strict=True))
    residuals[SELECTED] = selected
    inverse = _solved(factor, np.eye(len(factor))).astype(float)
    largest = max(residuals.values())
    if not largest < np.inf:
        return ChannelDifference(residuals, np.inf, OVERFLOW, None)
    if selected == largest > 0.0:
        reason, example = OTHER_SELECTION, None
    else:  # what circuits do to their inputs is said before what they add to it
        said = _Said(left, right, factor.astype(float))
        kind = next(kind for kind in ("signal", "mean", "noise") if np.max(found[kind]) >= 0.01 * largest)
        reason, example = said.about(kind, inverse, parts["noise"].astype(float))
    amplification = growth * float(np.abs(inverse).max())
    return ChannelDifference(residuals, amplification, reason, example, seen_in_probabilities(left, right))


def _by_row(part: AnyArray) -> Array:
    """Return the largest magnitude of each row; infinite where it is no number."""
    largest: Array = np.max(abs(part), axis=1, initial=0).astype(float)
    return np.where(np.isnan(largest), np.inf, largest)


def _factor(stacked: AnyArray) -> AnyArray:
    """Return the lower triangular L of half the Gram matrix of rows, shape (outputs, outputs)."""
    if stacked.dtype != object:
        upper: Array = np.asarray(np.linalg.qr(stacked.T / np.sqrt(2.0), mode="r"))
        lower: Array = upper.T * np.where(np.diag(upper) < 0, -1.0, 1.0)
        return lower
    import mpmath

    gram = stacked @ stacked.T / 2
    factor: AnyArray = gram * 0
    for i in range(len(gram)):
        column = gram[i:, i] - factor[i:, :i] @ factor[i, :i]
        factor[i:, i] = column / mpmath.sqrt(column[0])
    return factor


def _solved(factor: AnyArray, rows: AnyArray) -> AnyArray:
    """Return L^{-1} times rows, by forward substitution."""
    out: AnyArray = rows * 0 + factor[0, 0] * 0
    for i in range(len(factor)):
        out[i] = (rows[i] - factor[i, :i] @ out[:i]) / factor[i, i]
    return out


class _Said:
    """The difference of two channels in words."""

    def __init__(self, left: GaussianChannel, right: GaussianChannel, factor: Array) -> None:
        self.left, self.right, self.factor = left, right, factor
        self.deviation = np.sqrt((factor**2).sum(axis=1))
        self.n = n = (left.inputs - len(left.kicks)) // 2
        self.inputs = [f"{q}_{m}" for q in "xp" for m in range(n)]
        self.inputs += [f"of the displacement read as {name}" for name in left.kicks]

    def about(self, kind: str, inverse: Array, noise: Array) -> tuple[str, Counterexample | None]:
        """Return one line, and an input where means differ."""
        if kind == "mean":
            return self.mean()
        if kind == "signal":
            return self.signal()
        return self.noise(inverse, noise), None

    def mean(self) -> tuple[str, Counterexample]:
        """Describe outputs whose displacements differ."""
        ours, theirs = self.left.mean.astype(float), self.right.mean.astype(float)
        at = int(np.argmax(abs((self.left.mean - self.right.mean).astype(float)) / self.deviation))
        name, zero = self.left.names[at], (0.0,) * self.n
        text = f"{name} is displaced by {ours[at]:.12g} in one circuit and by {theirs[at]:.12g} in the other"
        return text, Counterexample(name, float(ours[at]), float(theirs[at]), zero, zero)

    def signal(self) -> tuple[str, Counterexample]:
        """Describe an output that takes another share of an input."""
        ours, theirs = (side.rows @ side.input_rows.T for side in (self.left, self.right))
        off = abs((ours - theirs).astype(float)) / self.deviation[:, None]
        at, place = (int(v) for v in np.unravel_index(int(np.argmax(off)), off.shape))
        n = self.n
        start = np.random.default_rng(n).normal(size=2 * n)
        values = [
            float(side.mean[at] + (share[at, : 2 * n] @ start if n else 0))
            for side, share in ((self.left, ours), (self.right, theirs))
        ]
        name, source = self.left.names[at], self.inputs[place]
        behind = " of the input" if place < 2 * n else ""
        text = (
            f"{name} holds {float(ours[at, place]):.12g} {source}{behind} in one circuit "
            f"and {float(theirs[at, place]):.12g} {source} in the other"
        )
        return text, Counterexample(name, *values, tuple(start[:n].tolist()), tuple(start[n:].tolist()))

    def noise(self, inverse: Array, noise: Array) -> str:
        """Describe different noise of an output, or of a combination of outputs."""
        sides = self.left, self.right
        shares = [side.rows @ side.input_rows.T for side in sides]
        added = [side.rows @ side.rows.T - share @ share.T for side, share in zip(sides, shares, strict=True)]
        off = abs((added[0] - added[1]).astype(float).diagonal()) / self.deviation**2
        weights = np.zeros(len(off))
        weights[int(np.argmax(off))] = 1.0
        if off.max() < 0.1 * np.abs(noise).max():  # it shows in a combination only
            values, vectors = np.linalg.eigh(noise)
            weights = inverse.T @ vectors[:, int(np.argmax(np.abs(values)))]
            weights = weights / weights[int(np.argmax(np.abs(weights)))]
            weights[np.abs(weights) < VISIBLE] = 0.0
        one, other = (float(weights @ part @ weights) for part in added)
        return (
            f"the variance of the noise that reaches {_combination(weights, self.left.names)} is {one:.12g} in one "
            f"circuit and {other:.12g} in the other"
        )


def _combination(weights: Array, names: tuple[str, ...]) -> str:
    """Return a sum of outputs, the first few of them.

    >>> _combination(np.array([1.0, 0.0, -0.5]), ("x_0", "x_1", "p_1"))
    'x_0 - 0.5 p_1'
    """
    terms = [(float(w), name) for w, name in zip(weights, names, strict=True) if w]
    sign = -1.0 if terms[0][0] < 0 else 1.0
    text = ""
    for w, name in terms[:6]:
        size = f"{abs(w):.6g} "
        text += f"{' - ' if w * sign < 0 else ' + ' if text else ''}{'' if size == '1 ' else size}{name}"
    return text + (" + ..." if len(terms) > 6 else "")

r"""Answer by the phase-space sampler over the alphabet ``displacement``.

It draws (x, p) from the Wigner function of the squeezed modes, which is normal, and moves the point as it does over the
real alphabet. A displacement has the phase ``phi = alpha.p + beta.x`` there. Phases multiply as numbers, so a token D
has the sum of the phases of its displacements, whatever the sign of their product as operators. The answer is +1 with
probability ``(1 + cos phi) / 2``, and nothing is disturbed by it. For one displacement the mean over all points is
``Re <D>``, as quantum mechanics has it; in context A of a triangle it is ``+Re <D>`` where the network has ``-Re <D>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, exp, sqrt

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.displacement import DisplacementToken
from qumode_khrnn.hsmt.language import EdgeToken, ShiftToken, Token
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.displacement_frame import DisplacementFrame, LeavesDisplacementsError
from qumode_khrnn.ideal.displacement_reference import answer_bits
from simulations.laws.discrete import DiscreteLaw


def phase_space_bits(
    tokens: Sequence[Token], spec: HsmtSpec, rng: np.random.Generator, loss: float = 0.0
) -> tuple[int, ...]:
    """Return the sampler's answers to a sentence.

    Parameters
    ----------
    tokens : sequence of Token
    spec : HsmtSpec
        Specification with the modes and squeezing.
    rng : numpy.random.Generator
    loss : float
        Share that every mode of a token D loses to the vacuum before it is read.
    """
    x = rng.normal(scale=exp(spec.squeezing_latent), size=spec.modes)
    p = rng.normal(scale=exp(-spec.squeezing_latent), size=spec.modes)
    answers: list[int] = []
    for token in tokens:
        match token:
            case EdgeToken(modes, weight):
                for i in modes:
                    p[i] += weight * np.prod([x[j] for j in modes if j != i])
            case ShiftToken(mode, amount):
                x[mode] += amount
            case DisplacementToken(modes):
                at = list(modes)
                if loss:
                    for part in (x, p):
                        part[at] = sqrt(1.0 - loss) * part[at] + sqrt(loss) * rng.normal(size=len(at))
                alpha, beta = token.total
                phi = float(np.dot(alpha, p[at]) + np.dot(beta, x[at]))
                answers.append(1 if rng.random() < 0.5 * (1.0 + cos(phi)) else -1)
    return tuple(answers)


def phase_space_bit_laws(tokens: Sequence[Token], answers: Sequence[float], spec: HsmtSpec) -> tuple[DiscreteLaw, ...]:
    """Return the sampler's law of every answer given the earlier ones, without loss.

    Raises
    ------
    InputError
        If a token displaces a mode that a 3-edge joins to others, so that its phase is not an affine function.
    """
    state = DisplacementFrame(spec.network, numbers=True)
    try:
        return answer_bits(tokens, state, np.random.default_rng(0), answers)[1]  # every answer is given
    except LeavesDisplacementsError as error:
        raise InputError(f"a law of phase-space-sampler is not known, because {error}; leave --laws out") from None

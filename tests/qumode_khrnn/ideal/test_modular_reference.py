"""No answer that classical bookkeeping determines is ever wrong or uncertain."""

import pytest
from hsmt_support import make, sentences_of

from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, ShiftToken
from simulations.laws.discrete import certain


class Known:
    """What a classical reader can work out: positions z, momenta p before the phase, the phase as a polynomial in z.

    Every mode has either a known position or a known momentum p_i, so that ``P(i)`` is ``p_i + d phi / d z_i``. A
    momentum that depends on more than one unknown position ends that, except for the three of a contextual probe.
    """

    def __init__(self, modes, levels):
        self.d, self.z, self.p = levels, {}, dict.fromkeys(range(modes), 0)
        self.phase, self.lost = {}, False

    def add(self, edge, weight):
        total = (self.phase.get(edge, 0) + weight) % self.d
        self.phase.pop(edge, None)
        if total and edge:
            self.phase[edge] = total

    def shift(self, mode, amount):
        for edge, weight in list(self.phase.items()):
            if mode in edge:
                self.add(tuple(m for m in edge if m != mode), -amount * weight)
        if mode in self.z:
            self.z[mode] = (self.z[mode] + amount) % self.d

    def slope(self, mode):
        """d phi / d z_i as a polynomial of unknown positions."""
        out = {}
        for edge, weight in self.phase.items():
            if mode in edge:
                rest = tuple(m for m in edge if m != mode and m not in self.z)
                value = weight
                for m in edge:
                    value *= self.z[m] if m != mode and m in self.z else 1
                out[rest] = (out.get(rest, 0) + value) % self.d
        return {rest: value for rest, value in out.items() if value}

    def read(self, token, y):
        """The determined answer, "uniform", or None if it is not worked out; takes notice of the answer."""
        mode = token.mode
        if token.quadrature == "x":
            told = self.z.get(mode, "uniform")
            self.z[mode] = y
            self.p.pop(mode, None)
            return told
        if mode in self.z:
            value = self.z[mode]
            for edge, weight in list(self.phase.items()):
                if mode in edge:
                    del self.phase[edge]
                    self.add(tuple(m for m in edge if m != mode), weight * value)
            del self.z[mode]
            self.p[mode] = y
            return "uniform"
        slope = self.slope(mode)
        constant = slope.pop((), 0)
        if not slope:
            return (self.p[mode] + constant) % self.d
        ((rest, factor), *more) = slope.items()
        if more or len(rest) > 1 or self.d not in (2, 3, 5):
            self.lost = True
            return None
        self.z[rest[0]] = (y - self.p[mode] - constant) * pow(factor, -1, self.d) % self.d
        del self.p[rest[0]]
        return "uniform"

    def contextual(self, modes, answers):
        """The three momenta of a contextual probe, whatever joins them; the parity of a triangle, or None."""
        slopes = [self.slope(m) for m in modes]
        if any(m in self.z for m in modes) or any(set(rest) - set(modes) for s in slopes for rest in s):
            return None
        pairs = [{(m,): 1 for m in modes if m != i} for i in modes]
        constants = [s.pop((), 0) for s in slopes]
        parity = None
        if self.d == 2 and slopes == pairs:
            parity = (sum(self.p[m] for m in modes) + sum(constants) + 1) % 2
        self.phase = {e: w for e, w in self.phase.items() if not set(e) & set(modes)}
        self.p.update(zip(modes, answers, strict=True))
        return "no parity" if parity is None else parity


def check_zero_error(sentence, spec):
    """Number of determined answers, all of which must have been right and certain."""
    known, at, count = Known(spec.modes, spec.levels), 0, 0
    reads = [token.mode for token in sentence.tokens if isinstance(token, ReadToken)]
    inside, parity = 0, None  # of a contextual group
    for token in sentence.tokens:
        if isinstance(token, EdgeToken):
            known.add(token.modes, token.weight)
            continue
        if isinstance(token, ShiftToken):
            known.shift(token.mode, token.amount)
            continue
        y, law = sentence.answers[at], sentence.laws[at]
        if sentence.kinds[at] is ProbeKind.CONTEXTUAL:
            if inside == 0:
                parity = known.contextual(reads[at : at + 3], sentence.answers[at : at + 3])
            inside = (inside + 1) % 3
        at += 1
        if sentence.kinds[at - 1] is ProbeKind.CONTEXTUAL and parity is not None:
            if inside == 0 and parity != "no parity":
                assert sum(sentence.answers[at - 3 : at]) % 2 == parity
                assert law.probability(y) == 1.0
                count += 1
            continue
        told = known.read(token, y)
        if known.lost:
            return count
        if told == "uniform":
            assert law.probabilities == pytest.approx((1.0 / spec.levels,) * spec.levels, abs=1e-12)
        else:
            assert y == told
            assert law.probabilities == certain(told, spec.levels).probabilities
            count += 1
    return count


def test_no_determined_answer_is_ever_wrong():
    # laws, answers and their certainty against the bookkeeping: all sizes and kinds, then many where cheap
    count = 0
    often = {"matched": 20.0, "neighbour": 1.0, "contextual": 1.0}
    for modes, k, levels, sentences, probes, mixture in (
        *((n, 2, 2, 10, 40, None) for n in (3, 4, 5, 6, 7, 8)),
        *((n, 2, 3, 10, 40, None) for n in (3, 4, 6, 8)),
        *((n, k, 2, 10, 20, None) for n in (4, 6, 8) for k in (3, 4)),
        *((n, k, 3, 5, 20, None) for n in (4, 6) for k in (3, 4)),
        (8, 4, 3, 1, 2, None),
        (8, 3, 2, 1, 300, often),
        (2, 2, 2, 60, 500, {"matched": 20.0, "neighbour": 1.0}),
        (3, 3, 2, 30, 500, often),
        (4, 4, 2, 20, 500, often),
        (3, 3, 3, 20, 500, often),
        (4, 3, 2, 8, 500, often),
    ):
        spec = make(modes, k, levels, sentences, probes=probes, mixture=mixture, shift=0.1)
        count += sum(check_zero_error(sentence, spec) for sentence in sentences_of(spec))
    assert count >= 60_000


@pytest.mark.parametrize(("k", "levels", "probes", "edges"), [(2, 2, 25, None), (2, 3, 25, None), (3, 2, 6, 300)])
def test_sixty_modes(k, levels, probes, edges):
    spec = make(60, k, levels, probes=probes, edges=edges, seed=4)
    (sentence,) = sentences_of(spec)
    assert check_zero_error(sentence, spec) >= 4

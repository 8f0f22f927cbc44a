"""The language of HSMT: tokens, probes, sentences. The grammar and its meaning are in docs/hsmt.md.

In the real alphabet weights, shifts and answers are real numbers; in ``modular(d)`` they are integers in 0..d-1; in
``displacement`` weights and shifts are real numbers, and answers are the bits +1 and -1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from compiler.errors import InputError
from compiler.files import number
from compiler.ir.circuit import Circuit
from qumode_khrnn.hsmt.alphabet import REAL, Alphabet, alphabet_of
from qumode_khrnn.hsmt.displacement import LARGEST, DisplacementToken
from qumode_khrnn.network.cell import BitReadout, Network, Readout, Shift, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge
from simulations.laws.discrete import DiscreteLaw
from simulations.laws.real import GREATEST
from simulations.laws.types import AnyLaw, law_from_json


@dataclass(frozen=True, slots=True)
class EdgeToken:
    """``E(e, w)``: hyperedge gate ``exp(i w prod x_j / hbar)``, or ``exp(2 pi i w prod z_j / d)``; no answer."""

    modes: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class ShiftToken:
    """``X(i, s)``: x_i -> x_i + s; no answer."""

    mode: int
    amount: float


@dataclass(frozen=True, slots=True)
class ReadToken:
    """``P(i)`` (quadrature p) or ``Q(i)`` (quadrature x): non-demolition readout; one answer."""

    quadrature: str
    mode: int


QuadratureToken = EdgeToken | ShiftToken | ReadToken
"""Tokens of the alphabets that read positions and momenta."""

Token = QuadratureToken | DisplacementToken

READING = (ReadToken, DisplacementToken)
"""Tokens that have an answer: the reading tokens."""

REALS = alphabet_of(REAL)
"""The alphabet of real numbers."""


def quadrature_token(token: Token) -> QuadratureToken:
    """Return a token that is not a displacement, for code that does not support displacements.

    Raises
    ------
    InputError
        If the token is a displacement.
    """
    if isinstance(token, DisplacementToken):
        raise InputError(
            f"D on modes {list(token.modes)}: tokens D need the alphabet displacement; leave the token out"
        )
    return token


class ProbeKind(str, Enum):
    """The kind of question that an answer belongs to."""

    MATCHED = "matched"
    """The star of the mode was undone with the right weights: the answer is determined."""
    DECOY = "decoy"
    """The star of the mode was undone with one wrong weight: the answer must spread."""
    NEIGHBOUR = "neighbour"
    """x was read on all neighbours: the answer is determined by those answers."""
    CONTEXTUAL = "contextual"
    """Momenta, or contexts of displacements, that no non-contextual assignment can answer rightly."""
    TRIPLE = "triple"
    """Readouts that follow the answers, so that no answers are right for three graphs at once."""
    CONTEXT = "context"
    """A readout that serves a later probe, or fills the sentence: free, but with a known law."""


DETERMINED = (ProbeKind.MATCHED, ProbeKind.NEIGHBOUR)
"""Probes of qumodes whose answer is fixed, up to squeezing noise, by what was written and answered before."""


def is_determined(kind: ProbeKind, law: AnyLaw) -> bool:
    """Tell whether an answer counts for the violation rate: by its kind of probe, or modulo d if it is certain."""
    return law.determined if isinstance(law, DiscreteLaw) and not law.signed else kind in DETERMINED


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens; for each reading token in order: probe kind, reference answer, exact law given the earlier answers.

    Raises
    ------
    InputError
        If the numbers of reading tokens, kinds, answers and laws differ.
    """

    tokens: tuple[Token, ...]
    kinds: tuple[ProbeKind, ...]
    answers: tuple[float, ...]
    laws: tuple[AnyLaw, ...]

    def __post_init__(self) -> None:
        reads = sum(isinstance(token, READING) for token in self.tokens)
        found = {len(self.kinds), len(self.answers), len(self.laws), reads}
        if len(found) != 1:
            raise InputError(
                f"each reading token needs a kind, an answer and a law, found {reads} tokens, {len(self.kinds)} kinds, "
                f"{len(self.answers)} answers, {len(self.laws)} laws"
            )

    def to_json(self) -> dict[str, Any]:
        """Return one line of a dataset file."""
        return {
            "tokens": [token_to_json(token) for token in self.tokens],
            "kinds": [kind.value for kind in self.kinds],
            "answers": list(self.answers),
            "laws": [law.to_json() for law in self.laws],
        }


def cell_of(token: Token) -> UnitCell:
    """Return the unit cell that carries out a token."""
    match token:
        case EdgeToken(modes, weight):
            return UnitCell((Hyperedge(modes, weight),))
        case ShiftToken(mode, amount):
            return UnitCell((), (Shift(mode, amount),))
        case ReadToken(quadrature, mode):
            return UnitCell((), (), Readout("p" if quadrature == "p" else "x", mode))
        case DisplacementToken(modes):
            return UnitCell((), (), BitReadout(modes, *token.total))


def sentence_circuit(tokens: Iterable[Token], network: Network) -> Circuit:
    """Return the network's logical circuit for a sentence; the t-th token's answer is the result ``y<t>``.

    Of a token D, whose displacements may multiply to minus the one that is read, it is `DisplacementToken.sign` times
    that result.
    """
    return network.circuit(cell_of(token) for token in tokens)


def token_to_json(token: Token) -> list[Any]:
    """Return a token as plain data.

    The forms are ``["E", [0, 1, 2], 0.3]``, ``["X", 1, 0.5]``, ``["P", 0]``, ``["Q", 0]`` and
    ``["D", [0, 1], [0.5, 0], [0, 0.2]]``.

    Where a token D reads a product of displacements, alpha and beta are lists of rows, one for each displacement.
    """
    match token:
        case EdgeToken(modes, weight):
            return ["E", list(modes), weight]
        case ShiftToken(mode, amount):
            return ["X", mode, amount]
        case ReadToken(quadrature, mode):
            return ["P" if quadrature == "p" else "Q", mode]
        case DisplacementToken(displaced, alpha, beta):
            rows = [[list(row) for row in part] for part in (alpha, beta)]
            return ["D", list(displaced), *(part if len(part) > 1 else part[0] for part in rows)]


def token_from_json(data: object, modes: int, k: int, where: str, alphabet: Alphabet = REALS) -> Token:
    """Read what `token_to_json` wrote, for n modes and edges of at most k modes.

    Raises
    ------
    InputError
        If the data are not a token of the alphabet, or name a mode that does not exist.
    """
    named: tuple[int, ...]
    match data:
        case ["P" | "Q" | "D" as letter, *_] if (letter == "D") != alphabet.reads_displacements:
            listed = "E, X, D" if alphabet.reads_displacements else "E, X, P, Q"
            raise InputError(f"{where}: the alphabet {alphabet.name} has the tokens {listed}, found {letter}")
        case ["E", list() as edge, weight]:
            checked = Hyperedge(tuple(edge), _amount(weight, alphabet, f"{where}: weight"))
            if len(edge) > k:
                raise InputError(f"{where}: edges may have at most k = {k} modes, found {edge}")
            token: Token = EdgeToken(checked.modes, checked.weight)
            named = checked.modes
        case ["X", int() as mode, amount] if not isinstance(mode, bool):
            token, named = ShiftToken(mode, _amount(amount, alphabet, f"{where}: amount")), (mode,)
        case ["P" | "Q" as letter, int() as mode] if not isinstance(mode, bool):
            token, named = ReadToken("p" if letter == "P" else "x", mode), (mode,)
        case ["D", list() as displaced, list() as alpha, list() as beta]:
            try:
                token = DisplacementToken(tuple(displaced), _rows(alpha), _rows(beta))
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
            named = token.modes
        case _:
            raise InputError(f'{where}: must be a token such as ["P", 0], found {str(data)[:60]}')
    if any(not 0 <= mode < modes for mode in named):
        raise InputError(f"{where}: modes must lie in 0..{modes - 1}, found {list(named)}")
    return token


def _rows(part: list[Any]) -> tuple[Any, ...]:
    """Return one displacement, or a list of them, as rows."""
    return tuple(tuple(row) for row in part) if all(isinstance(row, list) for row in part) else (tuple(part),)


def _amount(value: object, alphabet: Alphabet, where: str) -> float:
    levels = alphabet.levels
    if levels is None:
        out = number(value, where)
        if alphabet.reads_displacements and abs(out) > LARGEST:
            raise InputError(f"{where} must lie in -{LARGEST:g}..{LARGEST:g} for {alphabet.name}, found {out:g}")
        return out
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < levels:
        raise InputError(f"{where} must be an integer in 0..{levels - 1}, found {value!r}")
    return value


def answer(value: object, where: str, alphabet: Alphabet = REALS) -> float:
    """Return a value as an answer; raises InputError if it is not an answer, or is too large to score."""
    if alphabet.levels is not None:
        return _amount(value, alphabet, where)
    if alphabet.outcomes is not None:
        if not isinstance(value, int) or isinstance(value, bool) or value not in alphabet.outcomes:
            raise InputError(f"{where} must be 1 or -1, found {value!r}")
        return value
    out = number(value, where)
    if abs(out) >= GREATEST:
        raise InputError(f"{where} must be below {GREATEST:g}, found {out:g}")
    return out


def sentence_from_json(data: object, modes: int, k: int, where: str, alphabet: Alphabet = REALS) -> Sentence:
    """Read what `Sentence.to_json` wrote.

    Raises
    ------
    InputError
        If something is wrong; the message names the first problem.
    """
    if not isinstance(data, dict) or set(data) != {"tokens", "kinds", "answers", "laws"}:
        raise InputError(f"{where}: must be an object with tokens, kinds, answers and laws")
    try:
        answers = tuple(answer(a, f"{where}: answer {i}", alphabet) for i, a in enumerate(data["answers"]))
        kinds = tuple(ProbeKind(kind) for kind in data["kinds"])
        tokens = tuple(
            token_from_json(t, modes, k, f"{where}: token {i}", alphabet) for i, t in enumerate(data["tokens"])
        )
        laws = tuple(law_from_json(law, alphabet.outcomes, f"{where}: law {i}") for i, law in enumerate(data["laws"]))
        return Sentence(tokens, kinds, answers, laws)
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: {error}") from None

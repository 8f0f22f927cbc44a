"""The specification of a dataset, which is written into the file and reproduces the dataset."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from math import comb
from typing import Any

from compiler.errors import InputError, did_you_mean
from qumode_khrnn.hsmt.alphabet import DISPLACEMENT, REAL, Alphabet, alphabet_of
from qumode_khrnn.hsmt.language import ProbeKind
from qumode_khrnn.network.cell import Network

MAX_SPEC_MODES = 200
"""Largest number of modes of a dataset."""

DENSE_LEVELS = 2**20
"""Largest number of amplitudes ``d^n`` of a modular state that is held as a vector."""

MIXED_LEVELS = 2**12
"""Up to this many amplitudes, modular sentences with k >= 3 have probes of every kind in any order."""

LARGEST_DRAWN = 100.0
"""Largest weight, and largest deviation of shifts, of sentences of the alphabet ``displacement``."""

WHY_NO_NEIGHBOUR = "; a bit of exp(i b x) does not say where x is, so no bits determine the momentum of a neighbour"


@dataclass(frozen=True, slots=True)
class HsmtSpec:
    """The parameters of a dataset; they are stored in the dataset and reproduce it.

    Attributes
    ----------
    modes, k : int
        Number of modes n and of modes per hyperedge: 2 <= k <= 4 (real), 2 <= k <= 3 (displacement), 2 <= k <= 8
        (modular).
    sentences : int
        Number of sentences.
    probes : int, optional
        Number of probe groups per sentence, which fix its length.
    length : int, optional
        Number of tokens per sentence, filled with probe groups and then with readouts of positions (of displacements in
        momentum). Exactly one of ``probes`` and ``length`` must be given.
    edges : int, optional
        Number of hyperedges written; all ``binom(n, k)`` by default.
    weights : tuple of float
        Range of their absolute values (real, displacement); modular weights are uniform in 0..d-1.
    shift : float
        Real and displacement: standard deviation of the normal law of the shift with which every mode starts; 0 means
        no shift. Modular: probability that a mode is shifted after a readout that serves a neighbour group.
    squeezing_latent, squeezing_ancilla : float
        Squeezing parameters r of the network (real, displacement; displacements are read without an ancilla).
    mixture : mapping from probe kind to weight, optional
        How often each kind of probe group is drawn; equally often by default, for the kinds that exist.
    alphabet : str
        ``"real"``, ``"displacement"`` or ``"modular(d)"``.
    seed : int
        Seed; sentence i uses the stream ``[seed, i]``, whatever else is generated.
    triangle : float
        For ``displacement``: weight w of the triangles of contextual probes; momenta are read with ``a = sqrt(pi / (2
        w))``.

    Raises
    ------
    InputError
        If a value is out of range.
    """

    modes: int
    k: int
    sentences: int
    probes: int | None = None
    length: int | None = None
    edges: int | None = None
    weights: tuple[float, float] = (0.1, 0.5)
    shift: float = 0.5
    squeezing_latent: float = 1.0
    squeezing_ancilla: float = 1.0
    mixture: dict[str, float] | None = None
    seed: int = 0
    alphabet: str = REAL
    triangle: float = 1.0

    def __post_init__(self) -> None:
        def need(holds: bool, message: str) -> None:
            if not holds:
                raise InputError(f"HSMT: {message}")

        for name in ("modes", "k", "sentences", "probes", "length", "edges", "seed"):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            need(whole or (value is None and name in ("probes", "length", "edges")), f"{name} must be a whole number")
        numbers = (
            *self.weights,
            self.shift,
            self.squeezing_latent,
            self.squeezing_ancilla,
            self.triangle,
            *(self.mixture or {}).values(),
        )
        need(
            all(isinstance(v, float | int) and not isinstance(v, bool) for v in numbers),
            "all numbers must be real numbers, found another type",
        )
        letters, levels = self.letters, self.levels
        need(
            2 <= self.k <= 3 or not letters.reads_displacements,
            f"the displacement alphabet needs k = 2 or 3, found k = {self.k}; larger edges have no known exact law: "
            'give another k, or use "real" or "modular(d)"',
        )
        need(levels is not None or 2 <= self.k <= 4, f"the real alphabet needs k = 2, 3 or 4, found k = {self.k}")
        need(2 <= self.k <= 8, f"k must lie in 2..8, found {self.k}")
        need(
            self.k <= self.modes <= MAX_SPEC_MODES,
            f"modes must lie in {self.k}..{MAX_SPEC_MODES}, found {self.modes}"
            + (f"; hyperedges of k = {self.k} need as many modes: lower k" if self.modes < self.k else ""),
        )
        need(1 <= self.sentences <= 10**7, f"sentences must lie in 1..10^7, found {self.sentences}")
        need(
            (self.probes is None) != (self.length is None),
            "exactly one of probes and length must be given, found both or neither",
        )
        need(self.probes is None or 1 <= self.probes <= 10**4, f"probes must lie in 1..10^4, found {self.probes}")
        need(self.length is None or 1 <= self.length <= 10**5, f"length must lie in 1..10^5, found {self.length}")
        total = comb(self.modes, self.k)
        need(self.edges is None or 1 <= self.edges <= total, f"edges must lie in 1..{total}, found {self.edges}")
        need(
            0.0 < self.weights[0] <= self.weights[1] < 1e6,
            f"weights must satisfy 0 < low <= high < 10^6, found {self.weights}",
        )
        need(0.0 <= self.shift < 1e6, f"shift must lie in [0, 10^6), found {self.shift}")
        need(
            not letters.reads_displacements or max(self.weights[1], self.shift) <= LARGEST_DRAWN,
            f"weights and shift must be at most {LARGEST_DRAWN:g} for {DISPLACEMENT}, found {self.weights[1]:.6g} and "
            f"{self.shift:.6g}: beyond it the phases of displacements lose their digits",
        )
        need(1e-3 <= self.triangle <= 1e3, f"triangle must lie in 0.001..1000, found {self.triangle}")
        need(
            letters.reads_displacements or self.triangle == 1.0,
            f"triangle belongs to the alphabet {DISPLACEMENT}; leave it out for {self.alphabet}",
        )
        need(
            levels is None or _is_prime(levels) or levels**self.modes <= DENSE_LEVELS,
            f"{self.alphabet} needs a prime d, or at most {DENSE_LEVELS} amplitudes d^n, found {self.modes} modes",
        )
        if self.mixture is not None:
            kinds = possible_kinds(self.alphabet, self.k, self.modes)
            unknown = sorted(set(self.mixture) - {kind.value for kind in kinds})
            need(
                not unknown,
                f"there are no {', '.join(unknown)} probes for {self.alphabet}, k = {self.k}, n = {self.modes}; use "
                f"{', '.join(kind.value for kind in kinds)}"
                + (did_you_mean(unknown[0], [kind.value for kind in kinds]) if unknown else "")
                + (WHY_NO_NEIGHBOUR if letters.reads_displacements and "neighbour" in unknown else ""),
            )
            need(
                self.length is None or not self.mixture.get(ProbeKind.TRIPLE.value),
                "triple probes have no fixed number of tokens; give probes instead of length",
            )
            need(
                all(0.0 <= v < 1e6 for v in self.mixture.values()) and sum(self.mixture.values()) > 0.0,
                f"mixture weights must be >= 0 and not all 0, found {self.mixture}",
            )
        need(self.seed >= 0, f"seed must be >= 0, found {self.seed}")
        need(
            self.shift <= 1.0 or levels is None,
            f"shift must be a probability, at most 1, in {self.alphabet}, found {self.shift}",
        )
        _ = self.network  # checks the squeezing

    @property
    def letters(self) -> Alphabet:
        """The alphabet of weights and answers."""
        return alphabet_of(self.alphabet)

    @property
    def levels(self) -> int | None:
        """The number d of the alphabet; None where weights are real numbers."""
        return self.letters.levels

    @property
    def shares(self) -> dict[str, float]:
        """The mixture of probe kinds, spelt out."""
        if self.mixture is not None:
            return self.mixture
        kinds = possible_kinds(self.alphabet, self.k, self.modes)
        return {kind.value: 1.0 for kind in kinds if self.length is None or kind is not ProbeKind.TRIPLE}

    @property
    def mixed(self) -> bool:
        """Whether probes come in any order; else all but the last are matched (see docs/hsmt.md).

        A triple probe is always the last, and all before it are matched, which leave the state as it was written.
        """
        if self.k == 2 and (self.levels is None or _is_prime(self.levels)):
            return True
        return self.levels is not None and self.levels**self.modes <= MIXED_LEVELS

    @property
    def network(self) -> Network:
        """The ideal network that the dataset belongs to."""
        return Network(self.modes, self.squeezing_latent, self.squeezing_ancilla)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with the alphabet; with the triangle only where displacements are read."""
        data = {**asdict(self), "weights": list(self.weights)}
        return data if self.letters.reads_displacements else {k: v for k, v in data.items() if k != "triangle"}


def possible_kinds(alphabet: str, k: int, modes: int) -> tuple[ProbeKind, ...]:
    """Return the kinds of probe groups of an alphabet.

    Contextual probes need three modes and a contextual set of readouts: they do not exist for k = 2 in the real
    alphabet (it is Gaussian), nor for k = 2 and odd d (D. Gross, J. Math. Phys. 47, 122107 (2006): the Wigner function
    is a distribution). Triple probes are those of qubits, ``modular(2)``. Where displacements are read there are no
    neighbour probes: the bit of
    ``exp(i b x_j)`` tells x_j modulo a period and a sign, so no answers fix the momentum of a neighbour.

    >>> [kind.value for kind in possible_kinds("real", 2, 4)]
    ['matched', 'decoy', 'neighbour']
    """
    letters = alphabet_of(alphabet)
    levels = letters.levels
    triangle = letters.reads_displacements or (levels is not None and levels % 2 == 0)
    contextual = (ProbeKind.CONTEXTUAL,) if modes >= 3 and (k >= 3 or triangle) else ()
    triple = (ProbeKind.TRIPLE,) if modes >= 3 and levels == 2 else ()
    neighbour = () if letters.reads_displacements else (ProbeKind.NEIGHBOUR,)
    return (ProbeKind.MATCHED, ProbeKind.DECOY, *neighbour, *contextual, *triple)


def mixture_from_text(text: str) -> dict[str, float]:
    """Read ``kind=share,kind=share``.

    Raises
    ------
    InputError
        If the text is of another form.

    Examples
    --------
    >>> mixture_from_text("matched=1,decoy=0.5")
    {'matched': 1.0, 'decoy': 0.5}
    """
    out = {}
    for part in text.split(","):
        kind, _, share = part.partition("=")
        try:
            out[kind.strip()] = float(share)
        except ValueError:
            raise InputError(f"HSMT: a mixture must be kind=share,kind=share, found {text!r}") from None
    return out


def _is_prime(number: int) -> bool:
    return number >= 2 and all(number % factor for factor in range(2, int(number**0.5) + 1))


def spec_from_json(data: object, where: str) -> HsmtSpec:
    """Read what `HsmtSpec.to_json` wrote.

    Raises
    ------
    InputError
        If a field is missing, unknown or wrong.
    """
    if not isinstance(data, dict):
        raise InputError(f"{where}: the specification must be an object, found {data!r}")
    names = {f.name for f in fields(HsmtSpec)}
    if data.get("alphabet") != DISPLACEMENT:
        names.remove("triangle")
    if wrong := set(data) ^ names:
        raise InputError(f"{where}: the specification has missing or unknown fields: {sorted(wrong)}")
    try:
        values = {name: data[name] for name in names}
        low, high = values["weights"]
        return HsmtSpec(**{**values, "weights": (low, high)})
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{where}: a field has the wrong type: {error}") from None

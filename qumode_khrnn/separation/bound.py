"""Answer ``khrnn hsmt bound``: the bits that each theorem demands, their premises, and the finite check."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import comb
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import write_text
from compiler.typing import Advance
from qumode_khrnn.hsmt.bounds import contextual_bits, extension_modes, paper_bound
from qumode_khrnn.hsmt.spec import MAX_SPEC_MODES
from qumode_khrnn.separation.certificate import FILE, certificate
from qumode_khrnn.separation.search import every_triple, refutation

CHECKED_MODES = (3, 4)
"""Numbers of modes for which the finite check is run without being asked."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Bits that a theorem demands of a classical model, and what the theorem asks of the model."""

    bits: int
    whose: str
    premise: str


def demands(modes: int, k: int) -> tuple[Demand, ...]:
    """Return the demand of our theorem, then that of the paper.

    Raises
    ------
    InputError
        If not 2 <= k <= n and 3 <= n <= 200.
    """
    if not 3 <= modes <= MAX_SPEC_MODES:
        raise InputError(f"bound: modes must lie in 3..{MAX_SPEC_MODES}, found {modes}")
    if not 2 <= k <= modes:
        raise InputError(f"bound: k must lie in 2..n = {modes}, found {k}")
    ours = "never gives an answer of probability zero, private randomness included"
    if k > 2:
        ours += "; gives every possible string of answers with some probability"
    whose = (
        "proved in docs/hsmt.md"
        if k == 2
        else f"proved in docs/hsmt.md, from k = 2 on {extension_modes(modes, k)} modes"
    )
    return (
        Demand(contextual_bits(modes, k), "ours", f"{ours} ({whose})"),
        Demand(
            paper_bound(modes, k), "the paper's", "latent dimension of a classical model (Anschuetz and Gao, cited)"
        ),
    )


def write_certificate(modes: int, folder: Path, progress: Advance | None = None) -> Path:
    """Refute the 512 triples anew, and write the certificate; ``progress`` receives the number of triples done."""
    found: list[dict[str, Any]] = []
    for done, triple in enumerate(every_triple(), start=1):
        found.append({**asdict(triple), "tree": refutation(triple)})
        if progress is not None:
            progress(done)
    path = folder / FILE
    write_text(path, json.dumps(certificate(modes, found), separators=(",", ":")) + "\n")
    return path


def bound_lines(modes: int, k: int) -> list[str]:
    """Return what the command prints before the finite check."""
    lines = [f"n = {modes}, k = {k}: N = binom(n, k) = {comb(modes, k)} hyperedges"]
    lines += [f"  {demand.bits} bits ({demand.whose}): {demand.premise}" for demand in demands(modes, k)]
    lines.append(f"  {modes} qubits suffice for a k-HRNN over modular(2), with no impossible answer")
    if k == 2:
        lines.append(
            "  tight after the write: the pair model stores all weights but one, and gives no impossible answer"
        )
        lines.append(
            "  odd d and k = 2: nothing separates; the phase-space sampler is exact with 2n numbers modulo d, since "
            "the Wigner function is a distribution"
        )
    return lines

"""Figures and tables of docs/witness.md: ``python benchmarks/witness.py`` writes the figures and prints the tables."""

from __future__ import annotations

from math import inf
from pathlib import Path

import numpy as np

from qumode_khrnn.reports.lattice_figure import lattice_figure
from qumode_khrnn.reports.style import png
from qumode_khrnn.reports.witness_figure import witness_figure
from qumode_khrnn.witness.lattice_study import lattice_curves, lattice_point
from qumode_khrnn.witness.law import decibels, readout_means, value_at
from qumode_khrnn.witness.photonics import SCHEMES, ancilla_db
from qumode_khrnn.witness.study import run_witness, study_of
from qumode_khrnn.witness.thresholds import greatest_loss, least_squeezing, shots_needed
from qumode_khrnn.witness.trap import TrapNoise, coherence_needed, duration_allowed, trap_limits, trap_value
from qumode_khrnn.witness.triangle import Triangle

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Write the figures and print the tables."""
    study = study_of(run_witness(Triangle()), np.random.default_rng(0), 1000)
    (DOCS / "witness.png").write_bytes(png(witness_figure(study)))
    (DOCS / "lattice-witness.png").write_bytes(png(lattice_figure(lattice_curves())))
    print("\n\n".join(tables()))


def tables() -> list[str]:
    """The tables of the page, as Markdown."""
    return [weights_table(), shots_table(), trap_table(), design_table(), ancilla_table(), lattice_table()]


def weights_table() -> str:
    """Thresholds by weight."""
    rows = []
    for weight in (0.25, 0.5, 0.7, 1.0, 2.0, 4.0):
        least = least_squeezing(weight, 0.0)
        squeezed = "0" if not least else f"{least:.4f} ({decibels(least):.2f} dB)"
        losses = [greatest_loss(weight, r) for r in (1.0, 1.5, inf)]
        rows.append([f"{weight:g}", squeezed, *map(_loss, losses)])
    return table(["w", "least squeezing without loss", *(f"greatest loss at r = {r}" for r in ("1", "1.5", "∞"))], rows)


def _loss(most: float | None) -> str:
    return "no violation" if most is None else f"{100 * most:.1f} %"


def shots_table() -> str:
    """S and shots at w = 1."""
    rows = []
    for r, loss in ((0.8, 0.0), (1.0, 0.0), (1.5, 0.0), (1.0, 0.02), (1.5, 0.02), (1.5, 0.05)):
        value = value_at(1.0, r, loss)
        shots = shots_needed(readout_means(Triangle(1.0, r, loss)), value)
        rows.append([f"{r:g}", f"{100 * loss:g} %", f"{value:.6f}", str(shots)])
    return table(["r", "loss per mode", "S", "shots per context"], rows)


def trap_table() -> str:
    """What a trap may do at most, each alone."""
    rows = []
    for w, r in ((1.0, 0.8), (1.0, 1.0), (1.0, 1.25), (0.7, 1.0), (0.7, 1.15), (0.7, 1.4), (2.0, 0.75)):
        found = trap_limits(Triangle(w, r))
        most = (f"{found.time_over_coherence:.5f}", f"{found.quanta:.4f}", f"{found.spin_error:.4f}")
        rows.append([f"{w:g}", f"{r:g}", *most])
    return table(["w", "r", "t/T", "heating, quanta", "spin flips"], rows)


def design_table() -> str:
    """S in a trap with 10 quanta/s and 1 % of spin flips."""
    rows = []
    for duration, coherence in ((2e-3, inf), (2e-3, 0.05), (2e-3, 1.0), (2e-4, 1.0), (1e-4, 0.05)):
        noise = TrapNoise(duration, 10.0, coherence, 0.01)
        values = [trap_value(Triangle(1.0, r), noise) for r in (0.8, 1.0)]
        need, most = coherence_needed(Triangle(), noise), duration_allowed(Triangle(), noise)
        held = "no dephasing" if coherence == inf else f"{1e3 * coherence:g} ms"
        needed = "none" if need is None else f"{1e3 * need:.0f} ms"
        longest = "none" if most is None else f"{1e3 * most:.2g} ms"
        rows.append([f"{1e3 * duration:g} ms", held, *(f"{value:.6f}" for value in values), needed, longest])
    return table(
        ["t", "T", "S at r = 0.8", "S at r = 1", "T needed for this t, r = 1", "t allowed at this T, r = 1"], rows
    )


def ancilla_table() -> str:
    """Squeezing of lattice ancillas at w = 1."""
    rows = []
    for scheme in SCHEMES:
        needed = [ancilla_db(1.0, readout_means(Triangle(), _covariance(r)), scheme) for r in (inf, 1.5, 1.0)]
        rows.append([scheme.name, *("none" if db is None else f"{db:.2f} dB" for db in needed)])
    return table(["what the ancillas read", *(f"r = {r}" for r in ("∞", "1.5", "1"))], rows)


def lattice_table() -> str:
    """I of lattice states."""
    rows = []
    for r, envelope in ((0.9, None), (1.1, None), (1.2, None), (1.6, None), (1.2, 0.9), (1.5, 1.0), (2.0, 1.0)):
        point = lattice_point(r, envelope)
        state = f"{r:g} ({decibels(r):.2f} dB)", "r" if envelope is None else f"{envelope:g}"
        rows.append([*state, *(f"{v:.5f}" for v in (point.momenta, point.positions, point.wrong, point.value))])
    return table(["r of the peaks", "ln E", "PPP", "QQQ", "Pr[p != zz]", "I"], rows)


def _covariance(r: float) -> np.ndarray:
    """That of the triangle; for infinite squeezing only the nullifiers count, and they vanish."""
    return np.zeros((6, 6)) if r == inf else Triangle(1.0, r).covariance()


def table(head: list[str], rows: list[list[str]]) -> str:
    """Rows as Markdown."""
    lines = [head, ["---:"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()

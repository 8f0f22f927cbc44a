"""The tables of docs/qubits.md: convergence of position registers, costs by platform, violations under noise.

Run with ``python benchmarks/qubits.py``; the row with 24 qubits takes most of the time.
"""

from __future__ import annotations

from time import perf_counter

from qumode_khrnn.qubits import DepolarisingNoise, convergence_table, platform_resources, violation_rates

QUBITS = (3, 4, 5, 6)


def convergence() -> list[str]:
    """Registers against the exact law, by number of qubits a mode."""
    lines = [
        "| m | readout | qubits | variance | exact | relative error | distance | stated mass outside | seconds, both |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for m in QUBITS:
        start = perf_counter()
        rows = convergence_table((m,))
        seconds = perf_counter() - start
        lines += [
            f"| {m} | {row.readout} | {row.qubits} | {row.variance:.7f} | {row.exact_variance:.7f} | "
            f"{row.relative_error:.1e} | {row.distance:.4f} | {row.outside:.1e} | {seconds:.1f} |"
            for row in rows
        ]
    return lines


def platforms() -> list[str]:
    """One unit cell on every platform."""
    table = platform_resources(QUBITS)
    light, ions, first = table.photonic, table.ions, table.qubits[0]
    lines = [
        f"photonic ({light.profile}): {light.modes} modes, {light.cubic_phases} cubic gates, {light.beam_splitters} "
        f"beamsplitters, {light.squeezers} squeezers, depth {light.depth}",
        "",
        f"trapped ions ({ions.profile}): {ions.modes} modes, {ions.sequences} spin sequences, "
        f"{ions.spin_displacements} displacements, depth {ions.depth}; sup-norm error {ions.error:.4f} within the "
        f"intervals, mass {ions.outside:.4f} outside, state distance {ions.state_distance:.4f}",
        "",
        f"| encoding | qubits | CNOTs | rotations | T gates, eps = {first.cost.precision:.4f} "
        f"| T gates, eps = {first.fine.precision:g} | depth |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    return lines + [
        f"| {row.encoding} | {row.cost.qubits} | {row.cost.cx} | {row.cost.rotations} | {row.cost.t_count:,} "
        f"| {row.fine.t_count:,} | {row.cost.depth} |"
        for row in table.qubits
    ]


def violations() -> list[str]:
    """Wrong answers to a matched probe, n = 4, k = 3."""
    levels = [DepolarisingNoise(p / 10, p) for p in (0.0, 1e-4, 1e-3, 1e-2, 3e-2)]
    lines = ["| p1 | p2 | violation rate |", "|---:|---:|---:|"]
    return lines + [f"| {v.noise.p1:g} | {v.noise.p2:g} | {v.rate:.4f} |" for v in violation_rates(levels)]


if __name__ == "__main__":
    for table in (convergence(), platforms(), violations()):
        print("\n".join(table), end="\n\n", flush=True)

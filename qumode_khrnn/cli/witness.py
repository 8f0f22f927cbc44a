"""``khrnn witness`` and ``khrnn lattice-witness``: part of the command line, which may open every room inside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qumode_khrnn.cli.common import Force, Json, show, status, tracker
from qumode_khrnn.cli.front.idle import refuse_force, refuse_idle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_profiles import Profile
    from qumode_khrnn.witness.answer import DeviceAnswer
    from qumode_khrnn.witness.lattice_study import LatticeAnswer, LatticePoint
    from qumode_khrnn.witness.study import Witness, WitnessStudy
    from qumode_khrnn.witness.triangle import Triangle


def witness(
    weight: Annotated[float, typer.Option(help="Weight w of each of the three edges.")] = 1.0,
    squeezing: Annotated[
        float, typer.Option(help="Squeezing parameter r of the modes, which are squeezed in p (r = dB / 8.686).")
    ] = 1.0,
    loss: Annotated[
        float, typer.Option(help="Share of light that every mode loses before it is read, from 0 to 1.")
    ] = 0.0,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Also answer for a device: the name of a shipped profile, or a .toml or .json file.",
        ),
    ] = None,
    shots: Annotated[
        int | None, typer.Option(help="Also estimate S from this number of sampled shots per context.")
    ] = None,
    duration_ms: Annotated[
        float | None,
        typer.Option(help="For trapped ions: time in ms until the bit is read; by default that of the pulses."),
    ] = None,
    heating: Annotated[
        float | None,
        typer.Option(help="For trapped ions: heating rate in quanta per second; by default the profile's."),
    ] = None,
    coherence_ms: Annotated[
        float | None,
        typer.Option(help="For trapped ions: coherence time of the motion in ms; by default the profile's."),
    ] = None,
    spin_error: Annotated[
        float | None,
        typer.Option(
            help="For trapped ions: probability that the bit of the spin is flipped, from 0 to 1; by default the "
            "profile's."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of the sampled shots and of the figure, a whole number from 0 on; 0 by default."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for witness.json, witness.csv, witness.png, and the compiled contexts of a device. By default "
            "nothing is written."
        ),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Test the noncontextuality of three modes joined by edges.

    Prints S, its bound, the thresholds, the number of shots, and the answer for a device. Three squeezed modes with an
    edge between any two are read by displacements, one bit per shot. Every noncontextual model has S of at most
    2 sqrt 2, and the network exceeds this bound. The exit code is 0 whether or not the bound is violated.

    Example: khrnn witness --weight 1 --squeezing 1 --loss 0.02 --profile trapped-ion-motional --shots 1000
    """
    from contextlib import nullcontext

    from compiler.errors import InputError
    from hardware_profiles import load_profile
    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.witness.sampling import require_shots
    from qumode_khrnn.witness.triangle import CONTEXTS, Triangle

    refuse_force(force, out)
    why = "is for sampled shots and for the figure; give --shots or --out"
    refuse_idle({"--seed": seed is not None and shots is None and out is None}, why)
    seed = 0 if seed is None else seed
    triangle = Triangle(weight, squeezing, loss)
    if shots is not None:
        require_shots(shots)
    if not 0 <= seed < 2**63:
        raise InputError(f"--seed must be a whole number from 0 on, found {seed}")
    device = None if profile is None else load_profile(profile)
    trap = {"duration_ms": duration_ms, "heating": heating, "coherence_ms": coherence_ms, "spin_error": spin_error}
    if device is None and (given := [name for name, value in trap.items() if value is not None]):
        raise InputError(f"--{given[0].replace('_', '-')} is for a profile of trapped ions; give --profile")
    numbers = {"weight": weight, "squeezing": squeezing, "loss": loss, "shots": shots, "seed": seed}
    asked = {**numbers, **trap, "profile": None if device is None else device.to_data()}
    contexts = [] if device is None else [f"{name}/program.json" for name in CONTEXTS]
    files = ("witness.json", "witness.csv", "witness.png", *contexts)
    with nullcontext() if out is None else output_folder(out, "khrnn witness", asked, files, force=force):
        data, lines = _witnessed(triangle, device, shots, trap, seed, out)
    show({**data, "seed": seed}, as_json, lines)


def _witnessed(
    triangle: Triangle,
    device: Profile | None,
    shots: int | None,
    trap: Mapping[str, float | None],
    seed: int,
    out: Path | None,
) -> tuple[dict[str, Any], list[str]]:
    """Compute the witness, and a device's answer, and write them where asked; returns data and lines of text."""
    import numpy as np

    from qumode_khrnn.witness.study import run_witness, study_of

    answer: DeviceAnswer | None = None
    with status() as say:
        say("computing and sampling S")
        found = run_witness(triangle, shots, np.random.default_rng([seed, 0]))
        if device is not None:
            from qumode_khrnn.witness.devices import device_answer
            from qumode_khrnn.witness.trap_device import TrapOptions

            say(f"compiling the four contexts for {device.name}, and computing S there")
            duration_s, coherence_s = (
                None if (value := trap[name]) is None else 1e-3 * value for name in ("duration_ms", "coherence_ms")
            )
            options = TrapOptions(duration_s, trap["heating"], coherence_s, trap["spin_error"])
            answer = device_answer(device, triangle, options, shots, np.random.default_rng([seed, 1]))
    data, lines = found.to_json(), witness_lines(found)
    if answer is not None:
        data["device"] = answer.to_json()
        lines += ["", f"{answer.profile}:", *(f"  {line}" for line in answer.lines)]
    if out is not None:
        with status() as say:
            say("drawing S over squeezing and loss")
            study = study_of(found, np.random.default_rng([seed, 2]))
            paths = write_witness(out, study, data, answer)
        data["files"] = [str(path) for path in paths]
        lines += ["", f"written: {', '.join(str(path) for path in paths)}"]
    return data, lines


def witness_lines(found: Witness) -> list[str]:
    """The witness as text."""
    from qumode_khrnn.witness.answer import margin_text
    from qumode_khrnn.witness.law import decibels
    from qumode_khrnn.witness.triangle import CONTEXTS

    t, least, most = found.triangle, found.least_squeezing, found.greatest_loss
    lines = [
        f"triangle of weight {t.weight:g}, modes squeezed in p by r = {t.squeezing:g} "
        f"({decibels(t.squeezing):.2f} dB), loss {100 * t.loss:g} % per mode",
        f"<B> = {found.bits[0]:.6f} for each of B0, B1, B2; <A> = {-found.bits[3]:.6f}",
        f"{margin_text(found.value)} (noncontextual models: at most 2 sqrt 2; quantum mechanics: at most 4)",
        f"branch simulator: S = {found.branch_value:.6f} (bits differ from the closed form by {found.deviation:.0e})",
        f"phase-space sampler: S = {found.sampler:.6f}",
    ]
    if least is None:
        lines.append("least squeezing for a violation: no squeezing is enough at this weight and loss")
    elif least == 0.0:
        lines.append("least squeezing for a violation at this weight and loss: none is needed")
    else:
        lines.append(f"least squeezing for a violation at this loss: r = {least:.5f} ({decibels(least):.2f} dB)")
    limit = "" if found.limit_of_loss is None else f" ({100 * found.limit_of_loss:.1f} % at infinite squeezing)"
    allowed = "no violation even without loss" if most is None else f"{100 * most:.1f} % per mode"
    lines.append(f"greatest loss for a violation at this squeezing: {allowed}{limit}")
    if found.shots is None:
        lines.append("shots for three standard errors: none are enough, because S does not pass the bound")
    else:
        lines.append(
            f"shots for three standard errors: {found.shots} per context, {len(CONTEXTS) * found.shots} in all"
        )
    for one in found.estimates:
        lines.append(
            f"sampled, {one.shots} shots per context: S = {one.value:.4f} +- {one.standard_error:.4f} ({one.player})"
        )
    return lines


def write_witness(
    folder: Path, study: WitnessStudy, data: dict[str, Any], answer: DeviceAnswer | None
) -> tuple[Path, ...]:
    """Write the numbers, the figure's points and the figure, and the compiled contexts of a device.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    from compiler.artifact import write_artifact
    from compiler.files import json_text
    from compiler.files.folders import write_files
    from qumode_khrnn.reports.style import png
    from qumode_khrnn.reports.witness_figure import witness_figure

    rows = [point.to_json() for point in study.points]
    text = json_text({"format": "qumode-khrnn/witness", "version": 1, **data, "points": rows})
    picture = png(witness_figure(study))
    files: dict[str, str | bytes] = {"witness.json": text, "witness.csv": _csv_text(rows), "witness.png": picture}
    contexts = {} if answer is None else answer.programs
    for name, program in contexts.items():
        write_artifact(folder / name, program, force=True)  # the folder is of this command, or to be replaced
    return (*write_files(folder, files), *(folder / name for name in contexts))


def lattice_witness(
    squeezing: Annotated[
        float, typer.Option(help="Squeezing parameter r of the peaks (r = dB / 8.686), from 0.3 to 2.5.")
    ] = 1.5,
    envelope: Annotated[
        float | None,
        typer.Option(
            help="Logarithm of the standard deviation E of the envelope, from 0.3 to 2; by default the same as the "
            "squeezing. The command takes seconds up to 1.3, and minutes from 1.6 on."
        ),
    ] = None,
    loss: Annotated[
        float, typer.Option(help="Share of light that every mode loses before its detector, from 0 to 1.")
    ] = 0.0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for lattice.json, lattice.csv and lattice.png, which show I over squeezing. By default "
            "nothing is written."
        ),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Test the noncontextuality of one 3-edge on three lattice (GKP) states that are read by homodyne.

    Prints I, its bound and the threshold. Outcomes are rounded to bits. I is at most 0 for every noncontextual model of
    these bits; ideal qubits reach 1/2. The exit code is 0 whether or not the bound is violated.

    Example: khrnn lattice-witness --squeezing 1.5 --envelope 1
    """
    from contextlib import nullcontext

    from qumode_khrnn.jobs.output import output_folder
    from qumode_khrnn.witness.lattice_study import CURVE_SQUEEZINGS, CURVES, lattice_answer, lattice_curves

    refuse_force(force, out)
    asked = {"squeezing": squeezing, "envelope": envelope, "loss": loss}
    files = ("lattice.json", "lattice.csv", "lattice.png")
    with nullcontext() if out is None else output_folder(out, "khrnn lattice-witness", asked, files, force=force):
        with status() as say:
            say("computing I and searching its threshold: seconds up to an envelope of 1.3, minutes from 1.6 on")
            found = lattice_answer(squeezing, envelope, loss)
        data, lines = found.to_json(), lattice_lines(found)
        if out is not None:
            with tracker() as track:
                points = lattice_curves(track("I over squeezing", len(CURVES) * len(CURVE_SQUEEZINGS)))
            paths = write_lattice(out, found, points)
            data["files"] = [str(path) for path in paths]
            lines.append(f"written: {', '.join(str(path) for path in paths)}")
    show(data, as_json, lines)


def lattice_lines(found: LatticeAnswer) -> list[str]:
    """The answer as text."""
    from qumode_khrnn.witness.lattice import QUBITS
    from qumode_khrnn.witness.law import decibels

    point, least = found.point, found.least_squeezing
    envelope = "E = e^r" if point.envelope is None else f"E = e^{point.envelope:g}"
    verdict = (
        f"violates the bound by {point.value:.5f}" if found.violated else f"misses the bound by {-point.value:.5f}"
    )
    return [
        f"three lattice states, peaks squeezed by r = {point.squeezing_r:g} ({decibels(point.squeezing_r):.2f} dB), "
        f"envelope {envelope}, one 3-edge of weight 1 / sqrt(pi hbar), loss {100 * point.loss:g} % per mode",
        f"<(-1)^(p1+p2+p3)> = {point.momenta:.5f}; <(-1)^(z1z2+z1z3+z2z3)> = {point.positions:.5f}; "
        f"Pr[p_i != z_j z_k] = {point.wrong:.5f}",
        f"I = {point.value:.5f} {verdict} (noncontextual bits: at most 0; qubits: {QUBITS:g})",
        "least squeezing of the peaks for a violation: r = 2 (17.37 dB) is not enough"
        if least is None
        else f"least squeezing of the peaks for a violation: r = {least:.3f} ({decibels(least):.2f} dB)",
    ]


def write_lattice(folder: Path, found: LatticeAnswer, points: tuple[LatticePoint, ...]) -> tuple[Path, ...]:
    """Write the numbers, the table of points and the figure; raises InputError if the folder cannot be written."""
    from compiler.files import json_text
    from compiler.files.folders import write_files
    from qumode_khrnn.reports.lattice_figure import lattice_figure
    from qumode_khrnn.reports.style import png

    rows: list[dict[str, Any]] = [point.to_json() for point in points]
    text = json_text({"format": "qumode-khrnn/lattice-witness", "version": 1, **found.to_json(), "points": rows})
    picture = png(lattice_figure(points, found.point))
    return write_files(folder, {"lattice.json": text, "lattice.csv": _csv_text(rows), "lattice.png": picture})


def _csv_text(rows: list[dict[str, Any]]) -> str:
    """Rows with the same keys as comma-separated text under one header."""
    import csv
    import io

    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()

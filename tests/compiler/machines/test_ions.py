"""Pulses of ions are certified from their file alone, and what ions refuse comes with advice."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partialmethod
from math import erfc, sqrt

import pytest
from machines_support import IONS, QUICK, bare, state

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import InputError, NotMappableError
from compiler.ions.sequences.synthesis import SynthesisSettings
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import IonSettings, Request, check_native
from compiler.machines.ion_file import IonFile
from compiler.machines.ions import estimated_cost
from compiler.machines.layout import ION_FILE, read_layout
from compiler.passes.lowering.split_directions import SplitDirections
from compiler.pipeline import compile_circuit
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile


def test_pulses_are_certified_from_the_file_alone(on_ions, tmp_path):
    write_artifact(tmp_path, on_ions)
    check = check_artifact(tmp_path)
    assert not check.problems and len(check.caveats) == 1 and "within 3 standard deviations" in check.caveats[0]
    assert on_ions.layout is not None
    file = read_layout(IonFile, on_ions.layout.text, ION_FILE)
    assert sum(s.sup_norm for s in file.sequences) <= file.error == IONS.error
    first = file.sequences[0]

    def reasons(**changes) -> str:
        broken = file.model_copy(update=changes)
        return "; ".join(r.reason for r in check_native(on_ions.circuit, on_ions.profile, broken.text()))

    def sequence(**changes) -> tuple:
        return (first.model_copy(update=changes), *file.sequences[1:])

    assert reasons() == ""
    areas = (first.areas[0] + 0.01, *first.areas[1:])
    assert "the error of its sequence is" in reasons(sequences=sequence(areas=areas))
    assert "certified for" in reasons(sequences=sequence(extent=0.9 * first.extent))
    assert "is needed" in reasons(deviations=4.0)
    assert "for another phase" in reasons(sequences=sequence(phase=(*first.phase[:-1], 2.0 * first.phase[-1])))
    assert "one sequence for this phase, found 0" in reasons(sequences=file.sequences[1:])
    assert "one sequence for this phase, found 2" in reasons(sequences=(*file.sequences, first))
    assert "add up to" in reasons(error=1e-6)
    assert "Homodyne is unavailable" in reasons(readouts=file.readouts[1:])
    with pytest.raises(InputError, match=r"ions.json: sequences.0.areas"):
        check_native(on_ions.circuit, on_ions.profile, on_ions.layout.text.replace('"areas": [', '"areas": ["x",', 1))


def test_what_is_certified_of_the_state(on_ions):
    """Union bound over the directions, 2 elsewhere; and what is said is rounded up."""
    assert on_ions.layout is not None
    summary, (_, said, *_) = on_ions.layout.summary, on_ions.layout.lines
    outside = summary["sequences"] * erfc(3.0 / sqrt(2.0))
    distance = sqrt(summary["error_bound"] ** 2 + 4.0 * outside)
    assert (summary["outside"], summary["state_distance"]) == pytest.approx((outside, distance))
    numbers = [float(number) for number in re.findall(r"(?:within|at most) ([\d.]+(?:e-\d+)?)", said)]
    exact = (distance, 3.0, summary["error_bound"], summary["leak_bound"], outside, 2.0)
    assert all(value * (1 - 1e-12) <= shown <= 1.1 * value for shown, value in zip(numbers, exact, strict=True))


def test_ions_refuse_with_advice(monkeypatch):
    profile = load_profile("trapped-ion-motional")
    with pytest.raises(NotMappableError, match=r"Homodyne is unavailable.*--readout spin"):
        compile_circuit(state(4, 3, 0.3), profile)
    fed = ops.Displacement((1,), Polynomial.monomial(("m",)), 0.0)
    with pytest.raises(NotMappableError, match="the spin gives one bit, not the value"):
        compile_circuit(Circuit(2, (ops.Homodyne((0,), 0.0, "m"), fed)), profile, settings=IONS)
    monkeypatch.setattr(SynthesisSettings, "__init__", partialmethod(SynthesisSettings.__init__, max_pulses=4))
    with pytest.raises(NotMappableError, match=r"at most 4 are allowed.*lower the squeezing"):
        compile_circuit(state(4, 3, 1.0, 3.0), profile, options=QUICK, settings=replace(IONS, error=1e-4))
    monkeypatch.undo()
    turned = bare(state(3, 3, 0.3)).then((ops.Rotation((0,), 0.3), ops.phase(Polynomial.monomial((0, 1, 2), 0.1))))
    with pytest.raises(NotMappableError, match="mixes momenta into positions between phases"):
        compile_circuit(turned, profile, options=QUICK, settings=IONS)


def test_fewer_directions_lower_pulses_time_and_distance():
    """All edges of two and three modes among three: ten sequences by polarization, four by search; both are proved."""
    profile = load_profile("trapped-ion-motional")
    keys = {(0, 1): 0.2, (0, 2): -0.3, (1, 2): 0.1, (0, 1, 2): 0.2}
    gates = tuple(ops.phase(Polynomial.monomial(key, c)) for key, c in keys.items())
    settings = IonSettings(error=0.2, input_r=0.2)
    usual, fewer = (
        compile_circuit(Circuit(3, gates), profile, options=SynthesisOptions(effort=effort), settings=settings)
        for effort in (0.0, 0.9)  # less than searches with free areas take: both have equal areas
    )
    reports = [
        record.report for program in (usual, fewer) for record in program.passes if record.name == "split_directions"
    ]
    assert reports == [
        "1 phases became 10 along directions",
        "1 phases became 4 along directions (polarization: 10)",
    ]
    before, after = (program.layout.summary for program in (usual, fewer))
    for cost in ("sequences", "displacements", "pulses", "duration_s", "heating_variance", "state_distance"):
        assert after[cost] < 0.8 * before[cost]
    assert after["error_bound"] <= 0.2 and fewer.verification.equivalent
    request = Request(SynthesisOptions(effort=0.9), settings=settings)
    estimates = [estimated_cost(program.circuit, request) for program in (usual, fewer)]
    found = [program.layout.summary["displacements"] for program in (usual, fewer)]
    assert estimates == pytest.approx(found, rel=0.3)


def test_a_circuit_that_ions_refuse_has_no_cost():
    turned = Circuit(1, (ops.CubicPhase((0,), 0.1), ops.Rotation((0,), 0.3), ops.CubicPhase((0,), 0.1)))
    split = SplitDirections(SynthesisOptions(effort=0.0))(turned, load_profile("trapped-ion-motional")).circuit
    assert estimated_cost(split, Request()) == float("inf")
    assert estimated_cost(Circuit(1, ()), Request()) == 0.0

"""The attacks of ``make torture`` can fail: they see a wrong circuit, a changed file and a half-written one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from hardware_profiles import load_profile
from tests.torture import circuits, readers
from tests.torture.kills import _half_written
from tests.torture.laws import deviation_of_laws
from tests.torture.long_commands import differences, written
from tests.torture.phase_space import deviation, pulse_error
from tests.torture.tally import Clock, Tally, table

EDGE = ops.phase(Polynomial.monomial((0, 1, 2), 0.3))


@pytest.mark.parametrize("name", ["ideal-cubic", "photonic-teleported"])
def test_the_reference_sees_a_change_of_one_number(name):
    source = Circuit(3, (ops.PrepareSqueezed((0,), -0.5), EDGE, ops.Homodyne((0,), 1.2, "y")))
    native = circuits.compiled(source, load_profile(name)).program.circuit
    assert deviation(source, native) < circuits.SAME
    seen = 0
    for at, op in enumerate(native.operations):
        for name_of in ("theta", "gamma", "r", "angle"):
            value = getattr(op, name_of, None)
            if isinstance(value, float) and value and not isinstance(op, ops.PrepareSqueezed):
                operations = list(native.operations)
                operations[at] = replace(op, **{name_of: value * (1 + 1e-4)})
                changed = deviation(source, native.with_operations(tuple(operations)))
                free = isinstance(op, ops.PrepareCubic) and name_of == "r"  # squeezing of an ideal resource
                assert (changed > circuits.SAME) != free
                seen += 1
    assert seen > 10


def test_laws_do_not_tell_a_squeezed_state_from_the_same_state_turned_by_pi():
    prepared = (ops.PrepareSqueezed((0,), 0.5), ops.PrepareSqueezed((1,), -0.3))
    source = Circuit(2, (*prepared, ops.Homodyne((0,), 0.7, "y")))
    turned = Circuit(2, (*prepared, ops.Rotation((1,), np.pi), ops.Homodyne((0,), 0.7 + np.pi, "y")))
    assert deviation(source, turned) > 0.1 and deviation_of_laws(source, turned) < circuits.SAME
    scaled = Circuit(2, (ops.PrepareSqueezed((0,), 0.5), ops.Squeeze((0,), 0.1), *turned.operations[1:]))
    assert deviation_of_laws(source, scaled) > 0.01
    fed = Circuit(2, (*source.operations, ops.Displacement((1,), 0.0, Polynomial.monomial(("y",)))))
    other = Circuit(2, (*turned.operations, ops.Displacement((1,), 0.0, Polynomial.monomial(("y",)))))
    assert deviation_of_laws(fed, other) < circuits.SAME
    wrong = Circuit(2, (*turned.operations, ops.Displacement((1,), 0.0, Polynomial.monomial(("y",), -1.0))))
    assert deviation_of_laws(fed, wrong) > 0.1
    cubic = (ops.PrepareSqueezed((1,), 0.5), ops.CubicPhase((1,), 0.3))
    beside, mirrored, other = (
        Circuit(2, (prepared[0], ops.Homodyne((0,), angle, "y"), *cubic)) for angle in (0.7, -0.7, 0.8)
    )
    assert deviation(beside, mirrored) > 0.1 and deviation_of_laws(beside, mirrored) < circuits.SAME
    assert deviation_of_laws(beside, other) > 0.01


def test_the_reference_sees_a_changed_pulse():
    found = circuits.compiled(Circuit(3, (EDGE,)).then(()), load_profile("trapped-ion-motional")).program
    assert found.layout is not None
    assert 0.1 < pulse_error(found.layout.text, found.circuit) <= 1.0 + 1e-6
    first = found.layout.text.index('"polar": [') + 10
    digits = found.layout.text[first:].lstrip()
    changed = found.layout.text.replace(digits[:8], f"{float(digits[:8]) + 0.1:.5f}", 1)
    assert pulse_error(changed, found.circuit) > 1.5


def test_states_of_the_vacuum_are_compared_by_their_modes():
    squeezed = Circuit(12, tuple(ops.PrepareSqueezed((m,), 0.1 * m) for m in range(12)))
    swapped = squeezed.with_operations((*squeezed.operations, ops.BeamSplitter((1, 10), np.pi / 2)))
    assert circuits.state_deviation(squeezed, squeezed) == 0.0
    assert circuits.state_deviation(squeezed, swapped) > 0.1
    assert circuits.state_deviation(Circuit(2, squeezed.operations[:2]), squeezed) < 1e-15


def test_a_wrong_compiler_is_a_fault(monkeypatch):
    honest = circuits.compile_circuit

    def wrong(circuit, profile, **options):
        program = honest(circuit, profile, **options)
        return replace(program, circuit=program.circuit.then((ops.Rotation((0,), 1e-6),)))

    monkeypatch.setattr(circuits, "compile_circuit", wrong)
    tally = Tally("")
    circuits._one(tally, Tally(""), load_profile("ideal-cubic"), np.random.default_rng(5), "here")
    assert len(tally.faults) + tally.refused == 1


def test_a_reader_that_breaks_is_a_fault(tmp_path):
    def broken(path: Path) -> None:
        raise KeyError(path.name)

    tally = Tally("")
    readers._one(tally, readers.Kind("x", [{"a.json": b"{}"}], broken), np.random.default_rng(0), tmp_path, "trial 1")
    assert tally.tried == 1 and "KeyError" in tally.faults[0]


def test_half_written_and_changed_files_are_seen(tmp_path):
    (tmp_path / "a.json").write_text('{"seconds": 1, "x": 1}', encoding="utf-8")
    before = written(tmp_path)
    (tmp_path / "a.json").write_text('{"seconds": 2, "x": 1}', encoding="utf-8")
    assert not list(differences(before, written(tmp_path)))
    (tmp_path / "a.json").write_text('{"seconds": 2, "x": 2}', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"seconds": 2, "x": 2}', encoding="utf-8")
    assert len(list(differences(before, written(tmp_path)))) == 2
    assert not _half_written(tmp_path)
    (tmp_path / "b.json").write_text('{"seconds": 2, "x', encoding="utf-8")
    assert len(_half_written(tmp_path)) == 1


def test_a_clock_goes_once_and_the_table_counts():
    clock = Clock(-1.0)
    assert clock.going() and not clock.going()
    assert table([Tally("x", 2000, 1, 1, ["a"], "b")])[-1] == "| x | 2,000 | 1 | 1 | 1 | b |"

"""Pictures of circuits and programs: the beginning of the circuit, counts that agree, text that is short."""

import re
from random import Random
from xml.etree import ElementTree

import pytest

from compiler import Circuit, CircuitError, Polynomial, compile_circuit, operations
from compiler.display.pictures import beginning
from compiler.exports.drawings.latex import to_latex
from hardware_profiles import load_profile

ops = operations
SVG = "{http://www.w3.org/2000/svg}"


def chain(length):
    return Circuit(2, tuple(ops.Squeeze((i % 2,), 0.5) for i in range(length)))


def shapes(svg):
    """Return the number of labelled boxes."""
    return sum(text.get("class") == "s" for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_a_small_circuit_is_drawn_whole():
    circuit = chain(7)
    assert shapes(circuit.draw().svg) == 7 and "not drawn" not in circuit.draw().svg
    assert "7 operations" in circuit.draw().title


def test_a_large_circuit_says_how_many_operations_are_not_drawn():
    svg = chain(5000).draw().svg
    missing, total = map(int, re.search(r"and (\d+) further operations of (\d+), not drawn", svg).groups())
    assert total == 5000 and shapes(svg) + missing == 5000 and 0 < shapes(svg) <= 400
    assert "5000 operations" in svg


def test_wide_circuits_are_cut_to_their_first_modes():
    circuit = Circuit(1000, tuple(ops.PrepareVacuum((mode,)) for mode in range(1000)))
    made = circuit.draw()
    assert shapes(made.svg) == 40 and "and 960 further operations of 1000, not drawn" in made.svg
    assert ("drawn", "the first 40 of 1000 modes, until they meet other modes") in made.facts


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_happens_first(seed):
    """No operation that is left out comes before a kept one on a mode that they share, or gives it a result."""
    random = Random(seed)
    made, names = [ops.PrepareVacuum((mode,)) for mode in range(6)], []
    for i in range(60):
        pair = tuple(random.sample(range(6), 2))
        if random.random() < 0.2:
            made += [ops.Homodyne(pair[:1], 0.0, f"m{i}"), ops.PrepareVacuum(pair[:1])]
            names.append(f"m{i}")
        elif names and random.random() < 0.3:
            made.append(ops.Displacement(pair[:1], Polynomial.monomial((random.choice(names),), 0.5), 0.0))
        else:
            made.append(ops.ControlledZ(pair, float(i)))
    circuit = Circuit(6, tuple(made))
    cut, missing = beginning(circuit, 4, 25)
    assert len(cut.operations) + missing == len(made) and len(cut.operations) >= 4
    left, waiting = set(), list(cut.operations)
    for op in made:
        if waiting and op is waiting[0]:
            assert left.isdisjoint(op.modes)
            waiting.pop(0)
        else:
            left.update(op.modes)
    assert not waiting


def test_where_all_modes_meet_others_at_once_only_the_sentence_is_left():
    circuit = Circuit(80, tuple(ops.ControlledZ((mode, mode + 40), 1.0) for mode in range(40)))
    assert shapes(circuit.draw().svg) == 0 and "and 40 further operations of 40, not drawn" in circuit.draw().svg


def test_a_circuit_is_written_as_the_exports_write_it(tmp_path):
    circuit = chain(3)
    circuit.draw(tmp_path / "circuit.tex")
    assert (tmp_path / "circuit.tex").read_text(encoding="utf-8") == to_latex(circuit)


def test_a_circuit_without_modes_is_refused():
    with pytest.raises(CircuitError, match="needs at least one mode"):
        Circuit(0).draw()


def test_a_program_shows_its_costs_and_its_proof():
    source = Circuit(2, (ops.PolynomialPhase((0, 1), Polynomial.monomial((0, 0, 1), 0.1)),))
    program = compile_circuit(source, load_profile("ideal-cubic"))
    facts = dict(program.draw().facts)
    cubics = sum(isinstance(op, ops.CubicPhase) for op in program.circuit.operations)
    assert facts["profile"] == "ideal-cubic" and facts["equal to its source"].startswith("yes")
    assert facts["operations"] == f"{len(program.circuit.operations)} ({cubics} non-Gaussian)"
    assert shapes(program.draw().svg) >= len(program.circuit.operations)
    assert "ideal-cubic" in program._repr_html_() and len(repr(program)) < 160
    assert f"({cubics} non-Gaussian)" in repr(program)


def test_circuits_print_their_first_operations():
    lines = str(chain(100)).splitlines()
    assert lines[0] == repr(chain(100)) == "<Circuit: 2 modes, 100 operations>"
    assert lines[1] == "   0 Squeeze(mode 0) r=0.5" and lines[-1] == "... and 60 further operations, not shown"
    assert len(lines) == 42
    readouts = Circuit(20, tuple(ops.Homodyne((m,), 0.0, f"m{m}") for m in range(20)))
    assert repr(readouts).endswith("results m0, m1, m2, m3, m4, m5, ... (20)>")

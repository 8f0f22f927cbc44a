"""CV-OpenQASM text becomes OpenQASM 3: words, lines, bounds; plain gates are what the parser makes of them."""

import re

import pytest
from cv_openqasm_texts import HEAD, TEXTS

from compiler.errors import CircuitError
from compiler.imports.openqasm import text as module
from compiler.imports.openqasm.reader import read_cv_openqasm
from compiler.imports.openqasm.text import standard, statements


@pytest.mark.parametrize(
    ("dialect", "strict"),
    [
        ("qumode[2] m;", "qubit[2] m;"),
        ("qumode m;", "qubit m;"),
        ("qumode m[2];", "qreg m[2];"),
        ("def f(qumode a, qumode[2] b) {}", "def f(qubit a, qubit[2] b) {}"),
        ("gate g(t) qumode a, qumode b { cv_r(t) a; }", "gate g(t) a, b { cv_r(t) a; }"),
        ("gate g(t) qubit a, qumode b {}", "gate g(t) a, b {}"),
        ("defcal measure_x qumode m -> float {}", "defcal measure_x m -> float {}"),
        ("float c = measure_x m[0];", "float c = measure_x(m[0]);"),
        ("float c = measure_x m[a[0]];", "float c = measure_x(m[a[0]]);"),
        ("uint c = measure_n /* all */ m;", "uint c = measure_n(m);"),
        ("return measure_x m;", "return measure_x(m);"),
        ("float c = 2 * measure_x m[0] + 1;", "float c = 2 * measure_x(m[0]) + 1;"),
        ("measure_x m[0] -> c[1];", "c[1] = measure_x(m[0]);"),
        ("measure_x(m[0]);", "measure_x(m[0]);"),
        ("// qumode m; measure_x m", "// qumode m; measure_x m"),
        ('include "qumode m.inc";', 'include "qumode m.inc";'),
        ("float measure_xx = 1; qumodes = 2;", "float measure_xx = 1; qumodes = 2;"),
    ],
)
def test_words_of_the_dialect_are_rewritten(dialect, strict):
    assert standard(dialect) == strict


@pytest.mark.parametrize("name", TEXTS)
def test_lines_keep_their_numbers(name):
    text = TEXTS[name]
    assert [line.count("\n") for line in standard(text).splitlines(True)] == [1] * len(text.splitlines())
    broken = text + "cv_f nowhere;\n"
    with pytest.raises(CircuitError, match=f"line {len(text.splitlines()) + 1}: nowhere is not declared"):
        read_cv_openqasm(broken, "text")


PLAIN = [
    "cv_bs(0.5, -1.5707963267948966) m[0], m[1];",
    "cv_r(-1e-05) m[12];",
    "cv_tms(2, 0) abc_1[0],m[3];",
    "khrnn_cz(1.5E+2) m[0], m[1];",
]


@pytest.mark.parametrize("line", PLAIN)
def test_plain_gates_of_long_texts_are_what_the_parser_makes(line, monkeypatch):
    def read(long):
        monkeypatch.setattr(module, "LONG", long)
        return list(statements(f"OPENQASM 3.0;\n\n{line}\n  {line}\ncv_f m;\n", "text", set()))

    by_parser, taken_apart = read(10**9), read(0)
    assert [node for node, _ in by_parser] == [node for node, _ in taken_apart]
    places = [[offset + node.span.start_line for node, offset in found] for found in (by_parser, taken_apart)]
    assert places == [[3, 4, 5], [3, 4, 5]]


def test_other_lines_of_long_texts_go_to_the_parser(monkeypatch):
    def parser(piece, line, where):
        handed.append(piece)
        return original(piece, line, where)

    original, handed = module._parsed, []
    monkeypatch.setattr(module, "_parsed", parser)
    monkeypatch.setattr(module, "LONG", 0)
    lines = [
        "cv_r(pi) m[0];",
        "gphase(0.1);",
        "cv_r(0.1) m;",
        "inv @ cv_r(0.1) m[0];",
        "cv_f m[0];",
        "// cv_r(1) m[0];",
    ]
    text = f"{HEAD}qumode[2] m;\ncv_r(0.1) m[0];\n" + "\n".join(f"{line}\ncv_r(0.1) m[0];" for line in lines)
    circuit = read_cv_openqasm(text).circuit
    rest = "".join(handed)
    assert all(line in rest for line in lines) and len(circuit.operations) == 1 + 2 + 1 + 1 + 1 + 6
    assert len(re.findall(r"^cv_r\(0.1\) m\[0\];", rest, re.M)) == 1  # behind the comment


def test_remarks_behind_the_last_gate_of_a_long_text_are_left_out(monkeypatch):
    monkeypatch.setattr(module, "LONG", 0)
    for end in ("// done", "/* one\ntwo */\n", "\n// a\n// b\n"):
        assert len(read_cv_openqasm(f"{HEAD}qumode[2] m;\ncv_r(0.1) m[0];\n{end}").circuit.operations) == 1


@pytest.mark.parametrize("text", ["", "\n \n", "// nothing\n", "/* nothing */"])
def test_a_text_without_a_statement_is_refused(text):
    with pytest.raises(CircuitError, match=r"the first statement must be 'OPENQASM 3\.0;', found no statement"):
        read_cv_openqasm(text, "text")


@pytest.mark.parametrize("long", [0, 10**9])
@pytest.mark.parametrize("name", TEXTS)
def test_both_ways_read_the_same_circuit(name, long, monkeypatch):
    expected = read_cv_openqasm(TEXTS[name])
    monkeypatch.setattr(module, "LONG", long)
    monkeypatch.setattr(module, "PIECE_CHARACTERS", 1)
    assert read_cv_openqasm(TEXTS[name]) == expected


def test_a_text_is_parsed_in_pieces(monkeypatch):
    monkeypatch.setattr(module, "PIECE_CHARACTERS", 1_000)
    text = HEAD + "qumode[2] m;\n" + "cv_r(pi/8) m[1];\n" * 300
    pieces = list(module._pieces(text, "text"))
    assert "".join(pieces) == text and 3 < len(pieces) < 10
    assert len(read_cv_openqasm(text).circuit.operations) == 300
    with pytest.raises(CircuitError, match="line 305: nowhere is not declared"):
        read_cv_openqasm(text + "cv_f nowhere;", "text")
    monkeypatch.setattr(module, "_pieces", lambda *given: iter([*pieces, "OPENQASM 3.0;"]))
    with pytest.raises(CircuitError, match="line 305: OPENQASM must stand once"):
        read_cv_openqasm(text, "text")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("cv_r(" + "(" * 100 + "1" + ")" * 100 + ") m[0];", "brackets are nested deeper"),
        ("{" * 70 + "}" * 70, "brackets are nested deeper"),
        ("cv_r(" + "-" * 300 + "1) m[0];", "minus signs"),
        ("cv_r(" + "1+" * 3000 + "1) m[0];", "operators"),
        ("cv_r(" + "1+" * 900 + "1) m[0];", "nested too deeply"),
        ('include "a";' * 300, "quotation marks"),
        ("cv_f m;\n" * 5_000, "characters are read"),
        ("x" * 20_000_001, "at most 20,000,000 characters"),
    ],
    ids=lambda v: v[:20],
)
def test_what_would_keep_the_parser_busy_is_refused(body, reason, monkeypatch):
    monkeypatch.setattr(module, "MAX_PARSED", 30_000)
    with pytest.raises(CircuitError, match=reason):
        read_cv_openqasm(f"{HEAD}qumode[2] m;\n{body}", "text")


def test_the_parser_prints_nothing(capfd):
    for text in ("$$", "cv_r([) m;", "\x00", "OPENQASM 3.0; \u202e `"):
        with pytest.raises(CircuitError, match="cannot be parsed") as refused:
            read_cv_openqasm(text, "text")
        assert str(refused.value).isprintable()
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")

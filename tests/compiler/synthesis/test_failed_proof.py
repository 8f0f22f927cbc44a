"""A strategy that makes a wrong plan: it is found out, said everywhere, and another plan is used."""

import json

import pytest
from command import ok
from cubic_forms import chosen, dense, realises

from compiler.artifact import check_artifact, write_artifact
from compiler.artifact.folder import costs_of
from compiler.ir.circuit import Circuit
from compiler.pipeline import MiscompilationError, compile_circuit
from compiler.synthesis import choose, strategies
from compiler.synthesis.choose import FailedProofWarning, synthesise
from compiler.synthesis.form import CubicForm, Plan
from compiler.synthesis.options import SynthesisOptions
from compiler.synthesis.peeling import peel
from hardware_profiles import load_profile
from qumode_khrnn.cli.compile_text import compile_lines

FORM = dense(6)
IDEAL = load_profile("ideal-cubic")


def one_monomial(form, hubs=None):
    """A plan of the first monomial only, which takes the fewest gates."""
    plan = peel(CubicForm(form.size, dict(list(form.terms.items())[:1])))
    return Plan("eigen-peeling", form.size, plan.operations)


@pytest.fixture
def defect(monkeypatch):
    monkeypatch.setattr(strategies, "coloured", one_monomial)


@pytest.fixture
def program(defect):
    with pytest.warns(FailedProofWarning):
        return compile_circuit(Circuit(6, (FORM.gate,)), IDEAL, options=SynthesisOptions(effort=0.0))


@pytest.fixture
def folder(program, tmp_path):
    write_artifact(tmp_path, program)
    return tmp_path


def test_a_plan_that_fails_its_proof_is_not_used(defect):
    with pytest.warns(FailedProofWarning, match=r"by eigen-peeling on 6 modes failed its proof \(residual .*report"):
        plan, rows = synthesise(FORM, SynthesisOptions(effort=0.0))
    (failed,) = [row for row in rows if row.failed]
    assert failed.strategy == "eigen-peeling" and failed.cubics == 4 and not failed.chosen
    assert failed.residual > 1e-3
    (used,) = chosen(rows)
    assert used.residual <= 1e-11 and not used.failed and used.strategy != "eigen-peeling"
    assert realises(FORM, plan) and plan.cubics == used.cubics > 4


def test_a_searched_plan_is_used_instead_where_there_is_one(defect):
    with pytest.warns(FailedProofWarning):
        plan, rows = synthesise(FORM, SynthesisOptions("strength"))
    assert realises(FORM, plan)
    assert [row.failed for row in rows if row.strategy == "eigen-peeling"] == [True]


def test_every_component_says_its_own_failures(defect):
    terms = dict(dense(4).terms) | {tuple(v + 4 for v in key): c for key, c in dense(4, 1).terms.items()}
    with pytest.warns(FailedProofWarning) as caught:
        plan, rows = synthesise(CubicForm(8, terms), SynthesisOptions(effort=0.0))
    assert len(caught) == 2
    assert sum(row.failed for row in rows) == 2 and len(chosen(rows)) == 2
    assert realises(CubicForm(8, terms), plan)


def test_if_no_plan_is_proved_the_verification_of_the_circuit_decides(defect, monkeypatch):
    monkeypatch.setattr(strategies, "polarize", one_monomial)
    monkeypatch.setattr(strategies, "paired_peeling", lambda *args: None)
    form = CubicForm(4, {(0, 1, 2): 0.3, (1, 2, 3): 0.2})
    with pytest.warns(FailedProofWarning):
        _, rows = synthesise(form, SynthesisOptions(effort=0.0))
    (used,) = chosen(rows)
    assert used.failed and used.residual > 1e-3
    with pytest.warns(FailedProofWarning), pytest.raises(MiscompilationError):
        compile_circuit(Circuit(4, (form.gate,)), IDEAL, options=SynthesisOptions(effort=0.0))


def test_the_costs_of_a_program_count_failed_proofs(program):
    assert costs_of(program)["synthesis"]["failed_proofs"] == 1
    assert program.verification.equivalent


def test_the_text_says_which_strategy_failed(program, tmp_path):
    lines = compile_lines(program, None, None, tmp_path, [])
    (failed,) = [line for line in lines if "FAILED" in line]
    assert "eigen-peeling" in failed and failed.endswith("FAILED ITS PROOF, not used")
    assert not failed.lstrip().startswith("*")
    assert [line for line in lines if line.lstrip().startswith("*")]


def test_a_folder_keeps_the_failure_and_verifies(folder):
    stored = json.loads((folder / "resources.json").read_text())
    assert stored["synthesis"]["failed_proofs"] == 1
    rows = json.loads((folder / "certificate.json").read_text())["strategies"]
    assert [r["strategy"] for r in rows if r["failed"]] == ["eigen-peeling"]
    assert not check_artifact(folder).problems
    assert ok("verify", folder).startswith("holds: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda summary: summary.update(failed_proofs=0),
        lambda summary: summary.update(trade_off=[{"modes": [0], "points": []}]),
        lambda summary: summary.clear(),
        lambda summary: summary.update(proved="all"),
    ],
)
def test_a_summary_that_is_not_of_the_rows_is_found(folder, change):
    path = folder / "resources.json"
    data = json.loads(path.read_text())
    change(data["synthesis"])
    path.write_text(json.dumps(data))
    problems = check_artifact(folder).problems
    assert len(problems) == 2 and problems[0].startswith("certificate.json does not certify this resources.json")
    assert problems[1] == "resources.json does not summarise the strategies of certificate.json"


def test_a_summary_without_rows_is_found(folder):
    path = folder / "certificate.json"
    data = json.loads(path.read_text())
    data["strategies"] = "none"
    path.write_text(json.dumps(data))
    problems = check_artifact(folder).problems
    assert "resources.json does not summarise the strategies of certificate.json" in problems
    assert any("its own digest" in problem for problem in problems)


def test_only_defects_are_warned_of(monkeypatch):
    """The tolerance of the proof is not reached by rounding."""
    monkeypatch.setattr(choose, "OPERATIONS_OF_A_LONG_PROOF", 1)
    lines = []
    _, rows = synthesise(FORM, SynthesisOptions(effort=0.0), lines.append)
    assert not any(row.failed for row in rows)
    assert [line for line in lines if line.startswith("proof of a plan of ")]

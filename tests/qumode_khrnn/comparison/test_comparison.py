"""The comparison, trainings and datasets in parts: resumption, checks that can fail, the command line."""

import json
import subprocess
import sys
from dataclasses import replace
from math import comb, log

import pytest
from absent_packages import needs
from pages import assert_page_holds

from compiler.errors import InputError
from qumode_khrnn.answers.generation import SENTENCES_PER_PART, generate_file
from qumode_khrnn.comparison.config import (
    QUICK,
    CompareConfig,
    CompiledConfig,
    ExaminationConfig,
    IdealConfig,
    LearningStudy,
    NetworkStudy,
    QubitConfig,
    TrackerConfig,
    check_network,
    check_tracker,
)
from qumode_khrnn.comparison.study import budgets, jobs_of, read_comparison, run_comparison
from qumode_khrnn.comparison.tasks import tracker
from qumode_khrnn.hsmt.bounds import dimension_bound, least_excess_nll, least_violation, paper_bound
from qumode_khrnn.hsmt.dataset import read_dataset
from qumode_khrnn.hsmt.models import memory_of
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.reports.comparison_figures import frontier_figure
from qumode_khrnn.reports.comparison_report import learnt, network_verdict, write_comparison
from qumode_khrnn.reports.separation_figures import decisive_figure
from qumode_khrnn.settings import read_config
from qumode_khrnn.studies.sweep import SweepConfig, run_sweep
from qumode_khrnn.studies.training import read_settings, run_training

TINY = CompareConfig(
    ideal=IdealConfig(alphabets=("modular(2)", "real"), sizes=((3, 3),), sentences=60, real_sentences=12),
    examination=ExaminationConfig(
        models=("constant", "phase-space-sampler", "pair", "ideal"), sizes=((3, 2), (4, 2), (3, 3)), probes=40
    ),
    tracker=TrackerConfig(sizes=((3, 2),), sentences=120, points=3),
    compiled=(
        CompiledConfig(size=(3, 3), edges=1, sentences=6, repeats=2, loss_scales=(1.0,), trajectories=200),
        CompiledConfig(size=(2, 2), edges=None, sentences=12, repeats=2, loss_scales=(0.0, 3.0)),
    ),
    qubits=QubitConfig(
        sizes=((3, 2),),
        sentences=12,
        noise=(0.01,),
        register_qubits=(3,),
        register_sentences=2,
        resource_qubits=(2, 3),
    ),
    networks=(
        NetworkStudy(
            families=("ssm",), latents=(2,), seeds=1, learning_rates=(0.005,), steps=20, test_sentences=200, bits=(2,)
        ),
        NetworkStudy(
            alphabet="real",
            size=(2, 2),
            families=("gru",),
            latents=(2,),
            seeds=1,
            learning_rates=(0.005,),
            steps=10,
            sentences=200,
            test_sentences=50,
            bits=(),
        ),
    ),
    learning=LearningStudy(modes=2, k=(2,), seeds=1, adam=True, samples=4, largest=4),
)


def silent(what, total):
    return lambda done: None


def khrnn(*args, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "qumode_khrnn", *map(str, args)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    return folder, run_comparison(TINY, folder, workers=1)


# --- the comparison --------------------------------------------------------------------------------------------------


@needs("qiskit", "qiskit_aer", "torch")
def test_all_parts_run_and_no_check_fails(tiny):
    _, found = tiny
    assert found.ran == len(jobs_of(TINY)) and found.reused == 0 and not found.warnings
    assert found.failed_checks() == ()
    families = {row["family"] for row in found.of("frontier")}
    assert families == {
        "k-HRNN",
        "no memory",
        "phase-space sampler",
        "budgeted tracker",
        "compiled k-HRNN",
        "qubits",
        "qubit registers",
        "ssm",
        "gru",
    }
    for study in ("learning", "learning curve", "gradients", "resources", "convergence", "rounded", "examination"):
        assert found.of(study), study


def test_a_second_call_runs_nothing_and_a_lost_part_alone(tiny):
    folder, found = tiny
    again = run_comparison(TINY, folder, workers=1)
    assert (again.ran, again.reused, again.rows) == (0, found.ran, found.rows)
    lost = folder / "jobs" / "tracker-n3-k2.json"
    lost.unlink()
    broken = folder / "jobs" / "examination-pair-n3-k2.json"
    broken.write_text(broken.read_text()[:-30])
    repaired = run_comparison(TINY, folder, workers=1)
    assert (repaired.ran, repaired.rows) == (2, found.rows)
    assert len(repaired.warnings) == 1 and "pair" in repaired.warnings[0]


def sorted_row(row):
    return sorted(row.items())


def test_trackers_of_one_size_share_their_sentences():
    """The tracker of all 20 weights is exact at n = 6, k = 3, and the one without weights is not."""
    rows = tracker({"n": 6, "k": 3, "sentences": 40, "budgets": [0, 20]}, 1)
    excess = {row["memory"]: row["excess_nll"] for row in rows if row["probe"] == "neighbour"}
    assert excess[20] == pytest.approx(0.0, abs=1e-12) and excess[0] > least_excess_nll(6, 3, 0) / 2
    alone = tracker({"n": 6, "k": 3, "sentences": 40, "budget": 20}, 1)
    assert alone == [row for row in rows if row["memory"] == 20]


def planted(found, **fields):
    """The comparison with one row of the frontier changed."""
    where = {name: value for name, value in fields.items() if name in ("family", "probe", "memory")}
    target = found.of("frontier", **where)[0]
    rows = tuple({**row, **fields} if dict(row) == target else row for row in found.rows)
    return replace(found, rows=rows)


TRACKER = {"family": "budgeted tracker", "probe": "neighbour"}


def test_an_exact_model_that_violates_is_told(tiny):
    _, found = tiny
    for model, text in (("ideal", "gave an impossible answer"), ("pair", "gave an impossible answer")):
        rows = tuple({**row, "violations": 1} if row.get("model") == model else row for row in found.rows)
        assert any(model in line and text in line for line in replace(found, rows=rows).failed_checks())
    rows = tuple({**row, "caught_by": "likelihood"} if row.get("model") == "ideal" else row for row in found.rows)
    assert any("is caught by likelihood" in line for line in replace(found, rows=rows).failed_checks())


def test_a_comparison_is_read_from_its_report(tiny, tmp_path):
    _, found = tiny
    write_comparison(found, tmp_path, "khrnn compare", 1.0, "2026-11-22")
    again = read_comparison(tmp_path / "report.json")
    assert again.config == found.config
    assert sorted(map(str, map(sorted_row, again.rows))) == sorted(map(str, map(sorted_row, found.rows)))
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(InputError, match="format"):
        read_comparison(tmp_path / "report.json")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"family": "k-HRNN", "probe": "matched", "violation_rate": 0.1},
            "ideal network's violation rate must be 0, found 0.1",
        ),
        (
            {"family": "phase-space sampler", "probe": "matched", "violation_rate": 0.1},
            "sampler's violation rate must be 0, found 0.1",
        ),
        (
            {"family": "phase-space sampler", "probe": "contextual", "violation_rate": 0.0},
            "sampler's violation rate must be 1, found 0",
        ),
        (
            {**TRACKER, "memory": 0.0, "excess_nll": 0.0},
            "only the full tracker",
        ),
        (
            {**TRACKER, "memory": 3.0, "excess_nll": 0.1},
            "only the full tracker",
        ),
        (
            {
                "family": "budgeted tracker",
                "probe": "neighbour",
                "memory": 0.0,
                "excess_nll": 0.05,
                "excess_nll_high": 0.06,
            },
            "below the bound",
        ),
    ],
)
def test_checks_can_fail(tiny, fields, message):
    _, found = tiny
    assert any(message in text for text in planted(found, **fields).failed_checks())


def points_of(found):
    panels = frontier_figure(found, "violation_rate").axes
    return {point for axes in panels for line in axes.lines for point in zip(*line.get_data(), strict=True)}


@pytest.mark.parametrize(("family", "x"), [("k-HRNN", 3), ("phase-space sampler", 6), ("budgeted tracker", 3)])
def test_figures_show_what_was_found(tiny, family, x):
    _, found = tiny
    where = {"family": family, "alphabet": "modular(2)", "n": 3, "k": 2, "probe": "neighbour", "memory": x}
    (row,) = found.of("frontier", **where)
    rows = tuple({**one, "violation_rate": 0.123} if dict(one) == row else one for one in found.rows)
    assert (x, 0.123) in points_of(replace(found, rows=rows)) - points_of(found)


def test_the_decisive_figure_shows_theorems_memories_and_measured_rates(tiny):
    """Lines by closed forms: n, 2n, binom(n, 2) - 1, binom(n - 1, 2) - 1, binom(n, 3) - 1; points by planted rates."""
    _, found = tiny
    rows = tuple(
        {**row, "violations": 7, "violations_low": 0.1, "violations_high": 0.3}
        if (row.get("model"), row.get("kind"), row.get("modes")) == ("phase-space-sampler", "triple", 4)
        else row
        for row in found.rows
    )
    first, second, by_memory, by_modes = decisive_figure(replace(found, rows=rows)).axes
    lines = {line.get_label(): list(zip(*line.get_data(), strict=True)) for line in first.lines}
    assert lines["k-HRNN: n qubits"][-1] == (48, 48)
    assert lines["phase-space sampler: 2n bits"][-1] == (48, 96)
    assert lines["theorem (ours): N − 1 bits, k = 2"][0] == (3, 2)
    assert lines["theorem (ours): N − 1 bits, k = 2"][-1] == (48, comb(48, 2) - 1)
    lines = {line.get_label(): list(zip(*line.get_data(), strict=True)) for line in second.lines}
    assert lines["theorem (the paper's): N − 1"][-1] == (48, comb(48, 3) - 1)
    assert lines["theorem (ours): binom(n − 1, 2) − 1, k = 3"][-1] == (48, comb(47, 2) - 1)
    assert "phase-space sampler: 18 %" in first.texts[0].get_text()  # 7 of 40

    def points(axes):
        return {point for line in axes.lines for point in zip(*line.get_data(), strict=True)}

    assert (8.0, 7 / 40) in points(by_memory) and (4, 7 / 40) in points(by_modes)
    drawn = decisive_figure(replace(found, rows=tuple(row for row in found.rows if row["study"] != "examination")))
    assert len(drawn.axes) == 2  # nothing was examined


@needs("qiskit", "qiskit_aer", "torch")
def test_the_report_is_whole(tiny, tmp_path):
    _, found = tiny
    paths = write_comparison(found, tmp_path, "khrnn compare", 1.0, "2026-11-22")
    names = ("decisive", "frontier_excess", "frontier_violation", "real", "probes", "left", "learning", "gradients")
    assert {p.name for p in paths if p.parent.name == "figures"} == {f"{n}.{e}" for n in names for e in ("png", "csv")}
    tables = ("examination", "scores", "training", "learning")
    assert {p.name for p in paths if p.parent.name != "figures"} == {
        "report.html",
        "report.json",
        *(f"{name}.csv" for name in tables if name != "examination" or found.of("examination")),
    }
    data = json.loads((tmp_path / "report.json").read_text())
    assert data["failed"] == []
    wanted = {
        *("model", "family", "alphabet", "n", "k", "memory", "memory_unit", "probe"),
        *("violation_rate", "excess_nll", "ci95", "answers"),
    }
    assert len(data["rows"]) == len(found.of("frontier")) > 0
    assert all(wanted <= set(row) for row in data["rows"])
    html = (tmp_path / "report.html").read_text()
    assert_page_holds(html, tmp_path)
    assert html.count("<figure") == len(names)
    first = html.split('id="summary"')[1].split("</section>")[0]
    assert "What must a model remember" in first and "docs/hsmt.md" in first and "Trained networks: " in first
    assert len(learnt(found)) == 2 and len(network_verdict(found)) == 2


@needs("qiskit", "qiskit_aer", "torch")
def test_verdicts_say_when_a_family_did_not_learn(tiny):
    _, found = tiny
    verdict = network_verdict(found)
    assert len(verdict) == 2 and all("did not learn it" in text for text in verdict)
    rows = tuple({**row, "excess_nll": 0.001} if row.get("family") == "ssm" else row for row in found.rows)
    assert any("learns it, with as few as 2 numbers" in text for text in network_verdict(replace(found, rows=rows)))


def test_jobs_have_distinct_names_and_budgets_end_with_all_weights():
    for config in (QUICK, CompareConfig()):
        keys = [job.key for job in jobs_of(config)]
        assert len(set(keys)) == len(keys)
        assert {job.seed for job in jobs_of(config)} == {config.seed}
    for edges in (1, 3, 20, 56):
        assert budgets(edges, 11)[0] == 0 and budgets(edges, 11)[-1] == edges


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sead = 1", "sead"),
        ("[examination]\nsizes = [[2, 3]]", "k <= n|n >= 3"),
        ("[examination]\nsizes = [[2, 2]]", "n >= 3"),
        ('[examination]\nmodels = ["network"]', "token by token"),
        ('[examination]\nmodels = ["pear"]', "did you mean 'pair'"),
        ("[tracker]\nsizes = [[2, 3]]", "k <= n"),
        ("[tracker]\nsizes = [[30, 3]]", "at most 500 edges"),
        ('[ideal]\nalphabets = ["modular(1)"]', "modular"),
        ("[[networks]]\nsize = [3, 2]\n[[networks]]\nsize = [3, 2]", "once"),
        ('[[networks]]\nfamilies = ["perceptron"]', "families"),
        ("[[compiled]]\nsize = [2, 3]", "compiled"),
    ],
)
def test_bad_configurations(tmp_path, text, message):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_config(CompareConfig, path)


def test_configuration_files_of_the_command(tmp_path):
    done = khrnn("compare", tmp_path / "none.toml", code=2)
    assert done.stderr.count("\n") == 1 and "none.toml" in done.stderr
    assert "not both" in khrnn("compare", tmp_path / "none.toml", "--quick", code=2).stderr
    assert not (tmp_path / "khrnn-out").exists()


# --- memory and bounds -----------------------------------------------------------------------------------------------


def test_memory_is_counted():
    assert memory_of("ideal", "modular(2)", 5).bits == 5
    assert memory_of("ideal", "modular(4)", 5).bits == 10
    assert memory_of("ideal", "real", 5).bits is None
    assert memory_of("qubit-registers", "real", 3, 4).amount == 12
    assert memory_of("tracker", "modular(2)", 6, 7).bits == 7
    assert memory_of("phase-space-sampler", "modular(4)", 5).bits == 20
    assert memory_of("phase-space-sampler", "real", 5).amount == 10
    assert memory_of("network", "real", 6, 10, 8).bits == 80
    with pytest.raises(InputError, match=r"model must be one of constant, .*, found 'oracle'"):
        memory_of("oracle", "real", 3)


def test_bounds_at_the_ends():
    for n, k in ((4, 2), (6, 3), (8, 4)):
        total = comb(n, k)
        assert (paper_bound(n, k), dimension_bound(n, k)) == (total - 1, total)
        assert least_excess_nll(n, k, total) == 0.0
        assert least_excess_nll(n, k, 0) == pytest.approx(log(2) * 2 ** (2 - k) * (1 - 1 / comb(n - 1, k - 1)))
        assert least_violation(n, k, 0) == pytest.approx(least_excess_nll(n, k, 0) / log(2) / 4)


# --- datasets in parts -----------------------------------------------------------------------------------------------


def spec(sentences=2 * SENTENCES_PER_PART + 7):
    return HsmtSpec(3, 2, sentences, probes=1, alphabet="modular(2)", seed=3)


def test_datasets_do_not_depend_on_workers(tmp_path):
    one = generate_file(spec(), tmp_path / "one.jsonl", workers=1)
    two = generate_file(spec(), tmp_path / "two.jsonl", workers=2)
    assert one == two and one.reused_parts == 0
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert len(read_dataset(tmp_path / "one.jsonl").sentences) == one.sentences
    assert {p.name for p in tmp_path.iterdir()} == {"one.jsonl", "two.jsonl"}


def test_an_interrupted_dataset_goes_on(tmp_path):
    out = tmp_path / "d.jsonl"

    class StopError(Exception):
        pass

    def interrupt(done):
        if done > SENTENCES_PER_PART:
            raise StopError

    with pytest.raises(StopError):
        generate_file(spec(), out, workers=1, progress=interrupt)
    assert not out.exists() and (tmp_path / "d.jsonl.parts").is_dir()
    assert generate_file(spec(), out, workers=1).reused_parts >= 1
    generate_file(spec(), tmp_path / "whole.jsonl", workers=1)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not (tmp_path / "d.jsonl.parts").exists()


def test_a_small_dataset_is_a_prefix_of_a_large_one(tmp_path):
    generate_file(spec(5), tmp_path / "few.jsonl")
    generate_file(spec(9), tmp_path / "many.jsonl")
    few, many = ((tmp_path / f"{name}.jsonl").read_text().splitlines() for name in ("few", "many"))
    assert few[1:] == many[1:6]


# --- training --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("train") / "d.jsonl"
    generate_file(HsmtSpec(3, 2, 300, probes=1, alphabet="modular(2)", seed=5), path)
    return path


def small(data, **changes):
    options = {"model": "gru", "latent": 4, "dataset": str(data), "steps": 200, "learning_rates": [0.005], **changes}
    return read_settings(None, **options)


def test_a_network_trains_answers_and_resumes(data, tmp_path):
    first = run_training(small(data), tmp_path / "a", silent)
    again = run_training(small(data), tmp_path / "a", silent)  # from its last checkpoint
    fresh = run_training(small(data), tmp_path / "b", silent)
    scores = [run.data["runs"][0]["scores"] for run in (first, again, fresh)]
    assert scores[0] == scores[1] == scores[2]
    scored = json.loads(khrnn("hsmt", "score", data, "--answers", tmp_path / "a" / "answers.json", "--json").stdout)
    assert {row["probe"] for row in scored["rows"]} >= {"matched", "neighbour", "all"}
    assert all(row["excess_nll"] is not None for row in scored["rows"])


@needs("torch")
def test_a_khrnn_trains_on_the_command_line(tmp_path):
    out = tmp_path / "k"
    said = json.loads(khrnn("train", "--modes", 2, "--k", 2, "--out", out, "--json").stdout)
    assert said["recovered"] and said["excess_nll"] < 0.01
    assert json.loads((out / "result.json").read_text())["residual"] == said["residual"]
    again = json.loads(khrnn("train", "--modes", 2, "--k", 2, "--out", out, "--json").stdout)
    assert again["phases"] == said["phases"]


def test_bad_trainings(data, tmp_path):
    for changes, message in (
        ({"dataset": None}, "needs a dataset"),
        ({"model": "khrnn"}, "--dataset is for --model gru, lstm, ssm and transformer, found the model khrnn"),
        ({"latent": 0}, "latent"),
        ({"dataset": str(tmp_path / "none.jsonl")}, "none.jsonl"),
        ({"model": "perceptron"}, "model"),
    ):
        with pytest.raises(InputError, match=message):
            run_training(small(data, **changes) if changes.get("dataset", 1) else _without(data), tmp_path, silent)
    run_training(small(data, steps=5), tmp_path / "c", silent)
    with pytest.raises(InputError, match="another training"):
        run_training(small(data, steps=5, latent=8), tmp_path / "c", silent)


def _without(data):
    return read_settings(None, model="gru")


# --- sweeps of trainings ---------------------------------------------------------------------------------------------


def test_a_sweep_of_trackers(tmp_path):
    config = SweepConfig(task="tracker", base={"sentences": 50, "n": 3}, grid={"budget": [0, 3]})
    found = run_sweep(config, tmp_path, workers=1)
    excess = {row["budget"]: row["excess_nll"] for row in found.rows if row["probe"] == "neighbour"}
    assert excess[3] == 0.0 < excess[0]


def test_cells_of_sweeps_are_checked():
    assert check_network({"family": "lstm"})["latent"] == 16
    for check, settings, message in (
        (check_network, {"family": "lstm", "n": 2, "k": 3}, "at most n"),
        (check_tracker, {"budget": 7}, r"0\.\.6"),
        (check_tracker, {"weights": 7}, "weights"),
    ):
        with pytest.raises(InputError, match=message):
            check(settings)


@needs("qiskit", "qiskit_aer", "torch")
def test_a_rounded_network_row_counts_bits(tiny):
    _, found = tiny
    rows = found.of("rounded", family="ssm")
    assert rows and all(row["bits"] == 2 * row["memory"] for row in rows)
    plain = found.of("frontier", family="ssm")
    assert plain and all(row["bits"] == 32 * row["memory"] for row in plain)

"""The command line as a user meets it: output, exit codes, one-line errors, nothing half-written."""

import csv
import json
import math
import re
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from absent_packages import needs
from command import khrnn, ok, refused
from pages import assert_page_holds
from places import EXAMPLES

from hardware_profiles import profile_names
from hardware_profiles.extras import absence, is_installed
from qumode_khrnn.reports.run_report import WIGNER

COMMANDS = [
    ["run"],
    ["compile"],
    ["verify"],
    ["simulate"],
    ["profiles"],
    ["profiles", "list"],
    ["profiles", "show"],
    ["profiles", "validate"],
    ["profiles", "schema"],
    ["profiles", "page"],
    ["hsmt"],
    ["hsmt", "generate"],
    ["hsmt", "score"],
    ["hsmt", "answer"],
    ["hsmt", "examine"],
    ["hsmt", "bound"],
    ["train"],
    ["compare"],
    ["sweep"],
    ["backends"],
    ["budget"],
    ["devices"],
    ["witness"],
    ["compare-programs"],
    ["convert"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example(command):
    text = ok(*command, "--help")
    assert re.search(r"Example:\s+khrnn " + command[0], text)


def test_help_imports_nothing_heavy():
    code = "import sys; sys.argv = ['khrnn', '--help']\n"
    code += "try:\n import qumode_khrnn.cli.main as c; c.main()\nexcept SystemExit: pass\n"
    code += "heavy = {'numpy', 'scipy', 'pydantic', 'networkx', 'matplotlib', 'strawberryfields'} & set(sys.modules)\n"
    code += "sys.exit(repr(heavy) if heavy else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    data = json.loads(
        ok(
            "compile",
            EXAMPLES / "triangle.json",
            "--profile",
            "photonic-cubic",
            "--format",
            "all",
            "--out",
            folder,
            "--json",
        )
    )
    return folder, data


def test_compile_prints_the_contract(compiled):
    folder, data = compiled
    wanted = {"modes", "ancillas", "edges", "profile", "counts", "depth", "non_gaussian_depth", "total_cubic_strength"}
    assert wanted | {"verification", "seconds"} <= set(data)
    assert data["counts"]["cubic_phase"] == 4
    assert data["verification"]["equivalent"] is True
    names = {p.name for p in folder.iterdir()}
    assert names == {
        "source.json",
        "program.json",
        "profile.json",
        "resources.json",
        "certificate.json",
    } | {form["file"] for form in data["formats"] if form["outcome"].startswith("written")}
    assert {"program_sf.py", "circuit.svg"} <= names
    assert json.loads((folder / "resources.json").read_text())["counts"] == data["counts"]


@needs("strawberryfields", "blackbird", "xir", "qiskit")
def test_compile_writes_the_formats_of_other_packages(compiled):
    folder, _ = compiled
    assert {"program.xbb", "program.xir", "program.qasm", "device.json"} <= {path.name for path in folder.iterdir()}


def test_verify_and_simulate(compiled):
    folder, _ = compiled
    assert json.loads(ok("verify", folder, "--json"))["equivalent"] is True
    data = json.loads(ok("simulate", folder, "--shots", 4000, "--loss-scale", 0, "--seed", 1, "--json"))
    assert set(data) == {
        "backend",
        "shots",
        "bits",
        "seconds",
        "unverified",
        "accuracy",
        "warnings",
        "readouts",
        "nullifiers",
    }
    exact = {r["name"]: (r["exact_mean"], r["exact_variance"]) for r in data["readouts"]}
    assert exact["x1"] == pytest.approx((0.0, math.exp(2.0)))
    assert exact["p0"] == pytest.approx((0.0, math.exp(-2.0) + 0.3**2 * math.exp(4.0)))
    assert [r["name"] for r in data["readouts"]] == ["x1", "x2", "p0"]
    (nullifier,) = data["nullifiers"]
    assert nullifier["variance"] == pytest.approx(0.1353, rel=0.15)  # e^{-2}; 4,000 shots give 2.2 %
    again = json.loads(ok("simulate", folder, "--shots", 4000, "--loss-scale", 0, "--seed", 1, "--json"))
    assert again["readouts"] == data["readouts"]


def test_strawberry_fields_samples_a_program(compiled):
    folder, _ = compiled
    data = json.loads(
        ok(
            "simulate",
            folder,
            "--shots",
            2,
            "--backend",
            "strawberryfields",
            "--cutoff",
            5,
            "--loss-scale",
            0,
            "--json",
        )
    )
    assert data["backend"] == "strawberryfields" and len(data["readouts"]) == 3


def test_a_tampered_program_fails_with_a_counterexample(compiled, tmp_path):
    folder, _ = compiled
    for path in folder.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    program = json.loads((tmp_path / "program.json").read_text())
    gate = next(op for op in program["operations"] if op["op"] == "CubicPhase")
    gate["gamma"] = -gate["gamma"]
    (tmp_path / "program.json").write_text(json.dumps(program))
    assert "in one circuit and" in refused("verify", tmp_path, code=1)
    done = khrnn("verify", tmp_path, "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["equivalent"] is False


@pytest.mark.parametrize("name", ["karate_triangles", "davis_women_triples", "cell"])
def test_real_data_compiles_verifies_and_simulates(name, tmp_path):
    data = json.loads(ok("compile", EXAMPLES / f"{name}.json", "--profile", "ideal-cubic", "--out", tmp_path, "--json"))
    edges = json.loads((EXAMPLES / f"{name}.json").read_text())["edges"]
    different = {tuple(sorted(edge["modes"])) for edge in edges}  # two of Davis' events had the same three women
    assert data["edges"] == len(edges)
    polarization = sum(row["cubics"] for row in data["strategies"] if row["strategy"] == "polarization")
    assert polarization == 4 * len(different)
    assert data["counts"]["cubic_phase"] == sum(row["cubics"] for row in data["strategies"] if row["chosen"])
    # eigen-peeling takes 68 for the karate club; how much less a search finds may depend on the processor
    assert data["counts"]["cubic_phase"] <= {"karate_triangles": 66, "davis_women_triples": 8, "cell": 4}[name]
    ok("verify", tmp_path)
    moments = json.loads(ok("simulate", tmp_path, "--shots", 2000, "--seed", 3, "--json"))
    for nullifier in moments["nullifiers"]:
        assert nullifier["variance"] == pytest.approx(0.1353, rel=0.16)  # 5 standard errors of 2,000 shots


def test_four_edges_compile_by_order_reduction(tmp_path):
    data = json.loads(ok("compile", EXAMPLES / "davis_women.json", "--out", tmp_path, "--json"))
    assert data["ancillas"] == 0  # every gate borrows one of the 18 modes
    assert data["counts"]["rotation"] > 0 and data["verification"]["equivalent"]
    assert "reduced 1 phase gates" in (tmp_path / "certificate.json").read_text()
    ok("verify", tmp_path)


def test_a_full_edge_takes_an_ancilla(tmp_path):
    graph = tmp_path / "four.json"
    graph.write_text('{"modes": 4, "edges": [{"modes": [0, 1, 2, 3], "weight": 0.3}]}')
    data = json.loads(ok("compile", graph, "--out", tmp_path / "out", "--json"))
    assert (data["modes"], data["ancillas"], data["counts"]["cubic_phase"]) == (4, 1, 16)
    ok("verify", tmp_path / "out")


def test_what_to_optimise(tmp_path):
    graph = tmp_path / "dense.json"
    rng = np.random.default_rng(0)
    edges = [{"modes": list(e), "weight": float(rng.normal())} for e in combinations(range(6), 3)]
    graph.write_text(json.dumps({"modes": 6, "edges": edges}))
    found = {}
    for objective in ("cubics", "depth", "strength"):
        out = tmp_path / objective
        found[objective] = json.loads(ok("compile", graph, "--optimize", objective, "--out", out, "--json"))
        ok("verify", out)
    assert found["cubics"]["counts"]["cubic_phase"] == 10 and found["cubics"]["strategy"] == "waring"
    assert found["depth"]["non_gaussian_depth"] == 3
    assert found["strength"]["total_cubic_strength"] == min(d["total_cubic_strength"] for d in found.values())
    text = ok("compile", graph, "--effort", 0, "--out", tmp_path / "none")
    assert "* eigen-peeling" in text and "nothing within the effort" in text


def test_depth_is_shown_beside_its_bound_and_gates_beside_strength(tmp_path):
    graph = tmp_path / "dense.json"
    rng = np.random.default_rng(0)
    edges = [{"modes": list(e), "weight": float(rng.normal())} for e in combinations(range(9), 3)]
    graph.write_text(json.dumps({"modes": 9, "edges": edges}))
    text = ok("compile", graph, "--optimize", "depth", "--out", tmp_path / "depth")
    assert "counting bound: a generic form on 9 modes needs 4 layers or more" in text
    text = ok("compile", graph, "--out", tmp_path / "cubics")
    (line,) = [line for line in text.splitlines() if line.startswith("cubic gates against strength: ")]
    points = json.loads((tmp_path / "cubics" / "resources.json").read_text())["synthesis"]["trade_off"][0]["points"]
    assert len(points) == 3 and all(f"{p['cubics']} of total strength {p['strength']:.6g}" in line for p in points)
    assert points[0]["cubics"] < points[-1]["cubics"] and points[0]["strength"] > points[-1]["strength"]


def test_the_same_command_gives_the_same_files(tmp_path):
    for name in "ab":
        ok("compile", EXAMPLES / "davis_women_triples.json", "--seed", 5, "--out", tmp_path / name)
    for file in ("program.json", "certificate.json", "resources.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_teleported_gates_compile_verify_and_simulate(tmp_path):
    out, profile = tmp_path / "out", "ideal-teleported"
    text = ok("compile", EXAMPLES / "triangle.json", "--profile", profile, "--format", "blackbird", "--out", out)
    assert "up to the noise of 4 resource states" in text
    ok("verify", out)
    assert json.loads((out / "certificate.json").read_text())["ideal_resources"] == 4
    moments = json.loads(ok("simulate", out, "--shots", 40_000, "--seed", 1, "--json"))
    assert [r["name"] for r in moments["readouts"]] == ["x1", "x2", "p0"]  # without the results of the gadgets
    (nullifier,) = moments["nullifiers"]
    # each of the four gates adds its noise to the momentum of (x0 +- x1 +- x2)/sqrt3; 5 standard errors of 40,000 shots
    noisy = math.exp(-2.0) + 4.0 / 3.0 * math.exp(-2.0 * 1.727)
    assert nullifier["variance"] == pytest.approx(noisy, rel=5 * math.sqrt(2 / 40_000))


def test_many_digits(tmp_path):
    data = json.loads(ok("compile", EXAMPLES / "triangle.json", "--digits", 60, "--out", tmp_path, "--json"))
    assert data["verification"]["precision"] == "mpmath, 60 digits"
    ok("verify", tmp_path)
    certificate = json.loads((tmp_path / "certificate.json").read_text())
    (tmp_path / "certificate.json").write_text(json.dumps({**certificate, "precision": "mpmath, 9999 digits"}))
    assert "15..1000" in refused("verify", tmp_path)


BAD_GRAPHS = {
    "broken.json": ('{"modes": 3,', "not valid JSON"),
    "unknown_mode.json": ('{"modes": 2, "edges": [{"modes": [0, 2], "weight": 1}]}', "found 2"),
    "repeated.json": ('{"modes": 3, "edges": [{"modes": [0, 0, 1], "weight": 1}]}', "twice"),
    "nan.json": ('{"modes": 3, "edges": [{"modes": [0], "weight": NaN}]}', "finite"),
    "inf.json": ('{"modes": 3, "edges": [{"modes": [0], "weight": -Infinity}]}', "finite"),
    "huge.json": ('{"modes": 3, "edges": [{"modes": [0], "weight": 1e999}]}', "finite"),
    "larger.json": ('{"modes": 4, "k": 2, "edges": [{"modes": [0, 1, 2], "weight": 1}]}', "at most k = 2"),
    "negative.json": ('{"modes": -4, "edges": []}', "modes"),
    "version.json": ('{"format": "qumode-khrnn/cell", "version": 9, "modes": 3}', "version"),
    "digits.json": ('{"modes": 3, "edges": [{"modes": [0], "weight": ' + "9" * 5000 + "}]}", "must be finite"),
    "twice.json": ('{"modes": 3, "modes": 4, "edges": []}', "appears twice"),
    "underscore.csv": ("1_0,0,0.3", "line 1"),
    "deep.json": ("[" * 100_000, "nested too deeply"),
    "many.json": ('{"modes": 1000000000, "edges": []}', "1..10000"),
    "order.json": (json.dumps({"modes": 13, "edges": [{"modes": list(range(13)), "weight": 1}]}), "at most 12"),
    "float_version.json": ('{"format": "qumode-khrnn/cell", "version": 1.0, "modes": 3}', "version"),
    "bad.csv": ("0,1,x", "line 1"),
    "long.csv": ("0," + "1" * 200_000, "CSV"),
    "latin.json": (b"\xff\xfe", "UTF-8"),
    "notes.txt": ("", "has no edges"),
    "notes.pdf": ("0 1 2", "ends in .json, .csv"),
}


@pytest.mark.parametrize("name", BAD_GRAPHS)
def test_bad_input_files(name, tmp_path):
    content, message = BAD_GRAPHS[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in refused("compile", path, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["compile", "absent.json"], "cannot read absent.json"),
        (
            ["compile", str(EXAMPLES / "triangle.json"), "--profile", "xanadu-x9"],
            "found 'xanadu-x9'; did you mean 'xanadu-x8'?",
        ),
        (["compile", str(EXAMPLES / "triangle.json"), "--format", "qasm"], "--format"),
        (["compile", str(EXAMPLES / "triangle.json"), "--squeezing", "nan"], "squeezing"),
        (["compile", str(EXAMPLES / "triangle.json"), "--k", "2"], "at most k = 2"),
        (["compile", str(EXAMPLES / "triangle.json"), "--optimize", "beauty"], "--optimize"),
        (["compile", str(EXAMPLES / "triangle.json"), "--effort", "-1"], "effort"),
        (["compile", str(EXAMPLES / "triangle.json"), "--strength-cap", "0.1"], "strength cap"),
        (["compile", str(EXAMPLES / "triangle.json"), "--digits", "3"], "15..1000"),
        (["compile", str(EXAMPLES / "triangle.json"), "--seed", "-3"], "seed"),
        (["compile", str(EXAMPLES / "triangle.json"), "--k", "0"], "at least 1"),
        (["compile", str(EXAMPLES / "triangle.json"), "--profile", "x" * 300 + ".toml"], "File name too long"),
        (["verify", "x" * 300], "File name too long"),
        (["compile"], "INPUT"),
        (["compile", str(EXAMPLES / "triangle.json"), "--nonsense"], "--nonsense"),
        (["verify", "absent"], "absent must be a folder"),
        (["simulate", "absent"], "absent must be a folder"),
        (["simulate", "absent", "--shots", "x"], "--shots"),
        (["profiles", "show", "absent"], "a profile must be one of"),
        (["profiles", "validate", "absent.toml"], "No such file"),
        (
            ["profiles", "show", "photonic-cubic", "--set", "loss_db.beamsplitter=1"],
            "did you mean 'loss_db.beam_splitter'",
        ),
        (["profiles", "show", "photonic-cubic", "--set", "loss"], "PATH=NUMBER"),
        (["profiles", "page", "absent"], "a profile must be one of"),
        (["hsmt", "generate", "--modes", "-3", "--out", "d.jsonl"], "modes"),
        (["hsmt", "generate", "--k", "7", "--out", "d.jsonl"], "k = 2, 3 or 4"),
        (["hsmt", "score", "absent.jsonl"], "cannot read absent.jsonl"),
        (["run", "absent.toml"], "cannot read absent.toml"),
        (["run", "absent.toml", "--quick"], "not both"),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_arguments(args, message, tmp_path):
    assert message in refused(*args, cwd=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--shots", -1], "at least 1"),
        (["--shots", 10**11], "use fewer shots"),
        (["--backend", "qutip"], "auto, exact, momenta, branches, grid, strawberryfields, mrmustard"),
        (["--loss-scale", -1], ">= 0"),
        (["--seed", -1], "seed"),
        (["--backend", "strawberryfields", "--cutoff", 40], "GB"),
    ],
)
def test_bad_simulations(compiled, args, message):
    assert message in refused("simulate", compiled[0], *args)


@pytest.mark.parametrize(
    ("name", "change", "code", "message"),
    [
        ("certificate.json", {"equivalent": False}, 1, "'equivalent' must be True"),
        ("certificate.json", {"tolerance": 1.0}, 1, "tolerance"),
        ("certificate.json", {"residual": None}, 2, "must be a number"),
        ("profile.json", {"version": 2}, 1, "does not certify this profile.json"),
        ("certificate.json", {"sha256": []}, 2, "digests"),
        ("program.json", {"operations": []}, 1, "not equivalent"),
        ("program.json", {"operations": [{"op": [], "modes": [0]}]}, 2, '"op" must be one of'),
        (
            "program.json",
            {"operations": [{"op": "Loss", "modes": [0], "eta": 0.5}]},
            1,
            "programs are proved without noise",
        ),
        ("program.json", {"modes": 10**12}, 2, "0..10000"),
        ("program.json", {"version": True}, 2, "version"),
        ("program.json", {"ancillas": [2], "latent": [0, 1]}, 1, "ancillas"),
    ],
)
def test_tampered_files(compiled, tmp_path, name, change, code, message):
    folder, _ = compiled
    for path in folder.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    data = json.loads((tmp_path / name).read_text())
    (tmp_path / name).write_text(json.dumps({**data, **change}))
    assert message in refused("verify", tmp_path, code=code)


@pytest.mark.parametrize("weight", [1e300, 1e155])
def test_overflow_is_reported_not_printed(tmp_path, weight):
    path = tmp_path / "huge.json"
    path.write_text(json.dumps({"modes": 2, "edges": [{"modes": [0, 1], "weight": weight}]}))
    assert "float64" in refused("compile", path, "--out", tmp_path / "o")
    path.write_text(json.dumps({"modes": 3, "edges": [{"modes": [0, 1, 2], "weight": weight}]}))
    ok("compile", path, "--out", tmp_path / "o")
    assert "float64" in refused("simulate", tmp_path / "o", "--shots", 50)


@needs("strawberryfields", "blackbird")
def test_a_changed_export_is_found(compiled, tmp_path):
    folder, _ = compiled
    for path in folder.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "program.xbb").write_text((folder / "program.xbb").read_text().replace("Vgate(0.1", "Vgate(0.2"))
    assert "program.xbb" in refused("verify", tmp_path, code=1)


def test_wrong_schema_version_of_a_program(compiled, tmp_path):
    folder, _ = compiled
    for path in folder.iterdir():
        (tmp_path / path.name).write_text(
            path.read_text().replace('"version": 1,\n  "hbar"', '"version": 2,\n  "hbar"')
        )
    assert '"version" must be 1, found 2' in refused("verify", tmp_path)


def test_a_program_beyond_the_device_names_the_limit(tmp_path):
    text = refused(
        "compile",
        EXAMPLES / "triangle.json",
        "--profile",
        "photonic-cubic",
        "--squeezing",
        2,
        "--out",
        tmp_path / "o",
        code=1,
    )
    assert "|r| <= 1.727, found 2" in text


def test_profiles_are_shown_with_provenance():
    assert "photonic-cubic" in ok("profiles")
    assert "R unverified" in ok("profiles", "show", "photonic-cubic")
    assert "ideal-cubic" in [row["name"] for row in json.loads(ok("profiles", "list", "--json"))["profiles"]]
    shown = ok("profiles", "show", "photonic-cubic", "--set", "loss_db.beam_splitter=0.02")
    assert "operations.BeamSplitter.loss_db = 0.02  [A; user; " in shown


def test_profile_files_are_checked_and_get_pages(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "photonic-cubic"\nname = "mine"\n')
    found = json.loads(ok("profiles", "validate", path, "--json"))
    assert found["valid"] and "operations.BeamSplitter.loss_db" in found["unverified"]
    ok("profiles", "page", path, "--out", tmp_path / "pages")
    assert (tmp_path / "pages" / "mine.md").read_text().startswith("# mine\n")
    assert json.loads(ok("profiles", "schema"))["title"] == "Profile"


def test_hsmt_generate_and_score(tmp_path):
    path = tmp_path / "d.jsonl"
    made = json.loads(
        ok("hsmt", "generate", "--modes", 4, "--sentences", 30, "--probes", 2, "--seed", 5, "--out", path, "--json")
    )
    assert made["sentences"] == 30
    first = path.read_text()
    scored = json.loads(ok("hsmt", "score", path, "--json"))
    rates = {row["probe"]: row["violation_rate"] for row in scored["rows"]}
    assert rates["all"] == rates["matched"] == rates["neighbour"] == 0.0 and set(rates.values()) == {0.0, None}
    ok("hsmt", "generate", "--modes", 4, "--sentences", 30, "--probes", 2, "--seed", 5, "--out", path)
    assert path.read_text() == first


def report_improvements(folder):
    return json.loads((folder / "report.json").read_text())["improvements"]


def report_budget(folder, scale):
    budgets = json.loads((folder / "report.json").read_text())["budgets"]
    return next(one["budget"]["variance"] for one in budgets if one["scale"] == scale)


def test_a_small_run_writes_a_whole_report(tmp_path):
    config = tmp_path / "small.toml"
    config.write_text(
        "seed = 3\nloss_scales = [0.0, 1.0]\ncell_sizes = [4, 60]\n"
        "[task]\nmodes = 4\nsentences = 20\nprobes = 2\nlossy_sentences = 6\nlossy_repeats = 5\n"
        "[cross_check]\nshots = 20000\ncutoffs = [6]\npure_cutoffs = [8]\n"
        "[loss_study]\nlosses = [0.0, 0.05]\nsqueezings = [0.5, 1.0]\ngraphs = 1\n"
    )
    out = tmp_path / "report"
    data = json.loads(ok("run", config, "--out", out, "--json"))
    assert data["failed"] == []
    html = (out / "report.html").read_text()
    figures = 14 if absence(*WIGNER) else 15
    assert len(re.findall("<figure", html)) == figures
    assert_page_holds(html, out)
    first = html.split('id="summary"')[1].split("</section>")[0]
    for said in ("Can photonic-cubic run", "cubic gates and depth", "Halving the loss of CubicPhase", "8.69 dB"):
        assert said in first
    with open(out / "tables" / "loss.csv", newline="", encoding="utf-8") as table:
        overall = [row for row in csv.DictReader(table) if row["probe"] == "all" and row["model"].startswith("comp")]
    for row in overall:  # errors of few sentences bear their intervals
        value, low, high = (float(row[f"squared_error{end}"]) for end in ("", "_low", "_high"))
        assert f"{value:.3g} [{low:.3g}, {high:.3g}] with" in first
    assert len(overall) == 2
    best = max(report_improvements(out), key=lambda one: one["gain"])
    assert best["number"] == "operations.CubicPhase.loss_db" and f"{100 * best['gain']:.3g} %" in first
    assert best["before"] == pytest.approx(report_budget(out, 1.0), rel=1e-12)
    report = json.loads((out / "report.json").read_text())
    row = {"model", "family", "alphabet", "n", "k", "memory", "memory_unit", "probe", "violation_rate", "excess_nll"}
    assert row | {"ci95", "answers"} <= set(report["rows"][0])
    assert {c["depth"] for c in report["cell_costs"]} == {report["cell_costs"][0]["depth"]}
    pictures = [path for path in (out / "figures").iterdir() if path.suffix in (".png", ".svg")]
    assert len(pictures) == len(list((out / "figures").glob("*.csv"))) == figures
    assert report["witness"]["S"] == pytest.approx(3.424451, abs=1e-6) and "S = 3.424451" in html
    assert [row["profile"] for row in report["witness"]["devices"]] == list(profile_names())
    families = {row["family"] for row in report["rows"]}
    assert {"no memory", "phase-space sampler", "budgeted tracker"} <= families
    assert ("qubits" in families) == is_installed("qiskit", "qiskit_aer")
    assert_page_holds((out / "comparison" / "report.html").read_text(), out / "comparison")
    assert report["loss_study"]["never_raised"] is True
    assert [point["scale"] for point in report["budgets"]] == [0.0, 1.0]
    for quiet, lossy in (report["budgets"], report["loss"]):
        assert set(quiet["loss_per_mode"]["wire_db"]) == {0.0}
        lost = lossy["loss_per_mode"]
        assert sum(lost["logical_db"]) + lost["elsewhere_db"] == pytest.approx(sum(lost["wire_db"]), rel=1e-9)
        assert max(lost["logical_db"]) < max(lost["wire_db"])
    assert "Loss per mode" in html and "0.317</td></tr>" in html


def test_outputs_that_cannot_be_written_are_refused_first(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "cc" / "resources.json").mkdir(parents=True)
    assert "not a folder" in refused("run", "--quick", "--out", tmp_path / "file" / "x")
    assert "not a regular file" in refused("compile", EXAMPLES / "triangle.json", "--out", tmp_path / "cc")
    assert [p.name for p in (tmp_path / "cc").iterdir()] == ["resources.json"]
    assert "not a regular file" in refused("hsmt", "generate", "--out", tmp_path / "cc", "--sentences", 1)


def test_bad_run_configuration(tmp_path):
    config = tmp_path / "bad.toml"
    for text, message in (
        ("seed = -1", "seed"),
        ("[task]\nk = 9", "task.k"),
        ("x = 1", "x"),
        ("seed = ", "TOML"),
        ("loss_scales = []", "loss"),
        ("[cross_check]\nshots = 1", "shots"),
    ):
        config.write_text(text)
        assert message in refused("run", config, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()

"""The house: sizes of rooms and files, arrows between them, what is declared and what is shipped."""

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from absent_packages import WITHOUT_OPTIONAL
from places import EXAMPLES, ROOT

from hardware_profiles.extras import EXTRAS
from qumode_khrnn.cli.examples import FILES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGES = ("compiler", "hardware_profiles", "qumode_khrnn", "simulations")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

OTHER_NAMES = {
    "antlr4": "antlr4-python3-runtime",
    "blackbird": "quantum-blackbird",
    "distributed": "dask",
    "lark": "lark-parser",
    "qiskit_aer": "qiskit-aer",
    "qiskit_qasm3_import": "qiskit-qasm3-import",
    "xir": "quantum-xir",
}
"""Distributions of modules that have another name."""

DECLARED = {
    name: {re.split(r"[\[<>=;!~ ]", line)[0].lower() for line in lines}
    for name, lines in {
        "": PYPROJECT["project"]["dependencies"],
        **PYPROJECT["project"]["optional-dependencies"],
    }.items()
}
"""Distributions by extra; "" is the core."""


NEED_TORCH = (
    "qumode_khrnn.__main__",  # runs the command line
    "qumode_khrnn.classical.networks",
    "qumode_khrnn.learning.ansatz",
    "qumode_khrnn.learning.coordinates",
    "qumode_khrnn.learning.model",
)
"""Modules that are imported by functions that need PyTorch, and import it themselves."""


def test_roots_and_rooms_are_small():
    assert len(SOURCES) > 200
    for package in ("compiler", "simulations", "qumode_khrnn"):
        modules = [path.name for path in (ROOT / package).glob("*.py")]
        assert len(modules) <= 8, f"{package}/ has {len(modules)} modules at its root: {modules}"
    rooms = {path.parent for path in SOURCES}
    crowded = {str(room.relative_to(ROOT)): n for room in rooms if (n := len(list(room.glob("*.py")))) > 14}
    assert not crowded


def test_files_are_short():
    def long(paths, most):
        lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
        return {name: count for name, count in lines.items() if count > most}

    assert not long(SOURCES, 500)
    assert not long(TESTS, 600)


def test_every_package_says_its_idea_and_ships_its_types():
    for path in SOURCES:
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES)


def test_every_library_that_is_imported_is_declared():
    declared = set().union(*DECLARED.values())
    imported: dict[str, Path] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in PACKAGES:
                    imported[OTHER_NAMES.get(top, top)] = path
    assert imported.keys() >= {"numpy", "sympy", "torch"}
    assert not {name: str(path) for name, path in imported.items() if name not in declared}


def test_every_optional_package_is_in_the_extra_that_its_message_names():
    assert EXTRAS.keys() == DECLARED.keys() - {"", "all", "dev", "docs"}
    for name, extra in EXTRAS.items():
        assert {OTHER_NAMES.get(module, module) for module in extra.modules} <= DECLARED[name], name
        assert not DECLARED[name] & DECLARED[""], name
    (everything,) = PYPROJECT["project"]["optional-dependencies"]["all"]
    assert everything == f"qumode-khrnn[{','.join(EXTRAS)}]"


def test_the_core_imports_no_optional_package():
    script = (
        f"{WITHOUT_OPTIONAL}\n"
        "import importlib, pkgutil\n"
        f"for package in {PACKAGES!r}:\n"
        "    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + '.'):\n"
        f"        if module.name not in {NEED_TORCH!r}: importlib.import_module(module.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_is_told_once():
    assert version("qumode-khrnn") == PYPROJECT["project"]["version"]
    head = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1]
    assert head.startswith(PYPROJECT["project"]["version"])


def test_data_that_the_code_reads_is_shipped():
    data = PYPROJECT["tool"]["setuptools"]["package-data"]
    for package in PACKAGES:
        folder = ROOT / package
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in {".toml", ".json", ".j2", ".typed"}:
                home = path.parent
                while not (home / "__init__.py").exists():
                    home = home.parent
                name = ".".join(home.relative_to(ROOT).parts)
                patterns = data.get(name, [])
                assert any(path.relative_to(home).match(pattern) for pattern in patterns), f"{path} is not shipped"


def test_examples_are_listed_where_the_command_line_looks_for_them():
    assert set(FILES) == {path.name for path in EXAMPLES.iterdir()}
    assert EXAMPLES.resolve() == ROOT / "qumode_khrnn" / "examples"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("compiler/files/writing.py", "import simulations.exact"),
        ("simulations/exact/phase.py", "import qumode_khrnn.network.cell"),
        ("compiler/ir/relabel.py", "import compiler.semantics.phase_space"),
        ("simulations/laws/types.py", "import simulations.grid.run"),
        ("qumode_khrnn/network/cell.py", "import qumode_khrnn.cli.common"),
    ],
)
def test_an_upward_import_breaks_a_contract(tmp_path, module, line):
    pytest.importorskip("importlinter", reason="importlinter is not installed: pip install 'qumode-khrnn[dev]'")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout and f"{line.removeprefix('import ')} " in done.stdout

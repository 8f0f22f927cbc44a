"""The documentation site: every page is in its contents, and broken links of built pages are found."""

import ast
import re
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location

from places import DOCS, ROOT

from hardware_profiles.display import drawable


def check_links():
    spec = spec_from_file_location("check_links", DOCS / "check_links.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = ("_build", "examples", "sg_execution_times.rst")
"""What a build makes beside the pages."""


def test_every_page_stands_in_some_contents():
    pages = [path for ending in ("md", "rst") for path in DOCS.rglob(f"*.{ending}")]
    own = {path for path in pages if path.relative_to(DOCS).parts[0] not in (*MADE, "gallery", "index.md")}
    listed = set()
    for page in DOCS.rglob("*.md"):
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.split():
                listed |= {*page.parent.glob(f"{line}.md"), *page.parent.glob(f"{line}.rst")}
    assert len(own) > 40
    assert sorted(own - listed) == []


PACKAGES = ("compiler", "simulations", "qumode_khrnn", "hardware_profiles")


def defined(module):
    """The classes and functions of a module, read from its text."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name


def imported(text):
    """The names that a program imports from the packages."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            yield from (alias.name for alias in node.names)


def test_the_reference_has_every_name_that_pages_use_and_every_class_that_can_be_drawn():
    shown = set()
    for page in (DOCS / "reference").glob("*.rst"):
        found = re.findall(r"^\.\. auto(\w+):: (\S+)\n((?:   :.*\n)*)", page.read_text(encoding="utf-8"), re.M)
        for kind, name, options in found:
            shown.add(name.split(".")[-1])
            if kind == "module" and ":no-members:" not in options:
                shown.update(defined(name))
    used = {name for package in PACKAGES for name in import_module(package).__all__}
    used |= {target.partition(":")[2] for target in drawable._DRAWN_BY if target.split(".")[0] in PACKAGES}
    for page in (ROOT / "README.md", *DOCS.glob("*.md"), *(DOCS / "guides").glob("*.md")):
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            used.update(imported(block))
    for program in (DOCS / "gallery").glob("*.py"):
        used.update(imported(program.read_text(encoding="utf-8")))
    assert len(used) > 80 and "SweepResult" in used
    assert sorted(used - shown) == []


def test_links_of_built_pages_are_checked(tmp_path):
    (tmp_path / "a.html").write_text('<h1 id="top">A</h1><a href="b.html#there">b</a><a href="https://x.org/y">x</a>')
    (tmp_path / "b.html").write_text(
        '<h1 id="there">B</h1><a href="a.html#gone">a</a><img src="figure.png"><a href="#there">b</a>'
    )
    faults = check_links().broken(tmp_path)
    assert sorted(faults) == [
        "b.html links to a.html#gone, which does not exist",
        "b.html links to figure.png, which does not exist",
    ]

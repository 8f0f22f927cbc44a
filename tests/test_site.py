"""The documentation site: every page is in its contents, and broken links of built pages are found."""

import re
from importlib.util import module_from_spec, spec_from_file_location

from places import DOCS


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

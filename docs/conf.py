"""Settings of the documentation site: ``make docs`` builds it into ``docs/_build/html``."""

import os
import re
import warnings
from importlib.metadata import version as installed_version
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.ext.napoleon.docstring import GoogleDocstring

# examples run quietly
os.environ.update(DASK_LOGGING__DISTRIBUTED="error", KHRNN_PROGRESS="off", TF_CPP_MIN_LOG_LEVEL="3")
warnings.filterwarnings("ignore", message="pkg_resources is deprecated")

project = "qumode-khrnn"
author = "the authors of qumode-khrnn"
project_copyright = "Apache-2.0"
release = version = installed_version("qumode-khrnn")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build", "gallery"]

# Markdown: links to headings work as on the pages of a code host
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

# reference: what a docstring says, in the order of the source
default_role = "any"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "exclude-members": "model_config"}
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_preprocess_types = False

# gallery: every example runs when the site is built, and one that fails stops the build
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 0,
    "remove_config_comments": True,
    "image_scrapers": ("matplotlib",),
}

html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"qumode-khrnn {release}"
html_show_copyright = False

# pages of other sites are checked by `make docs-links` alone, which needs the network
linkcheck_timeout = 20
linkcheck_anchors = False


def name_as_code(app: Any, env: Any, node: Any, text: Any) -> Any:
    """Show a name in backticks as code where the reference has no entry for it to be linked to."""
    return text if node["reftype"] == "any" else None


def link_within_the_site(app: Any, name: str, source: list[str]) -> None:
    """Lead links to files of the repository to the pages that show them, and name pages by their titles."""
    up = "../" * name.count("/")

    def measurement(found: re.Match[str]) -> str:
        return f"]({up}measurements/{found[1].lower().replace('_', '-')}.md)"

    source[0] = re.sub(r"\]\((?:\.\./)+benchmarks/(\w+)\.md\)", measurement, source[0])
    source[0] = re.sub(r"\]\((?:\.\./)+results/README\.md\)", f"]({up}measurements/separation.md)", source[0])
    source[0] = re.sub(r"\]\((?:\.\./)*gallery/GALLERY_HEADER\.rst\)", f"]({up}examples/index.rst)", source[0])
    source[0] = re.sub(r"\]\((?:\.\./)*gallery/(\w+)\.py\)", rf"]({up}examples/\1.rst)", source[0])
    source[0] = re.sub(r"\[[\w./]+\.md\]\(", "[](", source[0])  # a link without text shows the title of its page


def show_formula(page: Any, node: Any) -> None:
    """Write a formula as MathML, which browsers show without a script from another site."""
    block = isinstance(node, nodes.math_block)
    page.body.append(f"<p>{tex2mathml(node.astext(), as_block=True)}</p>" if block else tex2mathml(node.astext()))
    raise nodes.SkipNode


def take_as_sentences(docstring: Any) -> tuple[str, list[str]]:
    """Take the docstring of an attribute as it stands; Sphinx would take the words before a colon as a type."""
    lines = docstring._dedent(docstring._consume_to_end())
    return "", docstring.__class__(lines, docstring._config).lines()


def setup(app: Any) -> None:
    """Connect all of these to Sphinx."""
    app.connect("missing-reference", name_as_code)
    app.connect("source-read", link_within_the_site)
    assert hasattr(GoogleDocstring, "_consume_inline_attribute")  # of the pinned version
    GoogleDocstring._consume_inline_attribute = take_as_sentences
    app.add_html_math_renderer("mathml", (show_formula, None), (show_formula, None))

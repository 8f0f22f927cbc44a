"""Where the parts of the repository are, for tests that read them."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DOCS = ROOT / "docs"
DATA = ROOT / "tests" / "data"

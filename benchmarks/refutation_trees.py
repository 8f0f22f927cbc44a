"""Write the refutations that triple probes follow: python benchmarks/refutation_trees.py

The trees are found by search (qumode_khrnn/separation/search.py); tests/qumode_khrnn/hsmt/test_triples.py checks them.
"""

import json
from dataclasses import asdict
from pathlib import Path

from qumode_khrnn.separation.search import patterns, refutation

FILE = Path(__file__).parents[1] / "qumode_khrnn" / "hsmt" / "data" / "refutations.json"

if __name__ == "__main__":
    trees = [{**asdict(pattern), "tree": refutation(pattern)} for pattern in patterns()]
    FILE.write_text(json.dumps(trees, indent=1) + "\n", encoding="utf-8")
    print(f"{len(trees)} refutations written to {FILE.name}")

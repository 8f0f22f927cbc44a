"""Small hypergraph files of every format that is read, for tests that damage them."""

from places import DATA

from qumode_khrnn.network.source import read_source

FOLDER = DATA / "hypergraphs"


def files(*names):
    """The contents of files by name; the first one is read."""
    return {name: (FOLDER / name).read_bytes() for name in names}


SAMPLES = {
    "HIF": [files("friends.hif.json")],
    "XGI": [files("friends.xgi.json")],
    "node-link": [files("graph.json")],
    "own JSON": [files("named.json")],
    "hMETIS": [files("unweighted.hgr"), files("weighted.hgr")],
    "simplices": [files(*(f"meetings-{part}.txt" for part in ("nverts", "simplices", "times", "node-labels")))],
    "CSV": [files("header.csv"), files("decimals.csv"), files("incidences.csv")],
    "list": [files("list.txt")],
}


def read(path):
    """Read a file as ``khrnn compile`` does, and make its circuit."""
    return read_source(path, 1.0)

"""Files damaged at random, and what a reader may do with them: read them, or refuse them with one line, soon.

``python tests/support/damaged_files.py 5000`` reads so many damaged files of every hypergraph format and prints, for
each, how many were read and refused, the longest time, and the most memory that the process took.
"""

import json
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from time import process_time

import numpy as np

from compiler.errors import InputError

SECONDS = 10
"""Longest time that one file may take."""

TOKENS = (
    *(b'-1 0 1 2 9 1e999 nan null true 0.5 1_0 [] {} "" \' " : ; , | \t \n \r\n'.split(b" ")),
    b"9" * 5000,
    b"[" * 2000,
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    "é\u2028\u202e".encode(),
    b"\\ud800",
    b"1" * 200_000,
)
"""Pieces that readers have stumbled over."""


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Change one to four places of a file: bytes flipped, deleted, doubled, moved, replaced by tokens, or cut off."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(out) + 1))
        piece = slice(at, at + 1 + int(rng.geometric(0.15)))
        match int(rng.integers(0, 8)):
            case 0:
                out[at : at + 1] = bytes([int(rng.integers(0, 256))])
            case 1:
                del out[piece]
            case 2:
                out[at:at] = out[piece]
            case 3:
                to = int(rng.integers(0, len(out) + 1))
                out[to:to] = out[piece]
            case 4:
                out[at:at] = TOKENS[int(rng.integers(0, len(TOKENS)))]
            case 5:
                out[piece] = TOKENS[int(rng.integers(0, len(TOKENS)))]
            case 6 if rng.random() < 0.3:
                del out[at:]
            case _:
                lines = bytes(out).split(b"\n")
                first, second = rng.integers(0, len(lines), 2)
                lines[first], lines[second] = lines[second], lines[first]
                out = bytearray(b"\n".join(lines))
    return bytes(out)


VALUES = (
    None,
    True,
    -1,
    0,
    1,
    12,
    10**12,
    10**400,
    0.5,
    -2.5,
    1e308,
    float("nan"),
    "",
    "1",
    "x",
    "\ud800",
    "a\nb",
    [],
    {},
)
"""JSON values that take the place of others."""


def damage_json(data: bytes, rng: np.random.Generator) -> bytes:
    """Change one to four values of JSON data, which stays JSON: replaced, removed, doubled, or put elsewhere."""
    root = [json.loads(data)]
    for _ in range(int(rng.integers(1, 5))):
        places = list(_places(root))
        holder, key = places[int(rng.integers(0, len(places)))]
        other, its_key = places[int(rng.integers(0, len(places)))]
        match int(rng.integers(0, 5)):
            case 0 | 1:
                holder[key] = VALUES[int(rng.integers(0, len(VALUES)))]
            case 2 if len(places) > 1 and holder is not root:
                del holder[key]
            case 3 if isinstance(holder, list) and holder is not root:
                holder.append(json.loads(json.dumps(holder[key])))
            case _:
                holder[key] = json.loads(json.dumps(other[its_key]))
    return json.dumps(root[0]).encode()


def _places(value):
    """Every container within a value with every key that it has, outermost first."""
    keys = range(len(value)) if isinstance(value, list) else list(value)
    for key in keys:
        yield value, key
        if isinstance(value[key], list | dict):
            yield from _places(value[key])


@contextmanager
def at_most(seconds: int):
    """Raise TimeoutError in whatever takes more processor time, which other work on the machine does not add to."""

    def late(*_):
        raise TimeoutError(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def read_damaged(read, samples, folder: Path, count: int, rng: np.random.Generator):
    """Read damaged copies of samples; returns how many were read, how many refused, and the longest time in seconds.

    ``samples`` are dicts of file names and contents; of each copy one file is damaged, and the first one is read. Times
    are of the processor.
    Anything but a result or an InputError of one line is raised, with the damaged file left in the folder.
    """
    taken = refused = 0
    longest = 0.0
    for trial in range(count):
        sample = samples[trial % len(samples)]
        target = list(sample)[int(rng.integers(0, len(sample)))]
        harm = damage_json if target.endswith(".json") and trial % 2 else damage
        for name, content in sample.items():
            (folder / name).write_bytes(harm(content, rng) if name == target else content)
        start = process_time()
        try:
            with at_most(SECONDS):
                read(folder / next(iter(sample)))
            taken += 1
        except InputError as error:
            assert "\n" not in str(error) and str(error).encode() and str(error).isprintable(), repr(error)
            refused += 1
        longest = max(longest, process_time() - start)
    return taken, refused, longest


def main() -> None:
    """Read damaged hypergraph files of every format, as many as the first argument says."""
    from resource import RUSAGE_SELF, getrusage
    from tempfile import TemporaryDirectory

    from hypergraph_files import SAMPLES, read

    count = int(sys.argv[1])
    print(f"{'format':16} {'read':>7} {'refused':>8} {'longest, s':>11} {'memory, MB':>11}")
    for form, samples in SAMPLES.items():
        with TemporaryDirectory() as folder:
            taken, refused, longest = read_damaged(read, samples, Path(folder), count, np.random.default_rng(17))
        memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        print(f"{form:16} {taken:7} {refused:8} {longest:11.3f} {memory:11.0f}", flush=True)


if __name__ == "__main__":
    main()

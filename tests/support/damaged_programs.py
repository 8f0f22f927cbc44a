"""Program files of Strawberry Fields damaged at random: scripts, Blackbird and XIR, by bytes and by words.

``python tests/support/damaged_programs.py 5000`` reads so many damaged files of each format and prints, for each, how
many were read and refused, the longest time, and the most memory that the process took.
"""

import re
import sys
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

import numpy as np
from damaged_files import SECONDS, at_most, damage

from compiler.errors import InputError
from compiler.imports.strawberryfields.blackbird import read_blackbird
from compiler.imports.strawberryfields.script import read_script
from compiler.imports.strawberryfields.xir import read_xir

PROGRAMS = Path(__file__).parents[1] / "data" / "programs"

READERS = {"py": read_script, "xbb": read_blackbird, "xir": read_xir}

WORDS = (
    *(
        "9**9**9",
        "1e999",
        "-1e308",
        "99999999999999999999",
        "10**400",
        "0",
        "-1",
        "nan",
        "inf",
        "1j",
        "pi",
        "True",
        "None",
    ),
    *(
        "q[0].par",
        "q0",
        "q9999999",
        "q[-99]",
        "q[::2]",
        "q",
        "{a}",
        "outs[0]",
        "0..9999999",
        "**",
        "//",
        "@",
        "|",
        "..",
        ";",
    ),
    *(
        "range(10**9)",
        "[0]*10**9",
        "np.zeros((10**5,10**5))",
        "np.eye(10**6)",
        "np.linspace(0,1,10**9)",
        "list(range(10**9))",
    ),
    *(
        "New(10**9)",
        "sf.Program(10**9)",
        "exec('1')",
        "lambda: 0",
        "while True: pass",
        "for i in range(10**9):\n  pass",
        "\n\n",
    ),
    *(
        "[1,2,3]",
        "(((((((((",
        ")))))))))",
        "-" * 3000,
        "(" * 3000,
        "1+" * 3000 + "1",
        "1**" * 300 + "1",
        "a." * 3000,
        "[" * 300,
    ),
    *(
        "for int i in 0:999999999",
        "float array A[99999, 99999] =",
        "{b}",
        'include "/dev/zero"',
        "use /dev/zero;",
        "inv",
        "ctrl [0]",
    ),
    *(
        "type tdm (temporal_modes=9)",
        "options: _type_: tdm; N: [1, 2]; end;",
        "gate a: a | [0]; end; a | [0];",
        "\x00",
        "é",
        "\u2028",
    ),
)
"""Words that take the place of others: large, nested, endless, or of another kind."""


def damage_words(text: str, rng: np.random.Generator) -> str:
    """Change one to four words of a text: removed, doubled, swapped, moved, or replaced by `WORDS`."""
    words = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(int(rng.integers(1, 5))):
        at, other = (int(place) for place in rng.integers(0, len(words), 2))
        match int(rng.integers(0, 6)):
            case 0:
                words[at] = ""
            case 1:
                words[at] *= 2
            case 2:
                words[at], words[other] = words[other], words[at]
            case 3:
                words[at] = words[other]
            case _:
                words[at] = WORDS[int(rng.integers(0, len(WORDS)))]
    return "".join(words)


def read_damaged_programs(ending: str, count: int, seed: int) -> tuple[int, int, float]:
    """Read damaged programs of a format; returns how many were read, how many refused, and the longest time in seconds.

    Raises whatever a reader raises but an InputError of one printable line, and TimeoutError after `SECONDS`, with the
    number of the trial.
    """
    rng = np.random.default_rng(seed)
    samples = [path.read_text(encoding="utf-8") for path in sorted(PROGRAMS.glob(f"*.{ending}"))]
    taken = refused = 0
    longest = 0.0
    for trial in range(count):
        sample = samples[trial % len(samples)]
        if trial % 2:
            text = damage(sample.encode(), rng).decode("utf-8", errors="replace")
        else:
            text = damage_words(sample, rng)
        start = process_time()
        try:
            with at_most(SECONDS):
                READERS[ending](text, f"trial {trial}")
            taken += 1
        except InputError as error:
            assert str(error).isprintable(), f"trial {trial}: {error!r}"
            refused += 1
        except Exception as error:
            raise AssertionError(f"trial {trial} of seed {seed}: {text[:5000]!r}") from error
        longest = max(longest, process_time() - start)
    return taken, refused, longest


def main() -> None:
    """Read damaged programs of every format, as many as the first argument says."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 17
    print(f"{'format':8} {'read':>7} {'refused':>8} {'longest, s':>11} {'memory, MB':>11}")
    for ending in sys.argv[3:] or READERS:
        taken, refused, longest = read_damaged_programs(ending, count, seed)
        memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        print(f"{ending:8} {taken:7} {refused:8} {longest:11.3f} {memory:11.0f}", flush=True)


if __name__ == "__main__":
    main()

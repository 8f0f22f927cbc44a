"""Run the commands that a user types first, one after the other, in one Python process and in the current folder.

A script too, for an installed package in any environment: ``python first_commands.py``.
"""

import sys

COMMANDS = (
    "examples --out examples",
    "compile examples/triangle.json --out compiled",
    "verify compiled",
    "simulate compiled --shots 1000",
    "budget compiled",
    "devices examples/triangle.json",
    "hsmt generate --modes 4 --k 2 --sentences 4 --out data.jsonl",
    "hsmt examine --model phase-space-sampler --model ideal --modes 4 --k 2",
    "sweep examples/sweep.toml --workers 1 --out sweep",
)


def run(words):
    """Run one command and return its exit code."""
    from qumode_khrnn.cli.main import main

    sys.argv = ["khrnn", *words]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    return 0


if __name__ == "__main__":
    for command in COMMANDS:
        print(f"$ khrnn {command}", flush=True)
        if code := run(command.split()):
            sys.exit(f"khrnn {command}: exit code {code}")
    print("every command ended well")

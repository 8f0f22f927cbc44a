"""The command line as a user calls it, in a process of its own."""

import os
import subprocess
import sys

from absent_packages import skip_if_absent


def khrnn(*args, cwd=None):
    """Run a command; the test is skipped if it ends because an optional package is not installed."""
    done = subprocess.run(
        [sys.executable, "-m", "qumode_khrnn", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    if done.returncode == 2:
        skip_if_absent(done.stderr)
    return done


def on_a_terminal(*args):
    """What a call shows on a terminal, whose width COLUMNS gives."""
    call = [sys.executable, "-m", "qumode_khrnn", *map(str, args)]
    code, seen = seen_on_a_terminal(call, "stdout", stderr=subprocess.DEVNULL)
    assert code == 0, seen
    return seen.replace("\r\n", "\n")


def seen_on_a_terminal(call, stream, **options):
    """The exit code of a process, and what it writes to a stream ("stdout" or "stderr") that is a terminal."""
    ours, theirs = os.openpty()
    with subprocess.Popen(call, **{stream: theirs}, **options) as child:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 65536):
                seen += piece
        except OSError:  # the other end is closed
            pass
        os.close(ours)
    return child.returncode, seen.decode(errors="replace")


def ok(*args, code=0):
    """What a call prints that ends as it should."""
    done = khrnn(*args)
    assert done.returncode == code, done.stderr
    return done.stdout


def refused(*args, code=2, cwd=None):
    """The one line of a call that is refused; or a line that announces or counts others, and these as a list below."""
    done = khrnn(*args, cwd=cwd)
    assert done.returncode == code, (done.stdout, done.stderr)
    first, *reasons = done.stderr.splitlines()
    assert done.stderr.endswith("\n") and first.startswith("khrnn: "), done.stderr
    assert bool(reasons) == first.endswith((" reasons:", " more)")) and all(
        line.startswith("  - ") for line in reasons
    ), reasons
    assert "Traceback" not in done.stderr
    return done.stderr

"""The command line as a user calls it, in a process of its own."""

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


def ok(*args, code=0):
    """What a call prints that ends as it should."""
    done = khrnn(*args)
    assert done.returncode == code, done.stderr
    return done.stdout


def refused(*args, code=2, cwd=None):
    """The one line of a call that is refused, or its heading that ends with a colon and the list of reasons below."""
    done = khrnn(*args, cwd=cwd)
    assert done.returncode == code, (done.stdout, done.stderr)
    first, *reasons = done.stderr.splitlines()
    assert done.stderr.endswith("\n") and first.startswith("khrnn: "), done.stderr
    assert bool(reasons) == first.endswith(" reasons:") and all(line.startswith("  - ") for line in reasons), reasons
    assert "Traceback" not in done.stderr
    return done.stderr

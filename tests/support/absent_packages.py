"""Tests that need an optional package are skipped where it is not installed; the reason names the extra.

The plugin `SkipAbsent` does this wherever such a package is imported: by a test, by a module of tests, by a doctest or
by the product. `needs` marks a test that fails otherwise without the package, for example because a format is skipped.
"""

import re
from doctest import UnexpectedException

import pytest

from hardware_profiles.extras import EXTRAS, PROJECT, AbsentPackageError, absence

DEVELOPMENT = ("importlinter", "piquasso", "pyqsp")
"""Packages of the extra ``dev`` that tests import."""

LINE = re.compile(rf"is not installed: pip install '{PROJECT}\[(\w+)\]'|MrMustard 0\.7 needs Python")
"""How the product says that a package is absent."""

OPTIONAL = frozenset(module for extra in EXTRAS.values() for module in extra.modules)

WITHOUT_OPTIONAL = f"""
import sys
from importlib.machinery import PathFinder

class Core(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {sorted(OPTIONAL)} else super().find_spec(name, path, target)

sys.meta_path = [Core if finder is PathFinder else finder for finder in sys.meta_path]
"""
"""The start of a script in which no optional package is found."""


def needs(*modules):
    """Mark a test that needs optional packages."""
    return pytest.mark.skipif(bool(absence(*modules)), reason=absence(*modules))


def skip_if_absent(text):
    """Skip the test if a message of the product says that a package is absent."""
    if line := next((line for line in text.splitlines() if LINE.search(line)), ""):
        pytest.skip(re.sub(r"^(khrnn|[\w.]+Error): ", "", line))


def reason(error):
    """Return why an error, or what led to it, means that a package is absent, and "" if it does not."""
    while error is not None and not (why := _reason(error)):
        error = error.exc_info[1] if isinstance(error, UnexpectedException) else error.__cause__ or error.__context__
    return why if error is not None else ""


def _reason(error):
    if isinstance(error, AbsentPackageError):
        return str(error)
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package in OPTIONAL:
        return absence(package)
    return f"{package} is not installed: pip install '{PROJECT}[dev]'" if package in DEVELOPMENT else ""


class SkipAbsent:
    """A plugin of pytest that turns the error of an absent package into a skipped test, or a skipped module."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Report a test as skipped if it ended with such an error."""
        report = yield
        if call.excinfo is not None and report.failed and (why := reason(call.excinfo.value)):
            report.outcome, report.longrepr = "skipped", (str(item.path), item.location[1] or 0, f"Skipped: {why}")
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        """Report a module as skipped if its import ended with such an error."""
        report = yield
        error = report.call.excinfo.value if report.failed and report.call.excinfo is not None else None
        if why := reason(error):
            report.outcome, report.longrepr = "skipped", (str(collector.path), 0, f"Skipped: {why}")
        return report

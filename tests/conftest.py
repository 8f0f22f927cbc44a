"""Settings shared by all tests."""

import os

from absent_packages import SkipAbsent
from hypothesis import HealthCheck, settings

os.environ.setdefault("KHRNN_PROGRESS", "terminal")  # else a slow machine adds lines to the standard error of commands

settings.register_profile(
    "khrnn", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("khrnn")


def pytest_configure(config):
    """Skip what needs a package that is not installed, here and in the doctests of the product."""
    config.pluginmanager.register(SkipAbsent())

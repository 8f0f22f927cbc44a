"""Settings shared by all tests."""

import os

from absent_packages import SkipAbsent
from hypothesis import HealthCheck, settings

os.environ.setdefault("KHRNN_PROGRESS", "terminal")  # else a slow machine adds lines to the standard error of commands
for name in ("COLUMNS", "LINES"):  # pytest imports readline, which sets them: commands would wrap lines
    os.environ.pop(name, None)
    os.unsetenv(name)

settings.register_profile(
    "khrnn", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("khrnn")


def pytest_configure(config):
    """Skip what needs a package that is not installed, here and in the doctests of the product."""
    config.pluginmanager.register(SkipAbsent())

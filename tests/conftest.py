"""Settings shared by all tests."""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("KHRNN_PROGRESS", "terminal")  # else a slow machine adds lines to the standard error of commands

settings.register_profile(
    "khrnn", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("khrnn")

"""Settings shared by all tests."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "khrnn", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("khrnn")

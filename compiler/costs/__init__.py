"""What a circuit costs on a device: resources, time, noise, and the numbers that nobody verified."""

from compiler.costs.noise import with_noise
from compiler.costs.resources import Resources, resources
from compiler.costs.schedule import Schedule, asap
from compiler.costs.unverified import unverified_numbers

__all__ = ["Resources", "Schedule", "asap", "resources", "unverified_numbers", "with_noise"]

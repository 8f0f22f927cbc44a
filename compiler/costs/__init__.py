"""What a circuit costs on a device: resources, time, noise, loss per mode, and the numbers that nobody verified."""

from compiler.costs.logical_loss import LossPerMode, loss_per_mode
from compiler.costs.noise import with_noise
from compiler.costs.resources import Resources, resources
from compiler.costs.schedule import Schedule, asap
from compiler.costs.unverified import unverified_numbers

__all__ = [
    "LossPerMode",
    "Resources",
    "Schedule",
    "asap",
    "loss_per_mode",
    "resources",
    "unverified_numbers",
    "with_noise",
]

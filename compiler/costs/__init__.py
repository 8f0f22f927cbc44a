"""Costs of a circuit on a device: resources, sources, time, noise, loss per mode, and unverified numbers."""

from compiler.costs.logical_loss import LossPerMode, loss_per_mode
from compiler.costs.multiplexing import Multiplexing, multiplexing
from compiler.costs.noise import with_noise
from compiler.costs.resources import Resources, resources
from compiler.costs.schedule import Schedule, asap
from compiler.costs.unverified import unverified_numbers

__all__ = [
    "LossPerMode",
    "Multiplexing",
    "Resources",
    "Schedule",
    "asap",
    "loss_per_mode",
    "multiplexing",
    "resources",
    "unverified_numbers",
    "with_noise",
]

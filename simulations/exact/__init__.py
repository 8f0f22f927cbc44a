"""Exact simulation of polynomial phase circuits with loss, at any number of modes and without a cutoff.

A state is a Gaussian density in the positions times a polynomial phase: ``|psi(x)|^2 = N(mu, Sigma)``, phase
``exp(i phi(x) / hbar)``. Phase gates add to phi; beamsplitters with real coefficients, squeezers and ControlledX are
point transformations; loss is followed shot by shot; homodyne readouts condition. Statistics are exact for every shot;
what leaves the family is refused by name.
"""

from simulations.exact.likelihood import LogDensity, log_density
from simulations.exact.moments import Moments, NoClosedFormError, moments
from simulations.exact.outcomes import Outcomes
from simulations.exact.run import LeavesFamilyError, simulate

__all__ = [
    "LeavesFamilyError",
    "LogDensity",
    "Moments",
    "NoClosedFormError",
    "Outcomes",
    "log_density",
    "moments",
    "simulate",
]

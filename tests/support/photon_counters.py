"""The photon counters X8 and Borealis, and states and jobs that they can run, for the tests of several rooms."""

from dataclasses import replace
from math import pi

import numpy as np

from compiler.ir import operations as ops
from compiler.photon_counters.loop_job import LoopJob, LoopSettings, loop_device
from compiler.photon_counters.pair_fit import paired_device
from hardware_profiles import load_profile, profile_from_data

X8 = paired_device(load_profile("xanadu-x8"))
BOREALIS = replace(loop_device(load_profile("xanadu-borealis")), loop_phases=())  # as a program sees it: loops at rest
LOW, MEDIUM, HIGH = BOREALIS.levels[1:]


def pair(r, a=0, b=4):
    """Two-mode squeezing of the vacuum."""
    return (ops.PrepareSqueezed((a,), -r), ops.PrepareSqueezed((b,), r), ops.BeamSplitter((a, b), pi / 4))


def loop_graph_state(modes, r):
    """The job of pulses (0, 1), (2, 3), .. as two-mode graph states of weight tanh(2 r)."""
    idle = LoopSettings((0.0,) * modes, (0.0,) * modes)
    return LoopJob(r, (LoopSettings((pi / 2,) * modes, (0.0, pi / 4) * (modes // 2)), idle, idle))


def random_job(rng, n, device=BOREALIS, r=MEDIUM):
    """A job of n pulses whose rotations and beamsplitter angles the device can set."""
    loops = []
    for place, d in enumerate(device.delays):
        turns = [rng.uniform(-1.5, 1.5) - device.compensation(place, w) for w in range(n)]
        theta = rng.uniform(0.0, pi / 2, n)
        theta[:d] = 0.0
        loops.append(LoopSettings(tuple(turns), tuple(theta.tolist())))
    return LoopJob(r, tuple(loops))


def haar(rng, n):
    """A random unitary of size n."""
    return np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0]


def rows(u):
    """A matrix as operations hold it: a tuple of rows."""
    return tuple(map(tuple, u.tolist()))


def photonic(**changes):
    """The photonic profile without squeezers in line: they are teleported."""
    data = load_profile("photonic-cubic").model_dump(mode="json")
    data["operations"]["Squeeze"]["availability"] = "teleported"
    return profile_from_data({**data, **changes}, "test")

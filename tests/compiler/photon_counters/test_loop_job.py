"""Jobs that fit the loops of Borealis run there as they are, and all others are refused with the reason."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from photon_counters import BOREALIS, HIGH, MEDIUM, random_job

from compiler.errors import InputError
from compiler.exports.strawberryfields.device import compile_loops
from compiler.photon_counters.loop_fit import loop_reasons
from compiler.photon_counters.loop_job import LoopEfficiencies, LoopJob, LoopSettings, job_reasons


@pytest.mark.parametrize("phases", [(), (0.1, -0.1, 3.0)])
@pytest.mark.parametrize("n", [1, 7, 45])
def test_borealis_takes_what_fits(n, phases, caplog):
    """`compile_loops` compares the covariance of what Strawberry Fields compiled, here with the certificate's loss."""
    device = replace(BOREALIS, loop_phases=phases)
    job = random_job(np.random.default_rng(n), n, device)
    assert job_reasons(job, device) == ()
    eta = LoopEfficiencies(0.429, (0.911, 0.890, 0.852), tuple(np.linspace(0.877, 1.0, 16).tolist()))
    compile_loops(job, device, efficiencies=eta)
    program = compile_loops(job, device)
    assert program.timebins == n + 43
    if n > 1:  # the first loop's pulses may be turned by pi, which they do not see
        assert "offset by pi" not in caplog.text


def test_the_first_loop_takes_every_rotation():
    """Its modulator turns a fresh squeezed pulse, which does not see the pi that Strawberry Fields then adds."""
    loops = random_job(np.random.default_rng(10), 9).loops
    job = LoopJob(HIGH, (LoopSettings((2.5, -3.0, 1.7) * 3, loops[0].theta), *loops[1:]))
    assert job_reasons(job, BOREALIS) == ()
    assert compile_loops(job, BOREALIS).tdm_params[1][0] == pytest.approx(2.5 - pi)
    assert loop_reasons(job.circuit(BOREALIS), BOREALIS) == ()


def test_jobs_that_do_not_fit():
    idle = LoopSettings((0.0, 0.0), (0.0, 0.0))
    cases = {
        "has 2 loops, but the device has 3": LoopJob(MEDIUM, (idle, idle)),
        "the loop is still empty when pulse 0 arrives": LoopJob(
            MEDIUM, (LoopSettings((0.0, 0.0), (0.3, 0.0)), idle, idle)
        ),
        "must lie in 0..1.5708": LoopJob(MEDIUM, (LoopSettings((0.0, 0.0), (0.0, 1.6)), idle, idle)),
        "the device offers r = 0, 0.613": LoopJob(0.5, (idle, idle, idle)),
    }
    for reason, job in cases.items():
        assert reason in job_reasons(job, BOREALIS)[0].reason
    assert (
        "takes 245 bins, but the device has 200"
        in job_reasons(random_job(np.random.default_rng(0), 202), replace(BOREALIS, bins=200))[0].reason
    )


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: replace(BOREALIS, delays=(1, 1)), "distinct delays"),
        (lambda: replace(BOREALIS, loop_phases=(0.1,)), "as many loop phases, found 1"),
        (lambda: LoopEfficiencies(1.1, (1.0,), (1.0,)), r"efficiencies must lie in \[0, 1\]"),
        (lambda: LoopJob(0.1, (LoopSettings((0.0,), ()),)), "one setting per pulse"),
        (lambda: LoopJob(float("nan"), (LoopSettings((0.0,), (0.0,)),)), "must be finite"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)

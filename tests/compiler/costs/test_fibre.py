"""A mode that waits for feed-forward waits in fibre, and loses what that length of fibre loses."""

import pytest
from photon_counters import photonic

from compiler.costs.fibre import fibre_loss_db_per_s, waiting_loss_db
from compiler.costs.noise import with_noise
from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import transmission
from compiler.passes.lowering.teleport_cubics import teleported


def test_waiting_for_feed_forward_is_loss_in_fibre():
    """100 ns are 20.4 m of fibre; the teleported gate's data waits so long for its corrections."""
    assert waiting_loss_db(100e-9, 0.2) == pytest.approx(0.2e-3 * 299792458.0 * 100e-9 / 1.468)
    here = {"source": "test", "date": "2026-11-22", "mark": "A"}
    noise = {
        "loss_db_per_s": {"value": fibre_loss_db_per_s(0.2), **here},
        "feed_forward_latency_s": {"value": 100e-9, **here},
    }
    gadget = Circuit(2, tuple(teleported(ops.CubicPhase((0,), 0.2), 1, 1.0, "m")), (1,))
    noisy = with_noise(gadget, photonic(noise=noise), without=("preparation", "gates", "detector"))
    (loss,) = (op for op in noisy.operations if isinstance(op, ops.Loss))
    assert loss.modes == (0,) and loss.eta == pytest.approx(transmission(waiting_loss_db(100e-9, 0.2)), rel=1e-12)
    place = [type(op).__name__ for op in noisy.operations].index("Loss")
    assert isinstance(noisy.operations[place + 1], ops.Shear)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: fibre_loss_db_per_s(-0.2), "dB/km >= 0"),
        (lambda: fibre_loss_db_per_s(0.2, 0.5), "index must be"),
        (lambda: waiting_loss_db(-1.0, 0.2), "seconds >= 0"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)

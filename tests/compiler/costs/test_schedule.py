"""Schedules against a slow reference that looks at all earlier operations, and their critical paths."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from random_programs import device, noisy_device

from compiler.costs.schedule import asap
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

SECONDS = {ops.PrepareSqueezed: 4.0, ops.Squeeze: 2.0, ops.ControlledX: 1.0, ops.Displacement: 3.0, ops.Homodyne: 5.0}
"""Durations of `noisy_device`."""
LATENCY = 1.5


def fed_program(rng, modes, length):
    """Gates, readouts, and displacements by one result or two, in one parameter or both; and what each uses."""
    out, used, results = [], [], []
    for _ in range(length):
        a, b = (int(m) for m in rng.permutation(modes)[:2])
        names = [str(name) for name in rng.permutation(results)[:2]]
        kind = int(rng.integers(6))
        if kind == 0:
            out += [ops.Homodyne((a,), 0.0, f"m{len(results)}"), ops.PrepareSqueezed((a,), 0.3)]
            used += [set(), set()]
            results.append(f"m{len(results)}")
            continue
        if kind < 3 and names:
            one, both = Polynomial.monomial(names[:1]), Polynomial.monomial(names)
            move = {1: (both, 0.0), 2: (Polynomial.monomial(names[-1:]), one)}[kind]
            out.append(ops.Displacement((a,), *move))
            used.append(set(names))
            continue
        out.append(ops.Squeeze((a,), 0.1) if kind < 5 else ops.ControlledX((a, b), 0.2))
        used.append(set())
    return Circuit(modes, tuple(out)), used


def reference(circuit, used, seconds, latency):
    """Each operation starts after all earlier operations on its modes and after all readouts that it uses."""
    layers, starts, ends = [], [], []
    for j, op in enumerate(circuit.operations):
        layer, start = 0, 0.0
        for i, earlier in enumerate(circuit.operations[:j]):
            fed = isinstance(earlier, ops.Homodyne) and earlier.result in used[j]
            if fed or not set(earlier.modes).isdisjoint(op.modes):
                layer, start = max(layer, layers[i]), max(start, ends[i] + (latency if fed else 0.0))
        layers.append(layer + 1)
        starts.append(start)
        ends.append(start + seconds[type(op)])
    return layers, starts, ends


def test_schedules_are_those_of_the_slow_reference():
    several = 0
    for seed in range(20):
        circuit, used = fed_program(np.random.default_rng(seed), 4, 40)
        found = asap(circuit, noisy_device(feed_forward_latency_s=LATENCY))
        layers, starts, ends = reference(circuit, used, SECONDS, LATENCY)
        assert found.layers == tuple(layers)
        assert found.starts_s == pytest.approx(starts) and found.ends_s == pytest.approx(ends)
        assert found.duration_s == pytest.approx(max(ends))
        several += sum(len(names) > 1 for names in used)
    assert several > 40


@pytest.mark.parametrize("seed", range(12))
def test_a_critical_path_has_no_gap_and_is_summed_up(seed):
    circuit, _ = fed_program(np.random.default_rng(seed), 4, 40)
    found = asap(circuit, noisy_device())
    path = found.critical_path
    assert found.starts_s[path[0]] == 0.0 and found.ends_s[path[-1]] == found.duration_s
    assert all(found.ends_s[a] == found.starts_s[b] for a, b in pairwise(path))
    names = {"ControlledX": "controlled_x", "Homodyne": "homodyne", "Displacement": "displacement"}
    names |= {"PrepareSqueezed": "prepare_squeezed", "Squeeze": "squeezer"}
    kinds = Counter(names[type(circuit.operations[i]).__name__] for i in path)
    summary = {"operations": len(path), "counts": dict(sorted(kinds.items())), "untimed": []}
    assert found.summary(circuit) == {**summary, "duration_s": found.duration_s}
    assert sum(SECONDS[type(circuit.operations[i])] for i in path) == found.duration_s


def test_a_critical_path_waits_for_the_latency_after_a_readout():
    """A readout of mode 1 ends at 5 and its result can be used at 8, when mode 0 has been free since 3."""
    fed = ops.Displacement((0,), Polynomial.monomial(("a",)), 0.0)
    circuit = Circuit(2, (ops.Homodyne((1,), 0.0, "a"), ops.Displacement((0,), 1.0, 0.0), fed))
    found = asap(circuit, noisy_device(feed_forward_latency_s=3.0))
    assert (found.ends_s[0], found.ends_s[1], found.starts_s[2]) == (5.0, 3.0, 8.0)
    assert found.critical_path == (0, 2)
    slow = Circuit(2, (*circuit.operations[:2], *circuit.operations[1:2] * 2, fed))
    assert asap(slow, noisy_device(feed_forward_latency_s=3.0)).critical_path == (1, 2, 3, 4)


def test_a_duration_is_not_told_where_an_operation_has_none():
    circuit = Circuit(2, (ops.Squeeze((0,), 0.1), ops.Shear((0,), 0.2), ops.Rotation((1,), 0.3)))
    found = asap(circuit, device({"Squeeze": {"duration_s": 2.0}, "Shear": {}}))
    assert found.duration_s == 2.0 and found.critical_path == (0, 1)
    assert found.summary(circuit) == {
        "operations": 2,
        "counts": {"shear": 1, "squeezer": 1},
        "duration_s": None,
        "untimed": ["rotation", "shear"],
    }


def test_what_uses_a_photon_count_waits_for_it():
    """Preparation 0 to 4 s, no time for the count, the latency 1.5 s, then the displacement of 3 s."""
    use = ops.Displacement((1,), Polynomial.monomial(("n",)), 0.0)
    counted = Circuit(2, (ops.PrepareSqueezed((0,), 0.1), ops.PhotonCount((0,), "n"), use))
    found = asap(counted, noisy_device(feed_forward_latency_s=LATENCY))
    assert found.layers == (1, 2, 3) and found.starts_s == (0.0, 4.0, 4.0 + LATENCY)
    assert found.critical_path == (0, 1, 2) and found.duration_s == 4.0 + LATENCY + 3.0

"""Picture of a device profile: which modes can interact, and what the device does with each operation."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hardware_profiles.display.figures import (
    BLUE,
    GREEN,
    GREY,
    INK,
    NODE,
    ORANGE,
    figure_picture,
    literal,
    new_figure,
    styled,
)
from hardware_profiles.display.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hardware_profiles.schema import Profile

MOST_MODES = 24
"""Largest number of modes that are drawn."""

USUAL_MODES = 8
"""Number of modes that are drawn where the profile states no limit."""

COLOURS = {"native": GREEN, "synthesised": BLUE, "teleported": ORANGE, "unavailable": GREY}


def couplings(profile: Profile, modes: int) -> list[tuple[int, int]]:
    """Return the pairs of the first modes that the topology couples directly.

    Time bins of loops meet through a delay line; on a quad-rail lattice the nodes are macronodes.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> couplings(load_profile("ideal-cubic"), 3)
    [(0, 1), (0, 2), (1, 2)]
    """
    topology = profile.topology
    if topology.kind == "all-to-all":
        return list(combinations(range(modes), 2))
    if topology.kind == "pairs":
        return [(a, b) for a, b in topology.pairs if max(a, b) < modes]
    steps = {1}
    if topology.kind == "loops":
        steps = {int(loop.delay_bins.value) for loop in topology.loops}
    if topology.local_macronodes is not None:
        steps.add(int(topology.local_macronodes.value))
    pairs = {(m, m + step) for step in steps for m in range(modes - step)}
    if topology.kind == "ring" and modes == _modes(profile) and modes > 2:
        pairs.add((0, modes - 1))
    return sorted(pairs)


def _modes(profile: Profile) -> int | None:
    limit = profile.topology.max_modes
    return None if limit is None else int(limit.value)


def profile_picture(profile: Profile) -> Picture:
    """Return the couplings of a profile's modes and a table of its operations, with the main facts beside."""
    limit = _modes(profile)
    modes = min(limit or USUAL_MODES, MOST_MODES)
    if profile.topology.pairs:
        modes = min(1 + max(max(pair) for pair in profile.topology.pairs), MOST_MODES)
    unverified = sum(quantity.label.endswith("unverified") for quantity in profile.quantities().values())
    facts = (
        ("description", profile.description),
        ("family, status", f"{profile.family}, {profile.status}"),
        ("modes", "no limit" if limit is None else f"{limit}"),
        ("topology", profile.topology.kind),
        ("numbers", f"{len(profile.quantities())}, of which {unverified} unverified"),
    )
    with styled():
        figure = new_figure(7.6, max(3.0, 0.5 + 0.19 * len(profile.operations)))
        left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
        _draw_modes(left, profile, modes)
        drawn = "all modes" if modes == limit else f"the first {modes} modes of {limit or 'any number'}"
        left.set_title(f"topology {profile.topology.kind}, {drawn}", fontsize=9)
        _draw_operations(right, profile)
    return figure_picture(f"Profile {profile.name}, version {profile.version}", facts, figure)


def _draw_modes(axes: Axes, profile: Profile, modes: int) -> None:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(modes))
    graph.add_edges_from(couplings(profile, modes))
    names = profile.topology.mode_names
    shown = {m: literal(names[m], 8) if m < len(names) else str(m) for m in range(modes)}
    line = profile.topology.kind == "line"
    places = {m: (float(m), 0.0) for m in range(modes)} if line else nx.circular_layout(graph)
    nx.draw_networkx_edges(graph, places, ax=axes, edge_color=GREY, width=0.8)
    nx.draw_networkx_labels(graph, places, shown, ax=axes, font_size=7, font_color=INK, bbox=NODE)
    axes.margins(0.1)
    axes.set_axis_off()
    if not line:
        axes.set_aspect("equal")


def _draw_operations(axes: Axes, profile: Profile) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0.0, 1.0), ylim=(len(profile.operations) - 0.5, -1.0))
    for row, (name, spec) in enumerate(profile.operations.items()):
        availability = spec.availability.value
        axes.text(0.0, row, literal(name), fontsize=8, color=INK, va="center")
        axes.text(0.42, row, availability, fontsize=8, color=COLOURS[availability], va="center")
        limits = [allowed.text(parameter) for parameter, allowed in spec.ranges.items()]
        if spec.loss_db is not None:
            limits.append(f"loss {spec.loss_db.value:.6g} dB")
        axes.text(0.66, row, literal("; ".join(limits), 40), fontsize=7, color=INK, va="center")

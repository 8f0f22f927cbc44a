"""Figures of noise: what the legends and marks say is what is drawn."""

from types import SimpleNamespace

import pytest

from hardware_profiles import load_profile
from qumode_khrnn import Hyperedge, Hypergraph
from qumode_khrnn.reports.noise_figures import budget_figure, devices_figure
from qumode_khrnn.studies.devices import device_rows
from simulations.programs.budget import LATENT, NAMES, Budget


def test_the_legend_of_a_budget_names_what_is_drawn_and_says_what_is_too_thin_to_see():
    def point(scale, **shares):
        causes = {LATENT: 0.1} | {NAMES[name]: share for name, share in shares.items()}
        return SimpleNamespace(scale=scale, budget=Budget("g0", sum(causes.values()), causes, 0.0, 0.0))

    figure = budget_figure(
        (point(0.0), point(1.0, gates=1.0, preparation=1e-4, detector=-0.01), point(3.0, gates=2.0, detector=-0.02))
    )
    (axes,) = figure.axes
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert entries == [NAMES["gates"], f"{NAMES['preparation']} (too thin to see)", LATENT]
    drawn = {box.get_label(): max(bar.get_height() for bar in box.patches) for box in axes.containers}
    assert drawn == pytest.approx(
        {LATENT: 0.1, NAMES["gates"]: 2.0, NAMES["preparation"]: 1e-4}
    )  # no bar for a share below 0


def test_a_device_is_marked_in_the_panels_whose_rows_use_unverified_numbers():
    graphs = [Hypergraph(k, (Hyperedge(tuple(range(k)), 0.3),)) for k in (2, 3)]
    rows = device_rows([load_profile("cavity-snail"), load_profile("photonic-cubic")], graphs)
    doubtful = [{row.profile for row in rows if row.k == k and row.unverified} for k in (2, 3)]
    assert doubtful == [{"photonic-cubic"}, {"cavity-snail", "photonic-cubic"}]  # its time of a cubic gate is recalled
    panels = [axes for axes in devices_figure(rows).axes if axes.get_visible()]
    for axes, names in zip(panels, doubtful, strict=True):
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert {label.removesuffix(" †") for label in labels if label.endswith("†")} == names
        assert len(labels) == 2

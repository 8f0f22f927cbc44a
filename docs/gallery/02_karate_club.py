"""
Zachary's karate club
=====================

The 45 triangles of a well-known social network as hyperedges of three modes, on 34 modes. Written edge by
edge they take 180 cubic phase gates. The compiler tries several strategies, proves each result, and keeps the
one with the fewest gates.
"""

import matplotlib.pyplot as plt
import networkx as nx
from matplotlib.patches import Polygon

from compiler import SynthesisOptions, compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn import Hyperedge, Hypergraph, state_circuit

club = nx.karate_club_graph()
triangles = [tuple(clique) for clique in nx.enumerate_all_cliques(club) if len(clique) == 3]
graph = Hypergraph(34, tuple(Hyperedge(triangle, 0.1) for triangle in triangles))
program = compile_circuit(
    state_circuit(graph, squeezing=1.0), load_profile("ideal-cubic"), options=SynthesisOptions(effort=1.0)
)
largest = max(program.strategies, key=lambda row: row.monomials).modes
rows = [row for row in program.strategies if row.modes == largest and row.cubics is not None]
for row in rows:
    print(f"{row.strategy:20} {row.cubics:4} cubic gates, non-Gaussian depth {row.depth}{' (chosen)' * row.chosen}")

# %%
# Left: the network, its triangles shaded. Right: cubic gates of each strategy; the chosen one is orange.

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained", width_ratios=(1.2, 1))
places = nx.spring_layout(club, seed=3)
for triangle in triangles:
    left.add_patch(Polygon([places[node] for node in triangle], color="#2563a8", alpha=0.08, linewidth=0))
nx.draw_networkx_edges(club, places, ax=left, edge_color="#8a929c", width=0.5)
nx.draw_networkx_nodes(club, places, ax=left, node_size=25, node_color="#1b1f24")
left.set_axis_off()
left.set_title("34 modes, 45 hyperedges", fontsize=9)
bars = right.barh([row.strategy for row in rows], [row.cubics for row in rows])
for bar, row in zip(bars, rows, strict=True):
    bar.set_color("#c8501e" if row.chosen else "#2563a8")
right.bar_label(bars, padding=2, fontsize=8)
right.set(xlabel="cubic phase gates", xlim=(0, 205))
right.invert_yaxis()
right.spines[["top", "right"]].set_visible(False)
plt.show()

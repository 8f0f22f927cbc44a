"""
A sweep on a Dask cluster
=========================

A sweep runs one task for every combination of settings and puts all rows into one table. Here the cluster is
two worker processes on this machine; on a real one only the scheduler's address differs, and the table is the
same to the last byte. A sweep that was interrupted goes on where it stopped.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
from distributed import LocalCluster

from qumode_khrnn.studies.sweep import SweepConfig, run_sweep

CONFIG = SweepConfig(
    task="noise",
    seed=7,
    base={"modes": 3, "sentences": 10, "repeats": 20},
    grid={"loss_scale": [0.0, 0.1, 0.3, 1.0, 3.0], "squeezing": [0.6, 1.2]},
)

if __name__ == "__main__":  # worker processes import this file
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        TemporaryDirectory() as folder,
    ):
        result = run_sweep(CONFIG, Path(folder), scheduler=cluster.scheduler_address)
    print(f"{result.ran} cells ran, {len(result.rows)} rows")

    figure, axis = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for squeezing, marker, color in ((0.6, "o", "#2563a8"), (1.2, "s", "#c8501e")):
        rows = [row for row in result.rows if row["squeezing"] == squeezing]
        errors = [row["squared_error"] for row in rows]
        axis.plot([row["loss_scale"] for row in rows], errors, marker=marker, color=color, label=f"r = {squeezing}")
    axis.axhline(1.0, color="#8a929c", linestyle=":")
    axis.set(xlabel="losses of the device, times those of photonic-cubic", ylabel="squared error (ideal: 1)")
    axis.legend(frameon=False)
    plt.show()

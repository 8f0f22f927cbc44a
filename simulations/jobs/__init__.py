"""Jobs: independent pieces of work with their own seeds, in this process or on Dask, with the same results."""

from simulations.jobs.job import Job
from simulations.jobs.run import JobsError, JobsResult, run_jobs

__all__ = ["Job", "JobsError", "JobsResult", "run_jobs"]

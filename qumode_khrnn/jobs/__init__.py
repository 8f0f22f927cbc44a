"""Jobs: independent pieces of work with their own seeds, in this process or on Dask, with the same results."""

from qumode_khrnn.jobs.job import Job
from qumode_khrnn.jobs.run import JobsError, JobsResult, run_jobs

__all__ = ["Job", "JobsError", "JobsResult", "run_jobs"]

"""Find the Dask cluster that runs jobs: its address or scheduler file, its certificates, and its workers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import read_bytes, read_json
from hardware_profiles.extras import need

CONNECT_SECONDS = 10
"""Longest wait, in seconds, for a scheduler and for its first worker."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The facts that a scheduler reports.

    Attributes
    ----------
    address : str
    workers, threads : int
        Numbers of workers and of their threads.
    dashboard : str or None
        Address of the scheduler's web page, if it serves one.
    """

    address: str
    workers: int
    threads: int
    dashboard: str | None

    def line(self) -> str:
        """Return the line that a command prints before it starts."""
        page = f"dashboard {self.dashboard}" if self.dashboard else "without a dashboard"
        workers = f"{self.workers} worker{'s' * (self.workers != 1)} with {self.threads} threads in all"
        return f"Dask scheduler at {self.address}: {workers}, {page}"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files for TLS; None where Dask's own configuration gives the file.

    Attributes
    ----------
    authority : Path or None
        Certificates of the authority that signed those of the scheduler and the workers.
    certificate, key : Path or None
        Certificate of this client, and its private key.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def scheduler_address(address: str | None, file: Path | None, certificates: Certificates) -> str | None:
    """Return the address of the scheduler, and configure TLS for it.

    Parameters
    ----------
    address : str or None
        Address such as ``tcp://HOST:8786`` or ``tls://HOST:8786``.
    file : Path or None
        File that ``dask scheduler --scheduler-file`` wrote, instead of an address.
    certificates : Certificates

    Returns
    -------
    str or None
        None if neither an address nor a file is given.

    Raises
    ------
    InputError
        If both are given, the file is not a scheduler file, or certificates are missing, unreadable or not used.
    """
    if file is not None:
        if address is not None:
            raise InputError("give either --scheduler or --scheduler-file, not both")
        data = read_json(file)
        address = data.get("address") if isinstance(data, dict) else None
        if not isinstance(address, str) or "://" not in address:
            raise InputError(
                f"{file} must be the file of a Dask scheduler, with its address; write it with: dask scheduler "
                f"--scheduler-file {file}"
            )
    given = {
        "distributed.comm.tls.ca-file": certificates.authority,
        "distributed.comm.tls.client.cert": certificates.certificate,
        "distributed.comm.tls.client.key": certificates.key,
    }
    found = {name: str(path) for name, path in given.items() if path is not None}
    if found and (address is None or not address.startswith("tls://")):
        raise InputError(f"certificates are for a scheduler at a tls:// address, found {address or 'no scheduler'}")
    if address is not None and address.startswith("tls://"):
        need("dask", "distributed")
        import dask
        import distributed  # noqa: F401  # its defaults belong to the configuration

        for path in (path for path in given.values() if path is not None):
            read_bytes(path)  # raises if it cannot be read
        dask.config.set(found)
        if missing := [name for name in given if dask.config.get(name, None) is None]:
            options = "--tls-ca, --tls-cert and --tls-key, or Dask's own configuration"
            raise InputError(f"{address} needs certificates: give {options}, which lacks {', '.join(missing)}")
    return address


def ask_scheduler(address: str) -> Cluster:
    """Ask the server at an address for its identity. A Dask client would wait longer and say less.

    Raises
    ------
    InputError
        If no scheduler answers within `CONNECT_SECONDS`.
    """
    need("dask", "distributed")
    from distributed import rpc
    from distributed.security import Security

    async def identity() -> Any:
        async with rpc(
            address, timeout=CONNECT_SECONDS, connection_args=Security().get_connection_args("client")
        ) as there:
            return await there.identity()

    async def in_time() -> Any:
        return await asyncio.wait_for(identity(), CONNECT_SECONDS)

    try:
        told = asyncio.run(in_time())
        kind = told["type"]
        workers = [int(one.get("nthreads", 1)) for one in told.get("workers", {}).values()]
        port = told.get("services", {}).get("dashboard")
        count = int(told.get("n_workers", len(workers)))
        threads = int(told.get("total_threads", sum(workers)))
    except Exception as error:  # errors of any kind: the server may speak another protocol
        why = " ".join(str(error).split()) or "no answer"
    else:
        if kind == "Scheduler":
            host = address.partition("://")[2].rpartition(":")[0] or "localhost"
            page = None if port is None else f"http://{host}:{port}/status"
            return Cluster(address, count, threads, page)
        why = f"found a {kind}"
    raise InputError(
        f"cannot reach a Dask scheduler at {address} within {CONNECT_SECONDS} s: {why}; "
        "start one with: dask scheduler, and give the address that it prints, such as tcp://HOST:8786"
    )

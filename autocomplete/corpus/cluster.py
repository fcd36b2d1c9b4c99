"""A Dask cluster as an executor: an optional part, loaded only where a cluster is named."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from autocomplete.errors import AutocompleteError, UsageError

_PATIENCE_SECONDS = 10


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Connect to the scheduler of a cluster; give an executor, and how many jobs it runs at a time.

    The connection is closed at the end; the cluster stays.

    Raises:
        UsageError: Dask is not installed, nobody answers at the address, or there are no workers.
        AutocompleteError: A job ended one worker after another, or the workers lack a package.
    """
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            f"'--cluster {address}' needs Dask, which is not installed.", 'pip install "autocomplete-lm[cluster]"'
        ) from error
    try:
        client = distributed.Client(address, timeout=_PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"'--cluster {address}': no Dask scheduler answers.",
            "Start one with 'dask scheduler', or check the address.",
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
        except TimeoutError as error:
            raise UsageError(
                f"'--cluster {address}': the cluster has no workers.", f"Start some with 'dask worker {address}'."
            ) from error
        try:
            yield client.get_executor(pure=False), sum(client.nthreads().values())
        except (distributed.KilledWorker, ModuleNotFoundError) as error:
            raise AutocompleteError(
                f"The workers of '--cluster {address}' failed ({error}).",
                "Give them more memory, and the packages that this machine has.",
            ) from error

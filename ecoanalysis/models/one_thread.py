"""Linear algebra on one thread."""

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Return what holds the linear algebra of numpy and scipy to one thread while it is entered.

    Fits solve systems of some hundred rows, which gain nothing from a second thread; threads that wait for each other
    spin, and on a busy machine took ten times the CPU time of one.
    """
    import scipy.linalg  # noqa: F401 — only libraries that are loaded already can be limited
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    limit: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limit

"""Waiting for a row that somebody else holds: as long as the database allows (lock_timeout), then a polite answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from psycopg2.errors import LockNotAvailable

from lib.errors import Busy


@contextmanager
def unless_locked(refusal: Busy) -> Iterator[None]:
    """Raise `refusal` where a lock was not to be had in time. The transaction around it must end with it, or a savepoint."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise refusal from None
        raise

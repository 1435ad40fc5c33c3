"""A connection that can be cut from outside: whoever no longer waits for a slow service holds neither thread nor socket."""

import socket
from contextlib import suppress
from threading import Lock
from typing import Any

from requests.adapters import HTTPAdapter


class CutOff(OSError):
    """Nobody waits for this answer any more."""


class Cuttable(HTTPAdapter):
    """The adapter of one request, whose connection ends with `cut`, in whatever step it is."""

    def __init__(self) -> None:
        self.is_cut = False
        self._lock, self._open = Lock(), list[Any]()
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **facts: Any) -> Any:
        """The pool, with connections that tell us of themselves."""
        pool = super().get_connection_with_tls_context(*args, **facts)
        adapter, kind = self, pool.ConnectionCls

        class Told(kind):  # type: ignore[misc, valid-type]
            def connect(self) -> None:
                super().connect()
                adapter.keep(self.sock)

        pool.ConnectionCls = Told
        return pool

    def keep(self, line: Any) -> None:
        """A socket was opened: to be shut later, or at once where nobody waits any more. Raises CutOff."""
        with self._lock:
            self._open.append(line)
            if self.is_cut:
                self._shut()
                raise CutOff

    def cut(self) -> None:
        """Shut what is open and whatever opens later; whoever reads from it stops at once."""
        with self._lock:
            self.is_cut = True
            self._shut()

    def _shut(self) -> None:
        for line in self._open:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

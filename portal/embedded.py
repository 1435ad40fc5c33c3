"""The embedded PostgreSQL and Valkey of `make run` and `make test`."""

from pathlib import Path


def database_url(var: Path) -> str:
    """Where the embedded PostgreSQL of this folder listens."""
    return f"postgres://postgres@/portal?host={var}/pg"


def redis_url(var: Path) -> str:
    """Where the embedded Valkey of this folder listens."""
    return f"unix://{var}/valkey.sock"

"""What a watchman asks: does the process live, may it get requests, and what a person is told."""

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from redis.backoff import NoBackoff
from redis.retry import Retry

DATABASE_SECONDS = 1.0
FREE_DISK = 0.10  # of the whole; below it documents and the database's own log may soon find no place

_asking = ThreadPoolExecutor(max_workers=2, thread_name_prefix="ready")
_migrated: list[bool] = []  # once seen as complete, the tables of a running process cannot become incomplete


@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests may come, else 503. The broker is told of, but the portal works without it."""
    state = readiness()
    good = all(state[name] == "ok" for name in ("database", "migrations", "disk"))
    return JsonResponse(state, status=200 if good else 503)


@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """The public page: does the portal work, in words."""
    state = readiness()
    return render(request, "portal/status.html", {"state": state, "works": state["database"] == "ok"})


def readiness() -> dict[str, str]:
    """The state of each part in a word."""
    database, migrations = _database()
    return {"database": database, "migrations": migrations, "disk": _disk(settings.VAR_DIR), "broker": _broker()}


def _database() -> tuple[str, str]:
    """Ask in a thread of its own, so that a database that hangs cannot hold the answer."""
    asked: Future[bool] = _asking.submit(_ask_database)
    try:
        return "ok", "ok" if asked.result(DATABASE_SECONDS) else "missing"
    except (DatabaseError, TooLate):
        return "away", "unknown"


def _ask_database() -> bool:
    """Whether every migration is applied. Raises DatabaseError when the database does not answer."""
    try:
        connection.ensure_connection()
        if not _migrated:
            executor = MigrationExecutor(connection)
            if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
                _migrated.append(True)
        return bool(_migrated)
    finally:
        connection.close()  # this thread's own


def _disk(folder: Path) -> str:
    """Room on the disk of the folder (or of the nearest parent that exists)."""
    place = next(each for each in (folder, *folder.parents) if each.exists())
    usage = shutil.disk_usage(place)
    return "ok" if usage.free / usage.total >= FREE_DISK else "full"


def _broker() -> str:
    try:
        link = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )
        return "ok" if link.ping() else "away"
    except redis.RedisError:
        return "away"

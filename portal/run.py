"""`make run`: everything the portal needs on one machine, started together and stopped together.

Embedded servers (where none are given), setup, web server, two workers and the scheduler. Everything started carries a
mark in its environment, by which the next run finds what a killed one left behind.
"""

import hashlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from portal import embedded

MARK = "PORTAL_RUN"
PREPARED_FOR = ("PORTAL_MODE", "PORT", "PUBLIC_URL", "FONT_DIR", "DEFAULT_LANGUAGE", "TIME_ZONE")


class CannotRun(Exception):
    """One sentence that says what to do."""


def processes(python: str, var: Path) -> dict[str, str]:
    """Every process of the portal and its command.

    Codes have their own worker, so that no batch can delay them; pages go before batches.
    """
    # Root in a container is a choice; the package's warning about it says nothing about the portal.
    celery = f"{python} -W ignore:::celery.platforms -m celery -q -A portal"
    return {
        "web": f"{python} -m gunicorn -c python:portal.gunicorn portal.wsgi",
        "urgent": f"{celery} worker -Q urgent -P threads -c 2 -n urgent@%h --without-gossip --without-mingle",
        "worker": f"nice -n 5 {celery} worker -Q personal,bulk -P prefork -c 1 --max-tasks-per-child 200"
        " -n worker@%h --without-gossip --without-mingle",
        "clock": f"nice -n 5 {celery} beat -s {shlex.quote(str(var / 'beat'))} --pidfile=",
    }  # fmt: skip


def main() -> int:
    """Run until stopped by Ctrl-C or SIGTERM (0), or until a part ends by itself (1)."""
    root = Path(__file__).resolve().parent.parent
    var = Path(os.environ.get("VAR_DIR") or root / "var").absolute()
    if MARK not in os.environ:  # a process's mark is read from its first environment: start over with it
        surroundings = os.environ | {MARK: str(var), "PORTAL_MODE": os.environ.get("PORTAL_MODE", "demo")}
        os.execve(sys.executable, [sys.executable, "-m", "portal.run"], surroundings)  # noqa: S606
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        _only_one(var)
        port = _free_port(var)
        return _run(var, port)
    except (CannotRun, embedded.BrokenServer) as problem:
        print(problem, file=sys.stderr)
        return 1


def _stop(*_: object) -> None:
    sys.exit(0)


def _run(var: Path, port: int) -> int:
    from honcho.manager import Manager  # here: it is not needed before the process starts over

    with ExitStack() as stack:
        stack.callback(_end_leftovers, var)
        surroundings = stack.enter_context(embedded.servers(var))
        stack.callback(_end_leftovers, var)  # before the servers stop, and after a start that broke off
        os.environ.update(surroundings, PORT=str(port))
        sign_ins = _prepare(var, surroundings["DATABASE_URL"])
        threading.Thread(target=_announce, args=(port, sign_ins), daemon=True).start()
        manager = Manager()
        for name, command in processes(shlex.quote(sys.executable), var).items():
            manager.add_process(name, f"exec {command}")
        manager.loop()
        return 0 if manager.returncode in (130, 143) else 1


def _marked(var: Path) -> list[int]:
    """Every process that a run of this folder started, this one excepted."""
    mark = os.fsencode(f"{MARK}={var}")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0") and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        except OSError:
            continue  # ended meanwhile, or another user's
    return found


def _only_one(var: Path) -> None:
    """Refuse to run twice in one folder; note this run for the next one."""
    note = var / "run.pid"
    try:
        other = int(note.read_text())
    except (OSError, ValueError):
        other = 0
    if other in _marked(var):
        raise CannotRun(f"The portal already runs in {var} (process {other}): stop that one first (kill {other}).")
    var.mkdir(parents=True, exist_ok=True)
    note.write_text(str(os.getpid()))


def _end_leftovers(var: Path) -> None:
    """End what is still there of this folder's runs: asked first, then killed."""
    for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0)):
        for process in _marked(var):
            _signal(process, number)
        until = time.monotonic() + seconds
        while time.monotonic() < until and _marked(var):
            time.sleep(0.1)


def _signal(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _free_port(var: Path) -> int:
    """The port to listen on, once what a killed run left on it is ended."""
    _end_leftovers(var)
    asked = os.environ.get("PORT", "8000").strip() or "8000"
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise CannotRun(f"PORT must be a number from 1 to 65535, not {asked!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST") or "127.0.0.1", int(asked)))
        except PermissionError:
            raise CannotRun(f"Port {asked} needs root's rights: choose another one, PORT=8000 make run.") from None
        except OSError:
            raise CannotRun(
                f"Port {asked} is taken: stop what listens there, or PORT={int(asked) + 1} make run."
            ) from None
    return int(asked)


def _tables(url: str) -> str:
    """What tells the database and its tables from another: the last migration and when it was applied; "" if none."""
    import psycopg2

    try:
        with psycopg2.connect(url, connect_timeout=5) as link, link.cursor() as cursor:
            cursor.execute("SELECT id, applied FROM django_migrations ORDER BY id DESC LIMIT 1")
            return str(cursor.fetchone())
    except psycopg2.errors.UndefinedTable:
        return ""
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotRun(f"The database of DATABASE_URL does not answer ({reason}): start it or mend the URL.") from None


def _prepare(var: Path, url: str) -> str:
    """Bring files and tables up to date, unless nothing changed since the last time; return how one signs in.

    Done in a process of its own. Looking through the checkout takes a hundredth of its time.
    """
    log, note = var / "log" / "prepare.log", var / "prepared"
    state = _state(var, url)
    before, _, sign_ins = note.read_text().partition("\n") if note.exists() else ("", "", "")
    if before == state:
        return sign_ins
    if not note.exists():
        print("Preparing pages and tables; the first time this takes a minute or two …", flush=True)
    with log.open("ab") as stream:
        done = subprocess.run(
            [sys.executable, "manage.py", "prepare"], stdout=subprocess.PIPE, stderr=stream, check=False, text=True
        )
    if done.returncode:
        raise CannotRun(f"The portal could not be prepared: {log} says why (its last lines are the latest).")
    note.write_text(f"{_state(var, url)}\n{done.stdout}")
    return done.stdout


def _state(var: Path, url: str) -> str:
    """A digest of everything that is prepared, and of what it is made from."""
    seen = [str(os.environ.get(name)) for name in PREPARED_FOR] + [url, _tables(url)]
    places = [Path(__file__).resolve().parent.parent, var / "static", var / "fonts"]
    for folder, inner, files in (found for place in places for found in os.walk(place)):
        ours = [name for name in inner if name[0] != "." and name not in {"var", "__pycache__"}]
        inner[:] = sorted(name for name in ours if Path(folder, name) != var)
        stats = [(name, os.stat(Path(folder, name), follow_symlinks=False)) for name in sorted(files)]
        seen += [f"{folder}/{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
    return hashlib.sha256("\n".join(seen).encode(errors="surrogateescape")).hexdigest()


def _announce(port: int, sign_ins: str) -> None:
    """Tell the address once pages are served."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2)
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    print(f"\nThe portal is open: http://localhost:{port}/\n{sign_ins}Ctrl-C stops everything.\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())

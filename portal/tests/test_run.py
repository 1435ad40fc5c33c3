"""`make run` as a person meets it: started, stopped, killed, started again, and refused in one sentence."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal import embedded
from portal.features import ROOT
from portal.run import MARK

Start = Callable[..., "Run"]
PATIENCE = 600  # seconds: a busy machine takes minutes for the first start; whatever hangs ends the test all the same


class Run:
    """One `make run` in a folder of its own, without its setup of packages."""

    def __init__(self, var: Path, **changed: str) -> None:
        self.var, self.port = var, changed.get("PORT") or str(free_port())
        surroundings = {"PATH": os.environ["PATH"], "PORTAL_MODE": "test", "VAR_DIR": str(var), "PORT": self.port}
        self.output = var.with_name(f"output-{time.monotonic_ns()}")
        with self.output.open("w") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.run"], cwd=ROOT, env=surroundings | changed,
                stdout=stream, stderr=stream, start_new_session=True,
            )  # fmt: skip

    def ready(self) -> dict[str, str]:
        """Wait until pages are served and return the state of the parts."""
        for _ in range(PATIENCE * 5):
            assert self.process.poll() is None, self.output.read_text()
            if "The portal is open" in self.output.read_text():
                break
            time.sleep(0.2)
        else:
            pytest.fail(f"Not open after {PATIENCE} s: {self.output.read_text()}")
        try:
            return dict(json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5)))
        except urllib.error.HTTPError as answer:
            return dict(json.load(answer))  # a machine with a full disk is told so, and serves all the same

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def says(self) -> str:
        """Its whole output, after it has ended by itself."""
        self.process.wait(PATIENCE)
        return self.output.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def left(var: Path) -> list[str]:
    """The command lines of processes that belong to the folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            marked = f"{MARK}={var}".encode() in (folder / "environ").read_bytes()
        except OSError:
            continue
        if command and (marked or str(var) in command):
            found.append(command)
    return found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of the test's own. Root's PostgreSQL must be able to walk in; pytest shuts its folders at every start."""
    with tempfile.TemporaryDirectory(prefix="portal-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def start(place: Path) -> Iterator[Start]:
    """Start the portal in this test's folder; whatever the test leaves running is ended."""
    runs: list[Run] = []

    def begin(**changed: str) -> Run:
        runs.append(Run(place / "var", **changed))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.end(signal.SIGTERM)
    embedded.stop_postgres(place / "var")
    embedded.stop_valkey(place / "var")


def test_the_portal_comes_up_refuses_a_second_one_and_goes_wholly_even_after_a_kill(start: Start) -> None:
    killed = start()
    assert killed.ready()["database"] == killed.ready()["migrations"] == killed.ready()["broker"] == "ok"
    names = " ".join(left(killed.var))
    assert all(part in names for part in ("gunicorn", "-Q urgent", "-Q personal,bulk", " beat ", "pg", "valkey"))

    prepared = (killed.var / "prepared").stat().st_mtime_ns
    killed.end(signal.SIGKILL)
    assert left(killed.var)  # a killed supervisor cannot end its parts: the next one must
    again = start(PORT=killed.port)
    assert again.ready()["database"] == "ok"
    assert (again.var / "prepared").stat().st_mtime_ns == prepared  # nothing has changed: nothing was done again

    assert again.end(signal.SIGTERM) == 0
    assert left(again.var) == []

    third = start()
    third.ready()
    second = start()  # beside it, in the same folder
    assert f"already runs in {third.var}" in second.says()
    assert second.process.returncode == 1
    assert third.ready()["database"] == "ok"
    assert third.end(signal.SIGINT) == 0
    assert left(third.var) == []


def test_a_stop_during_the_first_seconds_leaves_nothing(start: Start) -> None:
    run = start()
    while not embedded._postmaster(run.var / "pg"):
        assert run.process.poll() is None
        time.sleep(0.05)

    assert run.end(signal.SIGTERM) == 0
    assert left(run.var) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT must be a number"),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}, "does not answer"),
        ({"DATABASE_URL": "sqlite:///portal.db", "REDIS_URL": "redis://127.0.0.1:1"}, "DATABASE_URL"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(start: Start, changed: dict[str, str], sentence: str) -> None:
    run = start(**changed)
    text = run.says()

    assert sentence in text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1
    assert run.process.returncode == 1
    assert left(run.var) == []


def test_a_taken_port_is_said_in_one_sentence(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        text = start(PORT=port).says()

    assert text == f"Port {port} is taken: stop what listens there, or PORT={int(port) + 1} make run.\n"


def test_a_broken_database_is_said_in_one_sentence(start: Start, place: Path) -> None:
    data = place / "var" / "pg"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")

    text = start().says()

    assert f"mv {data} {data}.broken" in text
    assert len(text.strip().splitlines()) == 1


def test_a_long_path_gets_a_short_private_folder_for_its_sockets(place: Path) -> None:
    short, long = Path("/srv/portal/var"), place / ("x" * 100)

    assert embedded.sockets(short) == short / "run"
    assert str(embedded.sockets(long)).startswith(f"/tmp/portal-{os.getuid()}-")  # noqa: S108
    assert embedded.sockets(long) != embedded.sockets(place / ("y" * 100))


def test_servers_work_under_a_long_path_with_spaces(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    var = place / ("a long way " * 9).strip()

    with embedded.servers(var, throw_away=True) as surroundings:
        folder = embedded.sockets(var)
        assert str(folder) in surroundings["DATABASE_URL"]
        assert folder.stat().st_uid == os.getuid()
        assert not folder.stat().st_mode & 0o066
    assert left(var) == []

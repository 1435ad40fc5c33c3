"""Two people press at once, two workers take one run, a worker is killed: one run, whole chunks, nothing twice."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing.actions import calculate as calculating
from billing.actions import issuing
from billing.actions.calculate import calculate, clear_dropped
from billing.actions.closing import drop_run, recalculate, start_issue, start_run
from billing.actions.issuing import issue
from billing.actions.running import MOST_TRIES, claim, release, take_up_stuck
from billing.calculating import chunk
from billing.calculating.plan import Plan
from billing.models import BillingRun, Charge, HouseService, Invoice, LedgerEntry, Service
from billing.models.run import PATIENCE
from billing.tests.firm import AT, NOV, ignore, make_service
from portal.testing import Cast, make_account, make_cast, make_house, surroundings
from premises.models import House, Organization, PersonalAccount

pytestmark = [pytest.mark.feature("B10"), pytest.mark.django_db(transaction=True)]
HOUSES = 4
State = BillingRun.State


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing below catches it."""


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Four houses with three flats each beside the cast's own, and chunks of one house."""
    cast = make_cast()
    service = make_service(cast.house, "main", "area", "24.36")
    for number in range(HOUSES):
        house = make_house(cast.company, f"5{number}")
        HouseService.objects.create(house=house, service=service, since=date(2020, 1, 1))
        for flat in range(3):
            make_account(house, str(flat), f"5{number}{flat}")
    monkeypatch.setattr(calculating, "CHUNK", 1)
    monkeypatch.setattr(issuing, "CHUNK", 1)
    return cast


ALL = 3 * HOUSES + 3


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run the same work in several threads that begin together."""
    barrier = Barrier(count)

    def one() -> Any:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _place in range(count)]]


def check_calculated(run: BillingRun) -> None:
    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.lease) == (State.CALCULATED, ALL, ALL, None)
    assert Charge.objects.filter(run=run).count() == ALL
    assert run.totals["accounts"] == ALL
    assert run.totals["total"] == f"{1485.96 * ALL:.2f}"


def check_issued(run: BillingRun) -> None:
    run.refresh_from_db()
    assert (run.state, run.done) == (State.ISSUED, ALL)
    numbers = sorted(int(number) for number in Invoice.objects.filter(run=run).values_list("number", flat=True))
    assert numbers == list(range(1, ALL + 1))
    assert LedgerEntry.objects.filter(kind="charge").count() == ALL


def test_two_people_press_at_once_and_get_one_run(town: Cast) -> None:
    told: list[int] = []
    runs = in_threads(4, lambda: start_run(town.company, NOV, by=town.anna, at=AT, later=told.append).pk)
    assert len(set(runs)) == 1
    assert told == [runs[0]]


def test_several_workers_on_one_run_write_everything_once(town: Cast) -> None:
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    in_threads(3, lambda: calculate(run.pk, now=timezone.now))
    check_calculated(run)
    start_issue(run, by=town.anna, at=AT, later=ignore)
    in_threads(3, lambda: issue(run.pk, now=timezone.now))
    check_issued(run)


def test_a_worker_that_lost_its_claim_writes_nothing_more(town: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fell silent for too long, another took the run; then the first one comes to itself."""
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    real, calls = chunk.calculate_houses, list[int]()

    def slow(*args: Any) -> Any:
        found = real(*args)
        if not calls:
            calls.append(1)
            assert calculate(run.pk, now=lambda: AT + PATIENCE * 2)  # the other one does it all
        return found

    monkeypatch.setattr(calculating, "calculate_houses", slow)
    assert not calculate(run.pk, now=lambda: AT)
    check_calculated(run)


def killing(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: int) -> None:
    """Let a function of a module work so many times, then be killed once."""
    real, calls = getattr(module, name), []

    def guarded(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == after + 1:
            raise Killed
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, guarded)


@pytest.mark.parametrize("after", range(HOUSES + 1))
def test_a_calculation_killed_after_any_chunk_goes_on_where_it_was(
    town: Cast, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    killing(monkeypatch, calculating, "totals_of", after)
    with pytest.raises(Killed):
        calculate(run.pk, now=lambda: AT)
    assert Charge.objects.count() == 3 * after
    assert calculate(run.pk, now=lambda: AT)
    check_calculated(run)


@pytest.mark.parametrize("after", range(HOUSES + 1))
@pytest.mark.parametrize("place", ["post_documents", "tell_issued"])
def test_issuing_killed_inside_any_chunk_goes_on_where_it_was(
    town: Cast, monkeypatch: pytest.MonkeyPatch, after: int, place: str
) -> None:
    """Killed with documents written and not committed: their numbers are taken by the next try."""
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    calculate(run.pk, now=lambda: AT)
    start_issue(run, by=town.anna, at=AT, later=ignore)
    killing(monkeypatch, issuing, place, after)
    with pytest.raises(Killed):
        issue(run.pk, now=lambda: AT)
    assert Invoice.objects.count() == 3 * after
    assert issue(run.pk, now=lambda: AT)
    check_issued(run)


def test_the_sweep_takes_up_what_fell_silent_and_gives_up_what_stops_every_worker(town: Cast) -> None:
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    assert claim(run.pk, State.CALCULATING, at=AT)  # and killed
    told: list[int] = []

    def sweep(at: datetime) -> int:
        return take_up_stuck(at=at, calculate_later=told.append, issue_later=ignore, clear_later=ignore)

    assert sweep(AT + PATIENCE / 2) == 0
    assert claim(run.pk, State.CALCULATING, at=AT + PATIENCE / 2) is None
    later = AT
    for _try in range(MOST_TRIES):
        later += PATIENCE + timedelta(seconds=1)
        assert sweep(later) == 1
    assert told == [run.pk] * MOST_TRIES
    sweep(later + PATIENCE + timedelta(seconds=1))
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error
    recalculate(run, by=town.mark, at=AT, later=ignore)
    assert calculate(run.pk, now=lambda: AT)
    check_calculated(run)


def test_the_sweep_clears_a_dropped_run_that_no_worker_heard_of(town: Cast) -> None:
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    calculate(run.pk, now=lambda: AT)
    drop_run(run, at=AT, later=ignore)
    cleared: list[int] = []
    later = AT + PATIENCE * 2
    take_up_stuck(at=later, calculate_later=ignore, issue_later=ignore, clear_later=cleared.append)
    assert cleared == [run.pk]
    assert clear_dropped(run.pk, now=lambda: later)
    assert not Charge.objects.exists()
    take_up_stuck(at=later, calculate_later=ignore, issue_later=ignore, clear_later=cleared.append)
    assert cleared == [run.pk]


def test_a_claim_is_given_back_only_by_its_owner(town: Cast) -> None:
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    first = claim(run.pk, State.CALCULATING, at=AT)
    second = claim(run.pk, State.CALCULATING, at=AT + PATIENCE * 2)
    assert first
    assert second
    release(first)
    run.refresh_from_db()
    assert run.lease == second.lease


def test_a_run_begun_anew_has_no_row_of_the_first_calculation(town: Cast) -> None:
    run = start_run(town.company, NOV, by=town.anna, at=AT, later=ignore)
    calculate(run.pk, now=lambda: AT)
    service = Service.objects.get()
    service.houses.filter(house__number="50").delete()
    recalculate(run, by=town.anna, at=AT, later=ignore)
    assert Charge.objects.filter(run=run).count() == ALL
    calculate(run.pk, now=lambda: AT)
    run.refresh_from_db()
    assert (Charge.objects.filter(run=run).count(), run.totals["charged"]) == (ALL - 3, ALL - 3)


WORKER = """
import django; django.setup()
import time
from django.utils import timezone
from billing.actions import calculate as module
module.CHUNK = 1
real = module.calculate_houses
def slow(*args):
    print("chunk", flush=True)
    time.sleep(0.2)
    return real(*args)
module.calculate_houses = slow
module.calculate({run}, now=timezone.now)
"""


def test_a_killed_process_leaves_whole_chunks_and_another_ends_the_run(town: Cast) -> None:
    """A real process, really killed in the middle of its third chunk."""
    run = start_run(town.company, NOV, by=town.anna, at=timezone.now(), later=ignore)
    root = Path(__file__).resolve().parents[2]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER.format(run=run.pk)], env=surroundings(), cwd=root, stdout=subprocess.PIPE
    )
    assert worker.stdout
    for _chunk in range(3):
        assert worker.stdout.readline() == b"chunk\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    time.sleep(0.1)
    assert Charge.objects.count() == 6
    assert not calculate(run.pk, now=timezone.now)  # its claim still stands
    assert calculate(run.pk, now=lambda: timezone.now() + PATIENCE * 2)
    check_calculated(run)


def test_the_plan_of_a_company_knows_nothing_of_another(town: Cast) -> None:
    plan = Plan.of(Organization.objects.get(pk=town.other_company.pk), NOV)
    assert not plan.supplies
    assert set(plan.cities) == set(House.objects.filter(organization=town.other_company).values_list("pk", flat=True))
    assert PersonalAccount.objects.filter(organization=town.other_company).exists()

"""The worker's part of calculating: chunk after chunk, and clearing away what an earlier calculation left."""

import json
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.closing import release_recalculations
from billing.actions.comparing import compared
from billing.actions.running import Clock, Overtaken, claim, fail, held, houses_of, release
from billing.calculating import draft, penalties, pools
from billing.calculating.chunk import Found, Task, added, calculate_houses, kept, totals_of
from billing.calculating.draft import Impossible
from billing.calculating.known import accounts_of
from billing.calculating.late import issued_months
from billing.calculating.plan import Plan
from billing.calculating.seal import seal_of
from billing.models import BillingRun, Charge, ChargeSheet, CommonUse, PenaltyCharge, Recalculation
from lib.copying import copy_in
from lib.progress import tell
from premises.models import PersonalAccount

CHUNK = 1000  # accounts, give or take a house
BATCH = 20_000  # rows cleared away at once
State = BillingRun.State
REDUCTIONS = ("account_id", "service_id", "period", "source", "amount", "reason", "found_by_id", "run_id", "created_at")


def calculate(run_id: int, *, now: Clock) -> bool:
    """Calculate a run from where it stands; return whether this call did it to the end.

    Safe to call at any time, by any number of workers: one has the run, the others leave.
    """
    run = claim(run_id, State.CALCULATING, at=now())
    if run is None:
        return False
    try:
        with override(run.organization.language):  # reasons are words of the document
            _calculate(run, now)
    except Overtaken:
        return False
    except Impossible as wrong:
        number = PersonalAccount.objects.get(pk=wrong.account).number
        release(run)
        with override(run.organization.language):
            fail(
                run_id, _("The figures of account %(number)s are impossible. Put its data right.") % {"number": number}
            )
        return False
    finally:
        release(run)
    return True


def _calculate(run: BillingRun, now: Clock) -> None:
    if run.cursor < 0:
        clear(run, now=now)
    task = _begin(run, now)
    accounts = accounts_of(task.plan)
    for houses in houses_of(accounts, run.cursor, CHUNK):
        _write(run, task, calculate_houses(task, houses), houses[-1], now)
        tell(run.progress_key, run.done, run.total)
    with held(run, at=now()) as row:
        row.state = State.CALCULATED


def _begin(run: BillingRun, now: Clock) -> Task:
    """Read what the whole run shares; of a run that begins now also count the accounts."""
    seal = seal_of(run)  # before anything is read: what changes from now on is noticed
    plan = Plan.of(run.organization, run.period)
    if not run.cursor:
        with held(run, at=now()) as row:
            row.done, row.total, row.totals, row.anomalies = 0, accounts_of(plan).count(), {}, []
            row.calculated_at, row.seal = now(), seal
        run.total = row.total
    is_correction = run.kind == BillingRun.Kind.CORRECTION
    issued = {} if is_correction else issued_months(plan)
    return Task(plan, is_correction, min(plan.last_day, run.paid_upto or plan.last_day), issued)


def _write(run: BillingRun, task: Task, found: Found, cursor: int, now: Clock) -> None:
    """Write one chunk with its totals and move the cursor, in one transaction."""
    beside = compared(run, found.accounts, found.drafts, found.note) if task.is_correction else {}
    totals = totals_of(found) | beside
    with held(run, at=now()) as row:
        copy_in(Charge, draft.COLUMNS, (one.row(run.pk) for one in found.drafts))
        copy_in(CommonUse, pools.COMMON_COLUMNS, (one.row(run.pk) for one in found.shared))
        if not task.is_correction:
            _write_papers(run, task, found, now())
        row.cursor, row.done = cursor, row.done + len(found.accounts)
        row.totals = added(row.totals, totals)
        row.anomalies = kept(row.anomalies, found.anomalies)


def _write_papers(run: BillingRun, task: Task, found: Found, at: datetime) -> None:
    """What only a month that will be issued has: penalties, recalculations with their reasons, blocks of readings."""
    copy_in(ChargeSheet, ("run_id", "account_id", "readings"), (
        (run.pk, account, json.dumps(readings, ensure_ascii=False)) for account, readings in found.sheets
    ))  # fmt: skip
    copy_in(PenaltyCharge, penalties.COLUMNS, (
        (run.pk, one.account, one.invoice, one.section, task.upto, one.amount) for one in found.penalties
    ))  # fmt: skip
    copy_in(Recalculation, REDUCTIONS, (
        (one.account, one.service, one.period, one.source, one.amount, one.reason, run.pk, run.pk, at)
        for one in found.reductions
    ))  # fmt: skip
    if found.claimed:
        waiting = Recalculation.objects.waiting().filter(pk__in=found.claimed)
        if waiting.update(run=run) != len(found.claimed):
            raise Overtaken  # one was taken back meanwhile: the chunk is calculated again by the next try


def clear(run: BillingRun, *, now: Clock) -> None:
    """Clear away what an earlier calculation of a run wrote, batch by batch; recalculations that waited wait again."""
    for model in (Charge, PenaltyCharge, CommonUse, ChargeSheet):
        while True:
            with held(run, at=now()):
                if not _clear_batch(model, run):
                    break
    with held(run, at=now()) as row:
        release_recalculations(row)
        row.cursor = 0


def _clear_batch(model: Any, run: BillingRun) -> int:
    rows: models.QuerySet[Any] = model.objects.filter(run=run).order_by().values("pk")[:BATCH]
    gone: int = model.objects.filter(pk__in=rows).delete()[0]
    return gone


def clear_dropped(run_id: int, *, now: Clock) -> bool:
    """Clear a dropped run away; return whether this call did it."""
    run = claim(run_id, State.DROPPED, at=now())
    if run is None:
        return False
    try:
        clear(run, now=now)
    except Overtaken:
        return False
    finally:
        release(run)
    return True

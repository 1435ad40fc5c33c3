"""Closing a month: begin a run, begin it anew, drop it, have it issued, correct what was issued."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.ledger import hold_book
from billing.actions.recalculating import is_stale
from billing.actions.running import Later
from billing.calculating.months import last_day_of
from billing.models import BillingRun, BillingTerms, Invoice, Recalculation
from billing.models.run import NotNow
from lib.errors import Refusal
from premises.models import Organization

State, Kind = BillingRun.State, BillingRun.Kind
STALE = _("Something changed since this month was calculated. Calculate it again first.")
BY_REGISTER = _("Documents of this month or a later one came by a register. It cannot be calculated here.")
CLEAR_FIRST = -1  # the cursor of a run whose earlier rows are still there


class CannotClose(Refusal):
    """This month cannot be closed here, or not now."""


class OtherFigures(NotNow):
    """The run was calculated again since somebody looked at it: what they agreed to is not what would be issued."""

    def __init__(self) -> None:
        super().__init__(
            _("The figures have changed since this page was opened. Look at the new ones, then press again.")
        )


def start_run(organization: Organization, period: date, *, by: User, at: datetime, later: Later) -> BillingRun:
    """Begin to calculate a month; of two people who press at once both get the same run. Raises CannotClose.

    A run that is there already (calculated, or stopped by an error) is returned as it is.
    """
    period = period.replace(day=1)
    today = organization.day(at)
    guard_period(organization, period, today)
    known = _run_of(organization, period)
    if known is None:
        known = _begin(organization, period, min(last_day_of(period), today), by, at, later)
    if known.state == State.ISSUED:
        raise CannotClose(_("This month is issued. What is wrong in it is put right by a correction."))
    return known


def guard_period(organization: Organization, period: date, today: date) -> None:
    """Raise CannotClose where the company's bills come by registers or the month is not the next one to close."""
    if BillingTerms.objects.filter(organization=organization, calculates=False).exists():
        raise CannotClose(_("The bills of this company come by registers. Import the register of documents instead."))
    if period > today.replace(day=1):
        raise CannotClose(_("This month has not begun yet."))
    issued = BillingRun.objects.filter(organization=organization, kind=Kind.PERIOD, state=State.ISSUED)
    if issued.filter(period__gt=period).exists():
        raise CannotClose(_("A later month is issued already. What is wrong in this one is put right by a correction."))
    if _came_by_register(organization, period):
        raise CannotClose(BY_REGISTER)


def _came_by_register(organization: Organization, period: date) -> bool:
    """Whether documents of this month or a later one came by a register."""
    registers = Invoice.objects.live().filter(organization=organization, run__isnull=True)
    return registers.filter(period__gte=period).exists()


def _run_of(organization: Organization, period: date) -> BillingRun | None:
    runs = BillingRun.objects.filter(organization=organization, period=period, kind=Kind.PERIOD)
    return runs.exclude(state=State.DROPPED).first()


def _begin(
    organization: Organization, period: date, paid_upto: date, by: User, at: datetime, later: Later
) -> BillingRun:
    run = BillingRun(
        organization=organization, period=period, by=by, calculated_by=by, paid_upto=paid_upto, created_at=at, beat_at=at
    )  # fmt: skip
    try:
        with transaction.atomic():
            run.save()
            transaction.on_commit(lambda: later(run.pk), robust=True)  # the sweep finds what the broker did not hear
    except IntegrityError:  # somebody pressed at this very moment: theirs is the run
        other = _run_of(organization, period)
        if other is None:
            raise
        return other
    return run


@transaction.atomic
def recalculate(run: BillingRun, *, by: User, at: datetime, later: Later) -> BillingRun:
    """Calculate a run anew from the beginning: readings, tariffs or facts have changed. A second press changes nothing."""
    row = _hold(run)
    if row.state == State.CALCULATING:
        return row
    if row.state not in (State.CALCULATED, State.FAILED) or row.issued_by_id:
        raise NotNow(_("This run cannot be calculated any more."))
    row.state, row.calculated_by, row.cursor, row.error = State.CALCULATING, by, CLEAR_FIRST, ""
    return _hand_over(row, at, later)


@transaction.atomic
def drop_run(run: BillingRun, *, at: datetime, later: Later) -> BillingRun:
    """Drop a run that is not issued; the worker clears its rows away."""
    row = _hold(run)
    if row.state == State.DROPPED:
        return row
    if row.state not in (State.CALCULATING, State.CALCULATED, State.FAILED) or row.issued_by_id:
        raise NotNow(_("Documents of this run are issued or being issued. It cannot be dropped any more."))
    row.state, row.cursor = State.DROPPED, CLEAR_FIRST
    release_recalculations(row)
    return _hand_over(row, at, later)


@transaction.atomic
def start_issue(run: BillingRun, *, by: User, at: datetime, later: Later, seen: str | None = None) -> BillingRun:
    """Have the documents of a calculated run issued (of a correction: its recalculations). A second press changes nothing.

    Issued is only what was looked at: `seen` is the word for those figures (BillingRun.figures); None: nobody was shown any.
    Raises OtherFigures, NotNow.
    """
    row = _hold(run)
    if row.state in (State.ISSUING, State.ISSUED):
        return row
    resumed = row.state == State.FAILED and row.issued_by_id is not None
    if row.state != State.CALCULATED and not resumed:
        raise NotNow(_("This run is not calculated. Calculate it first."))
    if not resumed:
        if seen not in (None, row.figures):
            raise OtherFigures
        _guard_order(row)
        if is_stale(row):
            raise NotNow(STALE)
        row.cursor, row.done, row.issued_by = 0, 0, by
    row.state, row.error = State.ISSUING, ""
    return _hand_over(row, at, later)


def _guard_order(run: BillingRun) -> None:
    """Raise NotNow where a month would be issued out of its turn (its debts and penalties would not know the other one), or
    beside documents of a register, which would charge it twice."""
    others = BillingRun.objects.filter(organization=run.organization_id, kind=Kind.PERIOD).exclude(pk=run.pk)
    if run.kind == Kind.CORRECTION:
        return
    if others.filter(period__gt=run.period, state__in=(State.ISSUING, State.ISSUED)).exists():
        raise NotNow(_("A later month is issued already. This run cannot be issued any more: drop it."))
    if others.filter(period__lt=run.period).exclude(state__in=BillingRun.OVER).exists():
        raise NotNow(_("An earlier month is not issued yet. Issue or drop it first."))
    if others.filter(issued_at__gt=run.calculated_at).exists():
        raise NotNow(_("An earlier month was issued since this one was calculated. Calculate it again first."))
    corrections = BillingRun.objects.filter(
        organization=run.organization_id, kind=Kind.CORRECTION, period__lt=run.period
    )
    if corrections.filter(Q(issued_at__gt=run.calculated_at) | Q(state=State.ISSUING)).exists():
        raise NotNow(STALE)
    hold_book(run.organization)  # a register that is being imported now ends first, and the next one sees this run
    if _came_by_register(run.organization, run.period):
        raise NotNow(BY_REGISTER)


def start_correction(run: BillingRun, *, reason: str, by: User, at: datetime, later: Later) -> BillingRun:
    """Calculate an issued month anew, to charge or give back the differences with the next one. Raises CannotClose.

    The issued documents stay as they are.
    """
    if run.kind != Kind.PERIOD or run.state != State.ISSUED:
        raise CannotClose(_("Only an issued month can be corrected."))
    correction = BillingRun(
        organization=run.organization, period=run.period, kind=Kind.CORRECTION, by=by, calculated_by=by, reason=reason[:200],
        paid_upto=run.paid_upto, created_at=at, beat_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            correction.save()
            transaction.on_commit(lambda: later(correction.pk), robust=True)
    except IntegrityError:
        raise CannotClose(_("A correction of this month is open already. Finish or drop it first.")) from None
    return correction


def open_correction(run: BillingRun) -> BillingRun | None:
    """The correction of this month that is not finished."""
    others = BillingRun.objects.filter(organization=run.organization_id, period=run.period, kind=Kind.CORRECTION)
    return others.exclude(state__in=BillingRun.OVER).first()


def release_recalculations(run: BillingRun) -> None:
    """What waited waits again; what the run itself found is found anew by the next one."""
    Recalculation.objects.computed().filter(run=run).delete()
    Recalculation.objects.filter(run=run).update(run=None)


def _hold(run: BillingRun) -> BillingRun:
    return BillingRun.objects.select_for_update(no_key=True).get(pk=run.pk)


def _hand_over(row: BillingRun, at: datetime, later: Later) -> BillingRun:
    row.lease, row.beat_at, row.tries = None, at, 0
    row.save()
    transaction.on_commit(lambda: later(row.pk), robust=True)
    return row

"""What a person wants to know before a month is closed, and what to look at once it is calculated."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Sum
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from billing.calculating.known import PRINCIPAL, accounts_of
from billing.calculating.months import months_before
from billing.calculating.plan import Plan, Way, is_heated
from billing.charging.basis import NotEnough
from billing.models import BillingRun, ByHand, Invoice, InvoiceLine, PenaltyCharge, Recalculation, Subsidy
from lib.money import MINUS, in_words
from meters.models import Meter, Reading
from premises.models import Organization

NONE = Decimal("0.00")
SHOWN = 20
MISSING = {
    "tariff": gettext_lazy("no tariff"),
    "norm": gettext_lazy("no norm"),
    "house data": gettext_lazy("no data of the house"),
}
KINDS = {
    "differs": gettext_lazy("Differs from what was issued"),
    "tariff": gettext_lazy("No tariff: not charged"),
    "norm": gettext_lazy("No norm: not charged"),
    "zone_tariff": gettext_lazy("No price of a zone of the day: not charged"),
    "area": gettext_lazy("No area: not charged"),
    "house_data": gettext_lazy("No data of the house: not charged"),
    "house_volume": gettext_lazy("The house meter was not read: not charged"),
    "house_unread": gettext_lazy("The house meter was not read every month: common use is charged by the norm"),
    "rule": gettext_lazy("The law has no figure for it: not reduced"),
    "negative": gettext_lazy("A line below zero"),
    "nothing": gettext_lazy("Nothing is charged, last month something was"),
    "more": gettext_lazy("More than twice as much as last month"),
    "less": gettext_lazy("Less than half of last month"),
    "overpaid": gettext_lazy("Paid for more than a year ahead"),
    "heat_year_unread": gettext_lazy("Heating of last year is not settled: the house meter was not read"),
    "heat_year_uncharged": gettext_lazy("Heating of last year is not settled: months were not charged here"),
    "heat_mean_old": gettext_lazy("The average heat of last year is not entered: charged by an older one"),
    "no_reading": gettext_lazy("No reading: charged by average or norm"),
}
OF_SERVICE = ("accrued", "accrued_common", "excess", "recalculated", "benefit", "fine")
SUMMED = ("accrued", "recalculated", "benefit", "total")
ORDER = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Readiness:
    """A company before a month is closed."""

    accounts: int
    meters: int
    read: int
    waiting: int  # recalculations that will be charged
    unconfirmed: "Unconfirmed"
    missing: list[tuple[str, str, int]]  # service, what it lacks, in how many houses
    houses_without: int  # houses without any service
    last_month: Decimal
    run: BillingRun | None
    penalty_since: date | None  # of imported documents; None: there are none

    @property
    def share(self) -> int:
        """Read meters in percent."""
        return self.read * 100 // self.meters if self.meters else 100


@dataclass(frozen=True)
class Unconfirmed:
    """Sums entered by hand that a month leaves out, for they wait for a second person: how many, and the first of them."""

    recalculations: int
    subsidies: int
    rows: list[ByHand]

    def __len__(self) -> int:
        return self.recalculations + self.subsidies


def unconfirmed_of(organization: Organization, period: date) -> Unconfirmed:
    """What a run of the month leaves out; four queries."""
    own = Q(account__organization=organization, period__lte=period)
    added, given = Recalculation.objects.unconfirmed().filter(own), Subsidy.objects.unconfirmed().filter(own)
    rows: list[ByHand] = []
    for some in (added, given):
        rows += some.select_related("account", "by").order_by("period", "pk")[:SHOWN]
    return Unconfirmed(added.count(), given.count(), rows[:SHOWN])


def readiness(organization: Organization, period: date) -> Readiness:
    """Look at a month before it is calculated, in a constant number of queries."""
    plan = Plan.of(organization, period)
    there = Q(removed_on__isnull=True) | Q(removed_on__gt=plan.last_day)
    meters = Meter.objects.of_flats().filter(there, organization=organization, installed_on__lt=period)
    here = Reading.objects.current().filter(meter=OuterRef("pk"), period=period, is_billable=True)
    before = Invoice.objects.live().filter(organization=organization, period=months_before(period, 1))
    imported = Invoice.objects.live().filter(organization=organization, run__isnull=True)
    runs = BillingRun.objects.filter(organization=organization, period=period, kind=BillingRun.Kind.PERIOD)
    return Readiness(
        accounts=accounts_of(plan).count(),
        meters=meters.count(),
        read=meters.filter(Exists(here)).count(),
        waiting=Recalculation.objects.waiting().filter(
            account__organization=organization, period__lte=period
        ).count(),
        unconfirmed=unconfirmed_of(organization, period),
        missing=_missing(plan),
        houses_without=len(set(plan.cities) - set(plan.supplies)),
        last_month=before.aggregate(total=Sum(PRINCIPAL))["total"] or NONE,
        run=runs.exclude(state=BillingRun.State.DROPPED).first(),
        penalty_since=plan.penalty_since if imported.exists() else None,
    )  # fmt: skip


def next_month_of(organization: Organization | None, months: Sequence[date]) -> date:
    """Of some months, the newest first, the one that is closed next: after the newest with documents; else last month."""
    documents = Invoice.objects.live().filter(organization=organization).aggregate(newest=Max("period"))
    if documents["newest"] is None:
        return months[1]
    return min(max(months_before(documents["newest"], -1), months[-1]), months[0])


def _missing(plan: Plan) -> list[tuple[str, str, int]]:
    """Services that cannot be charged in some houses: without a tariff, a norm or the data of the house."""
    found: Counter[tuple[str, str]] = Counter()
    for house, supplies in plan.supplies.items():
        for supply in supplies:
            try:
                if supply.way == Way.HEAT_SEASON and not is_heated(plan.fact(house), plan.period):
                    continue
                rate = plan.rate(supply.service, house, supply.way)
                if supply.way in (Way.HEAT_SEASON, Way.HEAT_YEAR) and rate.norm is None:
                    raise NotEnough("norm")
                if supply.way in (Way.COMMON, Way.COMMON_NORM, Way.HEAT_HOUSE, Way.HEAT_ROOMS):
                    plan.fact(house)
            except NotEnough as lacking:
                found[supply.service.name, lacking.what] += 1
    return [(name, str(MISSING.get(what, what)), count) for (name, what), count in sorted(found.items())]


@dataclass(frozen=True)
class Row:
    """One service in the table of totals, beside the month before (None: it was not charged here)."""

    name: str
    accounts: int
    accrued: Decimal
    recalculated: Decimal
    benefit: Decimal
    total: Decimal
    before: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.before is None else self.total - self.before


def rows_of(run: BillingRun) -> list[Row]:
    """The services of a run beside those of the month before, in the order of the document; two queries at most.

    A month before that was imported is compared by the codes and sums of its printed lines.
    """
    earlier = _issued_before(run)
    before: Mapping[str, Any] = earlier.totals.get("services", {}) if earlier else _printed(run)
    now: Mapping[str, Any] = run.totals.get("services", {})
    gone = {code: one | dict.fromkeys(("accrued", "excess", "recalculated", "benefit", "total"), "0.00") | {"accounts": 0}
            for code, one in before.items() if code not in now}  # fmt: skip
    whole = sorted([*now.items(), *gone.items()], key=lambda pair: (pair[1]["position"], pair[1]["name"]))
    return [_row(one, before.get(code)) for code, one in whole]


def penalties_of(run: BillingRun) -> Row | None:
    """The penalties of a month as a row beside its services, which have none in them; None where neither month has any."""
    earlier = _issued_before(run)
    before = Decimal(earlier.totals.get("penalty") or NONE) if earlier else _printed_penalty(run)
    now = Decimal(run.totals.get("penalty") or NONE)
    if not (now or before):
        return None
    accounts = PenaltyCharge.objects.filter(run=run).exclude(amount=0).aggregate(all=Count("account", distinct=True))
    return Row(_("Penalties"), accounts["all"], NONE, NONE, NONE, now, before)


def whole_of(run: BillingRun, rows: Iterable[Row]) -> Row:
    """The sums of all rows, as the last one of their table."""
    every = list(rows)
    before = [row.before for row in every if row.before is not None]
    accrued, recalculated, benefit, total = (sum((getattr(row, name) for row in every), NONE) for name in SUMMED)
    last = sum(before, NONE) if before else None
    return Row("", run.totals.get("charged", 0), accrued, recalculated, benefit, total, last)


@dataclass(frozen=True)
class Difference:
    """One service of a correction: as it was issued with all that was recalculated since, and as it is now."""

    name: str
    accounts: int  # that differ
    issued: Decimal
    now: Decimal

    @property
    def amount(self) -> Decimal:
        return self.now - self.issued


def differences_of(run: BillingRun) -> list[Difference]:
    """The services of a correction in the order of the document, then all together."""
    found = sorted(run.totals.get("differences", {}).values(), key=lambda one: (one["position"], one["name"]))
    rows = [Difference(one["name"], one["accounts"], Decimal(one["issued"]), Decimal(one["now"])) for one in found]
    issued, now = sum((row.issued for row in rows), NONE), sum((row.now for row in rows), NONE)
    return [*rows, Difference("", run.totals.get("differing", 0), issued, now)] if rows else []


@dataclass(frozen=True)
class Jump:
    """A service that changed by more than a half since last month."""

    row: Row
    percent: str


def jumps_of(rows: Iterable[Row]) -> list[Jump]:
    """Services that somebody should look at as a whole: a wrong tariff or volume moves every account a little."""
    return [
        Jump(row, f"{row.difference * 100 / row.before:+.0f}".replace("-", MINUS))
        for row in rows
        if row.before and row.difference is not None and abs(row.difference) * 2 > abs(row.before)
    ]


def must_be_looked_at(run: BillingRun) -> bool:
    """Whether a month is issued only by somebody who has looked: something in it is below zero."""
    if run.kind != BillingRun.Kind.PERIOD or run.is_settled:
        return False
    sums = [run.totals, *run.totals.get("services", {}).values()]
    is_below = any(Decimal(one.get("total") or NONE) < 0 for one in sums)
    return is_below or bool(run.totals.get("anomalies", {}).get("negative"))


def _issued_before(run: BillingRun) -> BillingRun | None:
    """The run of the month before, if it was closed here."""
    return BillingRun.objects.filter(
        organization_id=run.organization_id, period=months_before(run.period, 1), kind=BillingRun.Kind.PERIOD,
        state=BillingRun.State.ISSUED,
    ).first()  # fmt: skip


def _printed_penalty(run: BillingRun) -> Decimal | None:
    """The penalties of last month's documents; None where there are none."""
    documents = Invoice.objects.live().filter(organization=run.organization_id, period=months_before(run.period, 1))
    penalty: Decimal | None = documents.aggregate(penalty=Sum("penalty"))["penalty"]
    return penalty


def _printed(run: BillingRun) -> dict[str, Any]:
    """The services of last month's documents, as the totals of a run are kept; a line of nothing but a penalty is none."""
    lines = InvoiceLine.objects.filter(
        invoice__organization=run.organization_id, invoice__period=months_before(run.period, 1),
        invoice__voided_at__isnull=True,
    ).exclude(code="")  # fmt: skip
    lines = lines.exclude(~Q(penalty=0), **dict.fromkeys(OF_SERVICE, 0))
    total = F("accrued") + F("accrued_common") + F("excess") + F("recalculated") - F("benefit") - F("fine")
    rows = lines.order_by().values("code").annotate(
        name=Max("service"), position=Max("position") + 1000, accounts=Count("invoice__account", distinct=True),
        sum_of_lines=Sum(total),
    )  # fmt: skip
    return {row["code"]: {**row, "total": str(row["sum_of_lines"])} for row in rows}


def _row(one: Mapping[str, Any], before: Mapping[str, Any] | None) -> Row:
    accrued = Decimal(one["accrued"]) + Decimal(one["excess"])
    return Row(
        one["name"], one["accounts"], accrued, Decimal(one["recalculated"]), Decimal(one["benefit"]),
        Decimal(one["total"]), Decimal(before["total"]) if before else None,
    )  # fmt: skip


def kinds_of(run: BillingRun) -> list[tuple[str, Any, int]]:
    """The kinds of anomalies with their counts, those that lose money first."""
    counts = run.totals.get("anomalies", {})
    return [(kind, KINDS.get(kind, kind), counts[kind]) for kind in sorted(counts, key=lambda one: ORDER.get(one, 99))]


def anomalies_of(run: BillingRun, kind: str = "") -> list[dict[str, Any]]:
    """The anomalies that are kept, of one kind or of all, those that lose money first."""
    rows = [one for one in run.anomalies if kind in ("", one["what"])]
    return sorted(rows, key=lambda one: ORDER.get(one["what"], 99))


def words_of(facts: Mapping[str, str]) -> str:
    """The facts of an anomaly in a few words."""
    found = in_words(facts, get_language() or "en")
    if "issued" in found:
        return _("%(issued)s issued, %(now)s now") % found
    if "balance" in found:
        return _("%(balance)s in the book, %(now)s this month") % found
    if "before" in found:
        return _("%(before)s last month, %(now)s now") % found
    return ", ".join(str(value) for value in found.values())


def sums_of(totals: Mapping[str, Any], names: Iterable[str]) -> list[Decimal]:
    """Sums of the totals as numbers."""
    return [Decimal(totals.get(name) or NONE) for name in names]

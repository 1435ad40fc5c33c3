"""A document beside the earlier ones of its kind: why it differs from the last, and thirteen months of sums."""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language

from billing.explaining import Explanation, Line, Sheet, explain
from billing.models import Invoice, InvoiceLine, Tariff
from billing.movement import months
from billing.reasons import Reason, reason
from lib.charts import Bar, Drawn, bars
from lib.money import format_money
from meters.history import months_before

SHOWN = 13  # months of the chart


@dataclass(frozen=True)
class Told:
    """One reason with the width of its bar in percent of the biggest."""

    reason: Reason
    width: str


@dataclass(frozen=True)
class Comparison:
    """What a resident asks first: how much more or less than last time, and why."""

    previous: Invoice | None
    explanation: Explanation | None
    reasons: list[Told]
    smaller: list[Reason]  # told when asked for
    chart: list[Drawn]
    current: str  # the label of this document's own bar

    @property
    def difference(self) -> Decimal:
        return self.explanation.difference if self.explanation else Decimal(0)

    @property
    def size(self) -> Decimal:
        return abs(self.difference)


def compared(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Comparison:
    """Compare a document with the one before it; two queries (three for a recipient with two accounts, one more where a month
    has sub-lines), whatever the length of the history."""
    series = _series(invoice)
    previous = next((one for one in series if one.period < invoice.period), None)
    explanation = None
    if previous:
        earlier = list(previous.lines.all())
        ranged = _ranged(invoice, [*lines, *earlier])
        explanation = explain(_sheet(invoice, lines, ranged), _sheet(previous, earlier, ranged))
    biggest = [reason(part) for part in explanation.biggest] if explanation else []
    smaller = [reason(part) for part in explanation.smaller] if explanation else []
    by_month = {one.period: one.charged for one in series} | {invoice.period: invoice.charged}
    chart = [_bar(month, by_month.get(month), invoice.currency) for month in _last_months(invoice.period)]
    return Comparison(previous, explanation, _told(biggest), smaller, bars(chart), _label(invoice.period))


def _series(invoice: Invoice) -> list[Invoice]:
    """The documents of a year and a month of the same kind and recipient, the newest first.

    A recipient with several bank accounts has several documents a month: then the account counts, too. A company that
    changed its name is still the same, as long as it issues one document of this kind a month.
    """
    span = (months_before(invoice.period, SHOWN - 1), invoice.period)
    found = list(
        Invoice.objects.live()
        .filter(account=invoice.account_id, kind=invoice.kind, period__range=span)
        .in_brief("recipient")
    )
    same = [one for one in found if one.recipient == invoice.recipient]
    if len(same) > len({one.period for one in same}):
        here = Invoice.objects.filter(
            pk__in=[one.pk for one in same], requisites__account=invoice.requisites.get("account", "")
        )
        wanted = set(here.values_list("pk", flat=True))
        same = [one for one in same if one.pk in wanted]
    if any(one.period < invoice.period for one in same):
        return same
    per_month = Counter(one.period for one in found)
    return [one for one in found if per_month[one.period] == 1]


def _ranged(invoice: Invoice, lines: Iterable[InvoiceLine]) -> set[str]:
    """The codes of services whose sub-lines are ranges of a tariff, not tariffs that followed each other."""
    codes = {line.code for line in lines if line.parts}
    if not codes:
        return set()
    tariffs = Tariff.objects.filter(service__code__in=codes, service__organization__accounts=invoice.account_id)
    return set(tariffs.exclude(tiers=[]).order_by().values_list("service__code", flat=True))


def _sheet(invoice: Invoice, lines: Iterable[InvoiceLine], ranged: Container[str]) -> Sheet:
    names = Line.__dataclass_fields__.keys() - {"parts"}
    printed = tuple(
        Line(
            **{name: getattr(line, name) for name in names},
            parts=() if line.code in ranged else tuple(line.by_tariff),
        )
        for line in lines
    )
    return Sheet(printed, invoice.charged, invoice.penalty, invoice.fees)


def _told(reasons: list[Reason]) -> list[Told]:
    drawn = bars([Bar("", abs(one.amount), "") for one in reasons])
    return [Told(one, bar.width) for one, bar in zip(reasons, drawn, strict=True)]


def _last_months(period: date) -> list[date]:
    return list(months(months_before(period, SHOWN - 1), period))[::-1]


def _label(month: date) -> str:
    return date_format(month, "M Y")


def _bar(month: date, charged: Decimal | None, currency: str) -> Bar:
    text = "" if charged is None else format_money(charged, currency, get_language() or "en")
    return Bar(_label(month), charged, text)

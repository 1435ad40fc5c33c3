"""What a month was calculated from, as one short word: when the tables change afterwards, the word is another one.

Readings of an open month are left out: they come every day, and one that came too late for its month is settled by the
next. A correction also looks at those of its month, and at what was recalculated for it.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Aggregate, DecimalField, F, Q, QuerySet, Value
from django.db.models.functions import Least

from billing.calculating.months import LOOK_BACK, last_day_of, months_before
from billing.models import (
    Absence,
    AccountFact,
    Benefit,
    BillingRun,
    BillingTerms,
    HouseFact,
    HouseService,
    LegalRule,
    QualityCase,
    Recalculation,
    Service,
    ServiceNorm,
    Tariff,
)
from meters.models import ConsumptionNorm, Reading
from premises.models import PersonalAccount

SPAN = ("since", "until")


class Digest(Aggregate):
    """One number for some columns of all rows, whatever their order."""

    template = "SUM(hashtextextended(ROW(%(expressions)s)::text, 0))"
    arity = None
    allow_distinct = False


def seal_of(run: BillingRun) -> str:
    """The word for what this run reads now: about a dozen queries of one row each, however many accounts there are."""
    found = [_number(rows, run, columns) for rows, columns in _tables(run)]
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _number(rows: QuerySet[Any], run: BillingRun, columns: tuple[str, ...]) -> str:
    # A row that ends after the month holds through all of it: whether somebody ends it there changes nothing.
    ends: date = last_day_of(run.period)
    parts = [Least(F("until"), Value(ends)) if one == "until" else F(one) for one in ("pk", *columns)]
    whole = Digest(*parts, output_field=DecimalField(max_digits=40, decimal_places=0))
    return str(rows.order_by().aggregate(whole=whole)["whole"])


def _tables(run: BillingRun) -> Iterator[tuple[QuerySet[Any], tuple[str, ...]]]:
    company, first, last = run.organization, run.period, last_day_of(run.period)
    begun, back = Q(since__lte=last), months_before(first, LOOK_BACK)  # what is settled reaches so far
    of_service, of_account = Q(service__organization=company), Q(account__organization=company)
    yield (
        Service.objects.filter(organization=company),
        ("kind", "method", "resource", "meter_possible", "requisites"),
    )
    yield HouseService.objects.during(back, last).filter(of_service), ("house", "service", "method", *SPAN)
    yield (
        Tariff.objects.during(back, last).filter(of_service),
        ("house", "service", *SPAN, "rate", "rate_2", "rate_3", "heat_rate", "tiers"),
    )
    yield ServiceNorm.objects.filter(of_service, begun), ("house", "service", "kind", "since", "value")
    yield ConsumptionNorm.objects.filter(begun, organization=company), ("house", "resource", "since", "per_person")
    yield (
        HouseFact.objects.filter(begun, house__organization=company),
        ("since", "area_rooms", "area_common", "distributes_all", "heating_from", "heating_months", "heat_average"),
    )
    yield (
        BillingTerms.objects.filter(organization=company),
        ("raises_for_silence", "carries_rest", "penalty_since"),
    )
    yield (
        LegalRule.objects.filter(country=company.country, valid_from__lte=last),
        ("key", "territory", "valid_from", "value"),
    )
    there = Q(opened_on__isnull=True) | Q(opened_on__lte=last)
    there &= Q(closed_on__isnull=True) | Q(closed_on__gte=first)
    yield (
        PersonalAccount.objects.filter(there, organization=company),
        ("opened_on", "closed_on", "residents", "registered", "unit__house", "unit__area_total"),
    )
    yield AccountFact.objects.filter(of_account, begun), ("since", "residents", "area")
    yield (
        Benefit.objects.during(back, last).filter(of_account),
        ("service", "percent", "persons", *SPAN),
    )
    yield (
        Absence.objects.filter(of_account, left_on__lt=last, returned_on__gt=first),
        ("persons", "left_on", "returned_on", "applied_on"),
    )
    yield (
        QualityCase.objects.filter(house__organization=company, period__range=(back, first)),
        ("period", "account", "service", "kind", "hours", "degrees", "percent"),
    )
    if run.kind == BillingRun.Kind.CORRECTION:
        readings = Reading.objects.current().filter(meter__organization=company, period=first)
        yield readings, ("t1", "t2", "t3", "is_billable")
        given = Recalculation.objects.filter(of_account, period=first).exclude(source=Recalculation.Source.MANUAL)
        # What a month that is not issued found is found anew by it (see actions/comparing.py).
        open_states = [one for one in BillingRun.State if one not in BillingRun.OVER]
        given = given.exclude(found_by=F("run"), run__issued_by=None, run__state__in=open_states)
        yield given, ("account", "service", "amount")

"""An issued month was wrong: it is calculated anew, and the differences are charged with the next one."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.actions.calculate import calculate, clear_dropped
from billing.actions.closing import drop_run, recalculate, start_correction, start_issue
from billing.actions.issuing import issue
from billing.models import (
    Absence,
    AccountFact,
    Benefit,
    BillingRun,
    Charge,
    Invoice,
    LegalRule,
    QualityCase,
    Recalculation,
    Service,
    ServiceNorm,
    Tariff,
)
from billing.tests.firm import AT, NOV, calculated, ignore, issued, line, make_service
from lib.errors import Refusal
from meters.models import Reading
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.models import Unit

pytestmark = pytest.mark.feature("B10")
OCT = date(2026, 10, 1)


def correct(cast: Cast, run: BillingRun, *, reason: str = "ошибка в тарифе", at: datetime = AT) -> BillingRun:
    correction = start_correction(run, reason=reason, by=cast.anna, at=at, later=ignore)
    assert calculate(correction.pk, now=lambda: at)
    start_issue(correction, by=cast.anna, at=at, later=ignore)
    assert issue(correction.pk, now=lambda: at)
    correction.refresh_from_db()
    assert correction.state == BillingRun.State.ISSUED
    return correction


def test_a_wrong_tariff_is_put_right_with_the_next_month(cast: Cast) -> None:
    make_service(cast.house, "main", "area", "24.36")
    run = issued(cast.company, OCT, by=cast.anna)
    before = list(Invoice.objects.values_list())
    Tariff.objects.update(rate=Decimal("20.00"))
    correction = correct(cast, run)
    assert list(Invoice.objects.values_list()) == before
    assert (correction.totals["differing"], correction.totals["difference"]) == (3, "-797.88")
    row = Recalculation.objects.get(account=cast.account)
    assert (row.amount, row.period, row.source, row.reason, row.run) == (
        Decimal("-265.96"), OCT, "correction", "ошибка в тарифе", None,
    )  # fmt: skip
    november = issued(cast.company, NOV, by=cast.anna)
    assert line(november, cast.account, "main").recalculated == Decimal("-265.96")
    assert Invoice.objects.get(account=cast.account, period=NOV).payable == Decimal("2440.00")


@pytest.mark.parametrize("later", [False, True])
def test_a_month_that_did_not_change_gives_nothing_and_a_second_correction_neither(cast: Cast, later: bool) -> None:
    """Also with an absence, poor quality, a benefit given by hand and averages inside the month."""
    norms = {"person": "4.745"}
    main = make_service(cast.house, "main", "area", "24.36")
    make_service(cast.house, "cold", "meter", "43.57", resource="cold", norms=norms)
    make_service(cast.house, "hot", "meter", "150", resource="hot")
    make_readings(make_meter(cast.nina_account, "hot"), date(2026, 6, 1), "0", "3", "6", "9", "12")
    Absence.objects.create(
        account=cast.account, left_on=date(2026, 10, 5), returned_on=date(2026, 10, 20), applied_on=OCT
    )
    QualityCase.objects.create(house=cast.house, service=main, period=OCT, kind="percent", percent=Decimal(10))
    values = {"account": cast.account, "service": main, "reason": "по заявлению", "by": cast.anna}
    Recalculation.objects.create(period=OCT, amount=Decimal("-10.00"), **values)
    run = issued(cast.company, OCT, by=cast.anna)
    if later:
        issued(cast.company, NOV, by=cast.anna)
        Recalculation.objects.create(period=OCT, amount=Decimal("-20.00"), **values)
    for _time in range(2):
        correction = correct(cast, run)
        assert correction.totals["differing"] == 0
        assert not Recalculation.objects.filter(found_by=correction).exists()


def test_corrections_add_up(cast: Cast) -> None:
    make_service(cast.house, "main", "area", "24.36")
    run = issued(cast.company, OCT, by=cast.anna)
    for rate, amount in (("25.36", "61.00"), ("27.36", "122.00"), ("24.36", "-183.00")):
        Tariff.objects.update(rate=Decimal(rate))
        correction = correct(cast, run)
        assert Recalculation.objects.get(account=cast.account, found_by=correction).amount == Decimal(amount)


def test_a_service_charged_by_mistake_is_given_back_whole(cast: Cast) -> None:
    service = make_service(cast.house, "main", "area", "24.36")
    run = issued(cast.company, OCT, by=cast.anna)
    service.houses.update(until=date(2026, 9, 30))
    correct(cast, run)
    assert Recalculation.objects.get(account=cast.account).amount == Decimal("-1485.96")


def test_a_late_reading_is_charged_once_by_a_correction_or_by_the_next_month(cast: Cast) -> None:
    """The correction finds it first: the next month adds nothing for October."""
    make_service(cast.house, "cold", "meter", "43.57", resource="cold")
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    run = issued(cast.company, OCT, by=cast.anna, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert line(run, cast.account, "cold").accrued == Decimal("174.28")
    make_reading(meter, OCT, "19", created_at=datetime(2026, 11, 5, tzinfo=UTC))
    make_reading(meter, NOV, "22")
    correct(cast, run)
    november = issued(cast.company, NOV, by=cast.anna)
    assert line(november, cast.account, "cold").recalculated == Decimal("-43.57")
    assert Recalculation.objects.count() == 1


def day(number: int, month: int = 11) -> datetime:
    return datetime(2026, month, number, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "recalculated"),
    [
        ("reading, correction", ["90.00"]),  # 5 m³ at 50.00 less 4 at 40.00
        ("correction, reading", ["40.00", "50.00"]),
        ("reading, correction, reading", ["90.00", "50.00"]),  # six at last
        ("correction, run, reading", ["40.00", "50.00"]),
        ("reading, run, correction", ["40.00", "50.00"]),
    ],
)
def test_a_late_reading_and_a_corrected_tariff_add_up_in_any_order(
    cast: Cast, order: str, recalculated: list[str]
) -> None:
    """October by the average is 4 × 40.00; then a reading says 5, and the tariff is 50.00."""
    make_service(cast.house, "cold", "meter", "40.00", resource="cold")
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    run = issued(cast.company, OCT, by=cast.anna, at=day(1))
    value, months = 21, 0
    for place, step in enumerate(order.split(", "), start=2):
        if step == "reading":
            Reading.objects.filter(meter=meter, period=OCT).update(state="kept")
            make_reading(meter, OCT, str(value), created_at=day(place))
            value += 1
        elif step == "correction":
            Tariff.objects.update(rate=Decimal("50.00"))
            correct(cast, run, at=day(place))
        else:
            months += 1
            make_reading(meter, date(2026, 10 + months, 1), "30", created_at=day(place))
            issued(cast.company, date(2026, 10 + months, 1), by=cast.anna, at=day(place) + timedelta(days=31 * months))
            Tariff.objects.update(rate=Decimal("50.00"))
    issued(cast.company, date(2026, 11 + months, 1), by=cast.anna, at=day(28, 12) + timedelta(days=31))
    found = (
        Recalculation.objects.filter(account=cast.account, period=OCT).order_by("pk").values_list("amount", flat=True)
    )
    assert [str(amount) for amount in found] == recalculated


def test_a_month_that_was_calculated_before_a_correction_is_calculated_again(cast: Cast) -> None:
    """The reading stands in November's run already; the correction finds it, too, and November must not charge it twice."""
    make_service(cast.house, "cold", "meter", "40.00", resource="cold")
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    run = issued(cast.company, OCT, by=cast.anna, at=day(1))
    make_reading(meter, OCT, "21", created_at=day(2))
    make_reading(meter, NOV, "25", created_at=day(20))
    november = calculated(cast.company, NOV, by=cast.anna, at=day(21))
    assert line(november, cast.account, "cold").recalculated == Decimal("40.00")
    correct(cast, run, at=day(22))
    with pytest.raises(Refusal, match="Calculate it again"):
        start_issue(november, by=cast.anna, at=day(23), later=ignore)
    recalculate(november, by=cast.anna, at=day(23), later=ignore)
    assert calculate(november.pk, now=lambda: day(23))
    assert line(november, cast.account, "cold").recalculated == Decimal("40.00")
    assert start_issue(november, by=cast.anna, at=day(24), later=ignore).state == "issuing"


def test_a_correction_that_is_open_refuses_another_and_can_be_dropped(cast: Cast) -> None:
    make_service(cast.house, "main", "area", "24.36")
    run = issued(cast.company, OCT, by=cast.anna)
    first = start_correction(run, reason="раз", by=cast.anna, at=AT, later=ignore)
    with pytest.raises(Refusal, match="open already"):
        start_correction(run, reason="два", by=cast.mark, at=AT, later=ignore)
    with pytest.raises(Refusal, match="Only an issued month"):
        start_correction(first, reason="три", by=cast.mark, at=AT, later=ignore)
    drop_run(first, at=AT, later=ignore)
    assert start_correction(run, reason="два", by=cast.mark, at=AT, later=ignore).pk != first.pk


def test_a_run_that_is_not_issued_is_dropped_with_everything_it_found(cast: Cast) -> None:
    main = make_service(cast.house, "main", "area", "24.36")
    given = Recalculation.objects.create(
        account=cast.account, service=main, period=OCT, amount=Decimal("-5.00"), reason="акт"
    )
    QualityCase.objects.create(house=cast.house, service=main, period=NOV, kind="percent", percent=Decimal(10))
    run = calculated(cast.company, NOV, by=cast.anna)
    drop_run(run, at=AT, later=ignore)
    assert clear_dropped(run.pk, now=lambda: AT)
    given.refresh_from_db()
    assert (given.run, Recalculation.objects.count(), Charge.objects.count()) == (None, 1, 0)
    assert calculated(cast.company, NOV, by=cast.mark).pk != run.pk
    done = issued(cast.company, NOV, by=cast.anna)
    with pytest.raises(Refusal, match="cannot be dropped"):
        drop_run(done, at=AT, later=ignore)


@pytest.mark.parametrize("is_correction", [True, False])
def test_what_was_calculated_by_a_tariff_that_is_no_longer_in_force_is_not_issued(
    cast: Cast, is_correction: bool
) -> None:
    make_service(cast.house, "main", "area", "24.36")
    run = issued(cast.company, OCT, by=cast.anna)
    Tariff.objects.update(rate=Decimal("66.00"))
    if is_correction:
        again = start_correction(run, reason="ошибка", by=cast.anna, at=AT, later=ignore)
        assert calculate(again.pk, now=lambda: AT)
        again.refresh_from_db()
    else:
        again = calculated(cast.company, NOV, by=cast.anna)
    Tariff.objects.update(rate=Decimal("24.36"))
    with pytest.raises(Refusal, match="Something changed"):
        start_issue(again, by=cast.anna, at=AT, later=ignore)
    recalculate(again, by=cast.anna, at=AT, later=ignore)
    assert calculate(again.pk, now=lambda: AT)
    assert start_issue(again, by=cast.anna, at=AT, later=ignore).state == BillingRun.State.ISSUING


CHANGES: dict[str, Callable[[Cast], object]] = {
    "people": lambda cast: AccountFact.objects.create(account=cast.account, since=OCT, residents=9),
    "area": lambda cast: Unit.objects.filter(pk=cast.account.unit_id).update(area_total="1.00"),
    "benefit": lambda cast: Benefit.objects.create(account=cast.account, category="ветеран", percent=50, since=OCT),
    "absence": lambda cast: Absence.objects.create(
        account=cast.account, left_on=OCT, returned_on=date(2026, 10, 20), applied_on=OCT
    ),
    "norm": lambda cast: ServiceNorm.objects.create(service=Service.objects.get(), kind="area", since=OCT, value=1),
    "law": lambda cast: LegalRule.objects.create(country="RU", key="absence_min_days", valid_from=OCT, value="9"),
    "way": lambda cast: Service.objects.update(method="account"),
    "recalculation": lambda cast: Recalculation.objects.create(
        account=cast.account, service=Service.objects.get(), period=OCT, amount="-1.00", source="reading", reason="акт"
    ),
    "reading": lambda cast: make_reading(make_meter(cast.account), OCT, "1"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_table_a_correction_was_calculated_from_may_not_change_before_it_is_charged(
    cast: Cast, what: str
) -> None:
    make_service(cast.house, "main", "area", "24.36")
    run = issued(cast.company, OCT, by=cast.anna)
    correction = start_correction(run, reason="ошибка", by=cast.anna, at=AT, later=ignore)
    assert calculate(correction.pk, now=lambda: AT)
    CHANGES[what](cast)
    with pytest.raises(Refusal, match="Something changed"):
        start_issue(correction, by=cast.anna, at=AT, later=ignore)


def test_the_price_of_a_later_month_and_another_company_do_not_make_a_run_out_of_date(cast: Cast) -> None:
    service = make_service(cast.house, "main", "area", "24.36")
    run = calculated(cast.company, OCT, by=cast.anna)
    Tariff.objects.update(until=date(2026, 10, 31))
    Tariff.objects.create(service=service, since=NOV, rate=Decimal("30.00"))
    make_service(cast.other_house, "main", "area", "1.00")
    assert start_issue(run, by=cast.anna, at=AT, later=ignore).state == BillingRun.State.ISSUING

"""Heating charged by the mean month is settled by the house meter once the year is over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils.translation import gettext, override

from billing.actions.calculate import calculate
from billing.actions.closing import recalculate, start_correction, start_issue
from billing.actions.issuing import issue
from billing.models import (
    AccountFact,
    BillingRun,
    Charge,
    HouseFact,
    HouseService,
    Invoice,
    QualityCase,
    Recalculation,
    Service,
    Tariff,
)
from billing.readiness import anomalies_of, words_of
from billing.testing import make_invoice, reprint
from billing.tests.firm import calculated, ignore, issued, line, make_fact, make_service
from meters.models import Meter
from meters.testing import make_house_meter, make_reading
from portal.testing import Cast, make_account
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
AT = datetime(2027, 3, 31, 9, tzinfo=UTC)
YEAR = [date(2026, month, 1) for month in range(1, 13)]
DEC, JAN, FEB, MAR, APR = YEAR[-1], *(date(2027, month, 1) for month in range(1, 5))
HEAT = "2245.68"
MONTH = Decimal("2465.76")  # 61 m² × 0.018 Gcal × 2245.68
# 1100 Gcal in the year; the flat's share of it 1100 × 61 / 4873.20 = 13.769187 Gcal
USED = (200, 180, 150, 90, 20, 0, 0, 0, 10, 100, 150, 200)


@pytest.fixture
def heat(cast: Cast) -> Service:
    """A house of 4873.20 m² whose heat is charged by the mean month of 2025; the new mean is entered for 2027."""
    make_fact(cast.house, heat_average=Decimal("0.018"))
    HouseFact.objects.create(
        house=cast.house, since=JAN, area_rooms=Decimal("4873.20"), heat_average=Decimal("0.018811")
    )
    return make_service(cast.house, "heat", "heat_average", HEAT)


@pytest.fixture
def meter(cast: Cast) -> Meter:
    """The house's heat meter, read in December 2025 and in every month of 2026."""
    return read(cast)


def read(cast: Cast, *, but: date | None = None) -> Meter:
    """A meter that was read in all these months but one."""
    meter = make_house_meter(cast.house, "heat", unit="gcal")
    for month in {date(2025, 12, 1), *YEAR} - {but}:
        make_reading(meter, month, value(month))
    return meter


def value(month: date) -> str:
    return str(500 + sum(used for one, used in zip(YEAR, USED, strict=True) if one <= month))


def close(cast: Cast, *months: date) -> BillingRun:
    """Issue these months, return the last one."""
    return [issued(cast.company, month, by=cast.anna, at=AT) for month in months][-1]


def charge(cast: Cast, *months: date, accounts: Sequence[PersonalAccount] = (), amount: Decimal = MONTH) -> None:
    """The same months as they were issued, without the walk: charges alone, of the house's first three accounts or of these."""
    for month in months:
        run = BillingRun.objects.create(
            organization=cast.company, period=month, state="issued", calculated_at=AT, issued_at=AT
        )
        Charge.objects.bulk_create(
            Charge(run=run, account=account, service=Service.objects.get(), accrued=amount)
            for account in accounts or (cast.account, cast.nina_account, cast.vera_account)
        )


def correct(cast: Cast, run: BillingRun) -> None:
    correction = start_correction(run, reason="ошибка в тарифе", by=cast.anna, at=AT, later=ignore)
    calculate(correction.pk, now=lambda: AT)
    start_issue(correction, by=cast.anna, at=AT, later=ignore)
    assert issue(correction.pk, now=lambda: AT)


def settled(run: BillingRun) -> dict[str, Decimal]:
    rows = Recalculation.objects.filter(run=run, source="reading")
    return dict(rows.values_list("account__number", "amount"))


def notes(run: BillingRun, what: str) -> dict[int, str]:
    return {row["account"]: words_of(row["facts"]) for row in anomalies_of(run, what)}


def test_january_settles_the_year_and_prints_the_reason(cast: Cast, heat: Service, meter: Meter) -> None:
    """13.769187 × 2245.68 = 30921.19 less 12 × 2465.76 = 29589.12."""
    close(cast, *YEAR)
    assert line(BillingRun.objects.get(period=DEC), cast.account, "heat").accrued == MONTH
    run = close(cast, JAN)
    assert settled(run) == dict.fromkeys(("10001", "10012", "10013"), Decimal("1332.07"))
    assert line(run, cast.account, "heat").recalculated == Decimal("1332.07")
    document = Invoice.objects.get(account=cast.account, period=JAN)
    with override("ru"):
        reason = gettext("Heating of %(year)s by the house meter") % {"year": 2026}
    assert document.recalculations == [
        {"service": "heat", "period": "2026-12-01", "reason": reason, "amount": "1332.07"}
    ]
    assert document.recalculated == Decimal("1332.07")
    assert not run.totals["anomalies"].keys() & {"heat_year_unread", "heat_year_uncharged", "heat_mean_old"}


def test_an_area_that_changed_inside_the_year_holds_from_its_day_only(cast: Cast, heat: Service, meter: Meter) -> None:
    """61 m² of 640 Gcal and 65 m² of 460: 14.146762 × 2245.68 = 31769.10 less 12 × 2465.76 = 29589.12."""
    charge(cast, *YEAR)
    AccountFact.objects.create(account=cast.account, since=date(2026, 7, 1), area=Decimal(65))
    assert settled(close(cast, JAN))["10012"] == Decimal("2179.98")


def test_calculated_again_it_gives_the_same_and_settled_again_nothing(cast: Cast, heat: Service, meter: Meter) -> None:
    """Also after a correction of December and of January: the settlement belongs to neither."""
    december = close(cast, *YEAR)
    run = calculated(cast.company, JAN, by=cast.anna, at=AT)
    first = settled(run)
    recalculate(run, by=cast.anna, at=AT, later=ignore)
    assert calculate(run.pk, now=lambda: AT)
    assert settled(run) == first
    assert len(first) == 3
    january = close(cast, JAN)
    correct(cast, december)
    correct(cast, january)
    close(cast, FEB)
    assert Recalculation.objects.count() == 3


def test_a_year_that_came_to_what_was_charged_has_no_line(cast: Cast, heat: Service) -> None:
    """Twelve times 109.8 Gcal in a house of 6100 m²: the flat's 13.176 Gcal × 2245.68 = 29589.08."""
    HouseFact.objects.update(area_rooms=Decimal(6100))
    meter = make_house_meter(cast.house, "heat", unit="gcal")
    stands = Decimal(0)
    for month in (date(2025, 12, 1), *YEAR):
        make_reading(meter, month, str(stands))
        stands += Decimal("109.8")
    charge(cast, *YEAR[:-1])
    charge(cast, DEC, amount=Decimal("2465.72"))  # 11 × 2465.76 before
    assert settled(close(cast, JAN)) == {}


def test_each_month_has_its_own_tariff(cast: Cast, heat: Service, meter: Meter) -> None:
    """640 Gcal at 2245.68 and 460 at 2500: 8.011163 and 5.758023 Gcal; less 6 × 2465.76 and 6 × 2745.00."""
    Tariff.objects.update(until=date(2026, 6, 30))
    Tariff.objects.create(service=heat, since=date(2026, 7, 1), rate=Decimal(2500))
    charge(cast, *YEAR[:6])
    charge(cast, *YEAR[6:], amount=Decimal("2745.00"))
    assert settled(close(cast, JAN))["10012"] == Decimal("1121.01")


def test_who_came_and_who_left_settle_their_own_days(cast: Cast, heat: Service, meter: Meter) -> None:
    """The flat changed hands on 16 May, in which the house used 20 Gcal.

    Old owner: 620 Gcal → 7.760814, 20 × 15 / 31 → 0.121137: 17700.34 less 4 × 2465.76 and 1193.11 of May.
    New owner: 460 Gcal → 5.758023, 20 × 16 / 31 → 0.129212: 13220.85 less 7 × 2465.76 and 1272.65 of May.
    """
    old = cast.account
    old.closed_on = date(2026, 5, 15)
    old.save()
    new = make_account(cast.house, "12", "20012", opened_on=date(2026, 5, 16))
    make_account(cast.house, "14", "20014", opened_on=JAN)
    make_account(cast.house, "15", "20015", closed_on=date(2025, 12, 31))
    others = (cast.nina_account, cast.vera_account)
    charge(cast, *YEAR[:4], accounts=(old, *others))
    may = close(cast, YEAR[4])
    assert [line(may, one, "heat").accrued for one in (old, new)] == [Decimal("1193.11"), Decimal("1272.65")]
    charge(cast, *YEAR[5:], accounts=(new, *others))
    run = close(cast, JAN)
    assert settled(run) == {
        "10001": Decimal("1332.07"), "10013": Decimal("1332.07"), "10012": Decimal("6644.19"), "20012": Decimal("-5312.12")
    }  # fmt: skip
    assert Recalculation.objects.get(account=old).period == YEAR[4]
    document = Invoice.objects.get(account=old, period=JAN)
    assert (document.accrued, document.recalculated) == (Decimal(0), Decimal("6644.19"))
    close(cast, FEB)
    assert not Invoice.objects.filter(account=old, period=FEB).exists()


@pytest.mark.parametrize("unread", [YEAR[2], DEC, date(2025, 12, 1)])
def test_a_month_that_was_not_read_is_named_and_settled_once_it_is_read(
    cast: Cast, heat: Service, unread: date
) -> None:
    """Read by an act later, the year is settled with the next month of the quarter."""
    meter = read(cast, but=unread)
    charge(cast, *YEAR)
    january = close(cast, JAN)
    assert settled(january) == {}
    assert notes(january, "heat_year_unread")[cast.account.pk] == f"heat, {unread:%m.%Y}"
    make_reading(meter, unread, value(unread))
    assert settled(close(cast, FEB))["10012"] == Decimal("1332.07")


def test_a_house_without_a_meter_names_every_month(cast: Cast, heat: Service) -> None:
    charge(cast, *YEAR)
    words = notes(close(cast, JAN), "heat_year_unread")[cast.account.pk]
    assert words == "heat, " + ", ".join(f"{month:%m.%Y}" for month in YEAR)


def test_only_the_months_by_the_mean_are_settled(cast: Cast, heat: Service, meter: Meter) -> None:
    """By the house meter until June, by the mean from July: 5.758023 × 2245.68 = 12930.68 less 6 × 2465.76."""
    HouseService.objects.update(since=YEAR[6])
    HouseService.objects.create(
        house=cast.house, service=heat, method="heat_house", since=date(2020, 1, 1), until=date(2026, 6, 30)
    )
    charge(cast, *YEAR)
    assert settled(close(cast, JAN))["10012"] == Decimal("-1863.88")


def test_what_was_given_for_poor_quality_stays(cast: Cast, heat: Service, meter: Meter) -> None:
    QualityCase.objects.create(house=cast.house, service=heat, period=DEC, kind="percent", percent=Decimal(15))
    charge(cast, *YEAR[:-1])
    close(cast, DEC)
    assert Recalculation.objects.get(account=cast.account).amount == Decimal("-369.86")
    assert settled(close(cast, JAN))["10012"] == Decimal("1332.07")


@pytest.mark.parametrize("settled_before", [False, True])
def test_a_month_that_was_corrected_counts_as_corrected(
    cast: Cast, heat: Service, meter: Meter, settled_before: bool
) -> None:
    """December at 2345.68: +109.80 by the correction; the year (200 of 1100 Gcal at the new price) 1472.61 in all."""
    charge(cast, *YEAR[:-1])
    december = close(cast, DEC)
    if settled_before:
        close(cast, JAN)
    Tariff.objects.update(until=date(2026, 11, 30))
    Tariff.objects.create(service=heat, since=DEC, until=date(2026, 12, 31), rate=Decimal("2345.68"))
    Tariff.objects.create(service=heat, since=JAN, rate=Decimal(HEAT))
    correct(cast, december)
    close(cast, FEB if settled_before else JAN)
    own = Recalculation.objects.filter(account=cast.account)
    assert own.get(source="correction").amount == Decimal("109.80")
    amounts = [row.amount for row in own.filter(source="reading")]
    assert sum(amounts) == Decimal("1472.61")
    assert len(amounts) == 1 + settled_before


def test_months_that_came_by_registers_count_by_their_lines(cast: Cast, heat: Service, meter: Meter) -> None:
    """Flat 12 has the whole year; flat 13 lacks two months, flat 1 six: they are named."""
    for account, months in ((cast.account, YEAR[:6]), (cast.nina_account, YEAR[:4])):
        for month in months:
            reprint(make_invoice(account, month, accrued=str(MONTH)), code="heat")
    charge(cast, *YEAR[6:])
    run = close(cast, JAN)
    assert settled(run) == {"10012": Decimal("1332.07")}
    assert notes(run, "heat_year_uncharged")[cast.nina_account.pk] == "heat, 05.2026, 06.2026"


def test_after_the_quarter_nothing_is_settled(cast: Cast, heat: Service, meter: Meter) -> None:
    charge(cast, *YEAR)
    april = calculated(cast.company, APR, by=cast.anna, at=datetime(2027, 5, 1, tzinfo=UTC))
    assert settled(april) == {}
    assert settled(calculated(cast.company, MAR, by=cast.anna, at=AT))["10012"] == Decimal("1332.07")


def test_a_house_on_an_older_mean_is_named_once(cast: Cast, heat: Service) -> None:
    run = calculated(cast.company, JAN, by=cast.anna, at=AT)
    assert notes(run, "heat_mean_old") == {}
    HouseFact.objects.filter(since=JAN).delete()
    february = calculated(cast.company, FEB, by=cast.anna, at=AT)
    assert list(notes(february, "heat_mean_old").values()) == ["heat, 01.01.2020"]
    assert Charge.objects.filter(run=february).count() == 3
    assert "heat_year_uncharged" not in february.totals["anomalies"]

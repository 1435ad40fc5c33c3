"""A month calculated from rows: every way of charging, to the kopeck, and what makes an account's charge differ."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.calculate import calculate
from billing.actions.closing import recalculate, start_issue, start_run
from billing.actions.issuing import issue
from billing.calculating.chunk import Task, calculate_houses
from billing.calculating.plan import Plan
from billing.models import (
    Absence,
    AccountFact,
    Benefit,
    BillingTerms,
    Charge,
    CommonUse,
    HouseFact,
    HouseService,
    QualityCase,
    Recalculation,
    Tariff,
)
from billing.tests.firm import AT, NOV, calculated, codes, ignore, in_russian, issued, line, make_fact, make_service
from lib.errors import Refusal
from meters.actions.estimating import estimate_missing
from meters.models import ConsumptionNorm
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from portal.testing import Cast, make_account, make_house
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
C19 = ("4.1", "3.9", "4.4", "5.2", "4.0", "3.8")
COLD, SEWER, HEAT, MAIN = "43.57", "32.18", "2245.68", "24.36"


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12: 61 m², three live there; the other flats of the house are closed."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=3)
    return PersonalAccount.objects.get(pk=cast.account.pk)


def test_a_meter_a_reading_and_a_tariff(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C1."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    make_readings(make_meter(flat), date(2026, 10, 1), "148.102", "152.347")
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "cold")
    assert (found.volume, found.method, found.tariff) == (Decimal("4.2450000"), "M", Decimal("43.570000"))
    assert found.accrued == Decimal("184.95")


@pytest.mark.parametrize(
    ("fields", "accrued", "excess", "coefficient"),
    [({}, "620.22", "0.00", None), ({"meter_possible": True}, "620.22", "310.11", "1.50")],
)
def test_no_meter(
    cast: Cast, flat: PersonalAccount, fields: dict[str, Any], accrued: str, excess: str, coefficient: str | None
) -> None:
    """Vectors C3 and C4: the excess of a raised norm stands apart."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold", norms={"person": "4.745"}, **fields)
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "cold")
    assert (found.accrued, found.excess) == (Decimal(accrued), Decimal(excess))
    assert found.coefficient == (Decimal(coefficient) if coefficient else None)
    assert (found.volume, found.method) == (Decimal("14.2350000"), "N")


def test_without_a_norm_of_the_service_the_one_of_the_meters_holds(cast: Cast, flat: PersonalAccount) -> None:
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="cold", since=date(2020, 1, 1), per_person=Decimal("4.745")
    )
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "cold").accrued == Decimal("620.22")


@pytest.mark.parametrize(
    ("cause", "silence", "excess"),
    [("expired", False, "310.11"), ("silent", False, "0.00"), ("silent", True, "310.11")],
)
def test_a_meter_whose_cause_raises_the_norm(
    cast: Cast, flat: PersonalAccount, cause: str, silence: bool, excess: str
) -> None:
    """Silence alone raises nothing, unless the company says so; an expired verification does."""
    BillingTerms.objects.create(organization=cast.company, raises_for_silence=silence)
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="cold", since=date(2020, 1, 1), per_person=Decimal("4.745")
    )
    make_meter(flat, next_verification=date(2026, 1, 1) if cause == "expired" else date(2032, 1, 1))
    run = calculated(cast.company, NOV, by=cast.anna)
    found = line(run, flat, "cold")
    assert (found.accrued, found.excess) == (Decimal("620.22"), Decimal(excess))
    assert {"account": flat.pk, "what": "no_reading", "facts": {"service": "cold"}} in run.anomalies


def test_zones_of_the_day_are_lines_of_their_own(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C5: 187 × 6.93 + 92 × 3.04."""
    make_service(cast.house, "power", "meter", "6.93", resource="power", tariff={"rate_2": Decimal("3.04")})
    meter = make_meter(flat, "power", zones=2, initial_t2=Decimal(0), decimals=1)
    make_reading(meter, date(2026, 10, 1), "100", "50")
    make_reading(meter, NOV, "287", "142")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert [line(run, flat, "power", zone).accrued for zone in (1, 2)] == [Decimal("1295.91"), Decimal("279.68")]
    assert run.totals["services"]["power"]["total"] == "1575.59"
    assert run.totals["services"]["power"]["accounts"] == 1


def test_ranges_of_a_tariff(cast: Cast, flat: PersonalAccount) -> None:
    tiers = {"tiers": [["100", "4.00"], [None, "5.50"]]}
    make_service(cast.house, "power", "tiers", "4.00", resource="power", tariff=tiers)
    make_readings(make_meter(flat, "power", decimals=1), date(2026, 10, 1), "0", "150")
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "power").accrued == Decimal("675.00")


def test_prices_of_ranges_that_change_inside_the_month(cast: Cast, flat: PersonalAccount) -> None:
    """A third of 100 × 4.00 + 50 × 5.50 = 675.00 and two thirds of 100 × 4.00 + 50 × 7.00 = 750.00, from the 11th on."""
    power = make_service(cast.house, "power", "tiers", resource="power")
    for since, until, price in ((date(2026, 1, 1), date(2026, 11, 10), "5.50"), (date(2026, 11, 11), None, "7.00")):
        Tariff.objects.create(
            service=power, since=since, until=until, rate=Decimal("4.00"), tiers=[["100", "4.00"], [None, price]]
        )
    make_readings(make_meter(flat, "power", decimals=1), date(2026, 10, 1), "0", "150")
    run = calculated(cast.company, NOV, by=cast.anna)
    found = line(run, flat, "power")
    assert (found.accrued, found.volume) == (Decimal("725.00"), Decimal(150))
    assert [[Decimal(one) for one in part] for part in found.parts] == [
        [Decimal(100), Decimal("4.00"), Decimal("400.00")],
        [Decimal("16.666667"), Decimal("5.50"), Decimal("91.67")],
        [Decimal("33.333333"), Decimal("7.00"), Decimal("233.33")],
    ]
    assert not run.anomalies


def rooms(cast: Cast, volume: str) -> None:
    """Everybody else of the house together: one shop with a meter."""
    shop = make_account(cast.house, "н/п 1", "20001")
    make_readings(make_meter(shop, serial="SHOP"), date(2026, 10, 1), "0", volume)


@pytest.mark.parametrize(
    ("house", "others", "fields", "volume", "accrued", "company", "carry"),
    [
        ("1250.000", "1177.750", {}, "0.3579990", "15.60", "43.650", "0"),  # C8: above the cap the company pays
        ("1250.000", "1177.750", {"distributes_all": True}, "0.9043850", "39.40", "0", "0"),  # C9
        ("1100", "1130", {}, "0E-7", "0.00", "0", "-30"),  # C11: a negative rest is carried on
    ],
)
def test_common_use_by_the_house_meter(
    cast: Cast, flat: PersonalAccount, house: str, others: str, fields: dict[str, bool], volume: str, accrued: str,
    company: str, carry: str,
) -> None:  # fmt: skip
    make_fact(cast.house, **fields)
    common = make_service(cast.house, "common", "common", COLD, resource="cold", norms={"common": "0.0352"})
    make_readings(make_house_meter(cast.house), date(2026, 10, 1), "0", house)
    rooms(cast, others)
    run = calculated(cast.company, NOV, by=cast.anna)
    found = line(run, flat, "common")
    assert (found.volume_common, found.accrued_common, found.accrued) == (
        Decimal(volume), Decimal(accrued), Decimal(0),
    )  # fmt: skip
    use = CommonUse.objects.get(run=run, service=common)
    assert (use.house_volume, use.rooms_volume) == (Decimal(house), Decimal(others))
    assert (use.company, use.carry) == (Decimal(company), Decimal(carry))


@pytest.mark.parametrize(("offsets", "shared"), [(True, "70.000"), (False, "100.000")])
def test_a_negative_rest_is_offset_in_the_next_month(
    cast: Cast, flat: PersonalAccount, offsets: bool, shared: str
) -> None:
    BillingTerms.objects.create(organization=cast.company, carries_rest=offsets)
    make_fact(cast.house, distributes_all=True)
    common = make_service(cast.house, "common", "common", COLD, resource="cold")
    make_readings(make_house_meter(cast.house), date(2026, 9, 1), "0", "1100", "2200")
    shop = make_account(cast.house, "н/п 1", "20001")
    make_readings(make_meter(shop, serial="SHOP"), date(2026, 9, 1), "0", "1130", "2130")
    issued(cast.company, date(2026, 10, 1), by=cast.anna)
    run = calculated(cast.company, NOV, by=cast.anna)
    assert CommonUse.objects.get(run=run, service=common).shared == Decimal(shared)


def test_common_use_of_a_house_without_a_meter_goes_by_the_norm(cast: Cast, flat: PersonalAccount) -> None:
    make_fact(cast.house)
    make_service(cast.house, "common", "common", COLD, resource="cold", norms={"common": "0.0352"})
    make_service(cast.house, "norm", "common_norm", COLD, resource="cold", norms={"common": "0.0352"})
    run = calculated(cast.company, NOV, by=cast.anna)
    for code in ("common", "norm"):
        found = line(run, flat, code)
        assert (found.volume_common, found.accrued_common, found.method_common) == (
            Decimal("0.3579990"), Decimal("15.60"), "N",
        )  # fmt: skip


def test_heating_in_the_season_evenly_and_by_the_house_meter(cast: Cast, flat: PersonalAccount) -> None:
    """Vectors C13 and C15; evenly over the year 7 / 12 of C13; by the average of last year."""
    make_fact(cast.house, heat_average=Decimal("0.0135"))
    norms = {"area": "0.0231"}
    make_service(cast.house, "season", "heat_season", HEAT, norms=norms)
    make_service(cast.house, "year", "heat_year", HEAT, norms=norms)
    make_service(cast.house, "house", "heat_house", HEAT)
    make_service(cast.house, "mean", "heat_average", HEAT)
    make_readings(make_house_meter(cast.house, "heat", unit="gcal"), date(2026, 10, 1), "0", "112.480")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "season").accrued == Decimal("3164.39")
    assert line(run, flat, "year").accrued == Decimal("1845.89")
    assert (line(run, flat, "house").volume, line(run, flat, "house").accrued) == (
        Decimal("1.4079620"), Decimal("3161.83"),
    )  # fmt: skip
    assert line(run, flat, "mean").accrued == Decimal("1849.32")


def test_out_of_season_only_the_even_heating_is_charged(cast: Cast, flat: PersonalAccount) -> None:
    make_fact(cast.house)
    for code, method in (("season", "heat_season"), ("year", "heat_year")):
        make_service(cast.house, code, method, HEAT, norms={"area": "0.0231"})
    run = calculated(cast.company, date(2026, 6, 1), by=cast.anna)
    assert codes(run, flat) == {"year"}


def test_heating_by_meters_of_rooms_and_of_the_house(cast: Cast, flat: PersonalAccount) -> None:
    """(V_i + S_i × (V_house − ΣV) / S_house) × T; a flat without a meter uses the mean of those per m²."""
    make_fact(cast.house, area_rooms=Decimal(122))
    make_service(cast.house, "rooms", "heat_rooms", "1000")
    make_readings(make_house_meter(cast.house, "heat", unit="gcal"), date(2026, 10, 1), "0", "5")
    make_readings(make_meter(flat, "heat"), date(2026, 10, 1), "0", "2")
    other = make_account(cast.house, "77", "20077")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert [line(run, one, "rooms").accrued for one in (flat, other)] == [Decimal("2500.00"), Decimal("2500.00")]


def test_sewage_is_cold_and_hot_water(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C17."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    make_service(cast.house, "hot", "meter", "150", resource="hot")
    make_service(cast.house, "sewage", "sewage", SEWER, position=1)
    make_readings(make_meter(flat), date(2026, 10, 1), "0", "4.245")
    make_readings(make_meter(flat, "hot", serial="H"), date(2026, 10, 1), "0", "2.610")
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "sewage")
    assert (found.volume, found.accrued, found.method) == (Decimal("6.8550000"), Decimal("220.59"), "M")


def test_sewage_of_a_metered_and_an_unmetered_water(cast: Cast, flat: PersonalAccount) -> None:
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    make_service(cast.house, "hot", "meter", "150", resource="hot", norms={"person": "3"})
    make_service(cast.house, "sewage", "sewage", SEWER)
    make_readings(make_meter(flat), date(2026, 10, 1), "0", "4")
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "sewage")
    assert (found.volume, found.method) == (Decimal(13), "N")


def test_hot_water_of_two_parts(cast: Cast, flat: PersonalAccount) -> None:
    """2.61 × 43.57 + 2.61 × 0.06 × 2245.68 = 113.7177 + 351.673488."""
    norms = {"heating_water": "0.06"}
    make_service(cast.house, "hot", "hot_two", COLD, resource="hot", tariff={"heat_rate": Decimal(HEAT)}, norms=norms)
    make_readings(make_meter(flat, "hot"), date(2026, 10, 1), "0", "2.61")
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "hot").accrued == Decimal("465.39")


def test_area_account_and_person(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C21; a fixed sum; waste by the norm of a month, else by the tariff of a person."""
    make_service(cast.house, "main", "area", MAIN)
    make_service(cast.house, "repair", "area", "5.50", kind="repair")
    make_service(cast.house, "intercom", "account", "45.00")
    make_service(cast.house, "waste", "person", "600", norms={"person": "0.19"})
    make_service(cast.house, "lift", "person", "31.50")
    run = calculated(cast.company, NOV, by=cast.anna)
    sums = {code: line(run, flat, code).accrued for code in ("main", "repair", "intercom", "waste", "lift")}
    assert sums == {"main": Decimal("1485.96"), "repair": Decimal("335.50"), "intercom": Decimal("45.00"),
                    "waste": Decimal("342.00"), "lift": Decimal("94.50")}  # fmt: skip
    assert run.totals["accrued"] == str(sum(sums.values()))


def test_the_owner_changes_inside_the_month(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C22: 13 and 17 of 30 days; the two add up to the whole month."""
    make_service(cast.house, "main", "area", MAIN)
    PersonalAccount.objects.filter(pk=flat.pk).update(closed_on=date(2026, 11, 13))
    new = make_account(cast.house, "12", "10112", opened_on=date(2026, 11, 14))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert [line(run, one, "main").accrued for one in (flat, new)] == [Decimal("643.92"), Decimal("842.04")]


def test_people_change_inside_the_month(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C25: three for ten days, four for twenty."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold", norms={"person": "4.745"})
    AccountFact.objects.create(account=flat, since=date(2026, 11, 11), residents=4)
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "cold").accrued == Decimal("758.05")


def test_a_flat_emptied_by_days_counts_all_its_owners(cast: Cast, flat: PersonalAccount) -> None:
    """The account still names three; its figures of the tenth say nobody, so both owners count (п. 56(2))."""
    make_service(cast.house, "waste", "person", "100")
    AccountFact.objects.create(account=flat, since=date(2026, 10, 10), residents=0)
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "waste").accrued == Decimal("200.00")


def test_a_tariff_changes_inside_the_month(cast: Cast, flat: PersonalAccount) -> None:
    """61 × (24.36 × 10 + 30 × 20) / 30."""
    service = make_service(cast.house, "main", "area")
    Tariff.objects.create(service=service, since=date(2026, 1, 1), until=date(2026, 11, 10), rate=Decimal(MAIN))
    Tariff.objects.create(service=service, since=date(2026, 11, 11), rate=Decimal(30))
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "main").accrued == Decimal("1715.32")


def test_a_house_has_a_tariff_of_its_own_and_a_service_for_a_part_of_the_month(
    cast: Cast, flat: PersonalAccount
) -> None:
    service = make_service(cast.house, "main", "area", MAIN, since=date(2026, 11, 16))
    Tariff.objects.create(service=service, house=cast.house, since=date(2026, 11, 16), rate=Decimal(10))
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "main").accrued == Decimal("305.00")
    service.houses.update(until=date(2026, 10, 31), since=date(2026, 1, 1))
    assert not codes(calculated(cast.company, date(2026, 11, 1), by=cast.anna), flat) - {"main"}


def test_a_service_that_stops_and_comes_back_inside_the_month(cast: Cast, flat: PersonalAccount) -> None:
    """1485.96 × 20 / 30; 30.00 × 2 people × 10 / 30 and × 3 people × 10 / 30."""
    main = make_service(cast.house, "main", "area", MAIN, until=date(2026, 11, 10))
    lift = make_service(cast.house, "lift", "person", "30.00", until=date(2026, 11, 10))
    for service in (main, lift):
        HouseService.objects.create(house=cast.house, service=service, since=date(2026, 11, 21))
    PersonalAccount.objects.filter(pk=flat.pk).update(residents=2)
    AccountFact.objects.create(account=flat, since=date(2026, 11, 16), residents=3)
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "main").accrued == Decimal("990.64")
    assert line(run, flat, "lift").accrued == Decimal("50.00")


def test_somebody_was_away(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C26: 14 full days of one of three: cold −96.48, sewage −71.26; not the upkeep, nor what has a meter."""
    norms = {"person": "4.745"}
    make_service(cast.house, "cold", "meter", COLD, resource="cold", norms=norms)
    make_service(cast.house, "sewage", "sewage", SEWER, norms=norms)
    make_service(cast.house, "hot", "meter", "150", resource="hot")
    make_service(cast.house, "main", "area", MAIN)
    make_readings(make_meter(flat, "hot"), date(2026, 5, 1), "0", "1")
    dates = {"left_on": date(2026, 6, 5), "returned_on": date(2026, 6, 20)}
    Absence.objects.create(account=flat, applied_on=date(2026, 6, 25), **dates)
    Absence.objects.create(account=flat, applied_on=date(2026, 7, 25), **dates)  # too late
    run = calculated(cast.company, date(2026, 6, 1), by=cast.anna)
    assert line(run, flat, "cold").recalculated == Decimal("-96.48")
    assert line(run, flat, "main").recalculated == line(run, flat, "hot").recalculated == 0
    reason = Recalculation.objects.get(run=run, service__code="cold")
    assert (reason.amount, reason.source, reason.reason) == (
        Decimal("-96.48"),
        "absence",
        in_russian("Temporary absence"),
    )


def test_sewage_of_somebody_away(cast: Cast, flat: PersonalAccount) -> None:
    make_service(cast.house, "sewage", "sewage", SEWER, norms={"person": "4.745"})
    Absence.objects.create(
        account=flat, left_on=date(2026, 6, 5), returned_on=date(2026, 6, 20), applied_on=date(2026, 6, 1)
    )
    run = calculated(cast.company, date(2026, 6, 1), by=cast.anna)
    assert line(run, flat, "sewage").recalculated == Decimal("-71.26")


def test_poor_quality(cast: Cast, flat: PersonalAccount) -> None:
    """24 hours × 0.15 % of 1485.96; a percent by an act for one flat only; never more than the charge."""
    main = make_service(cast.house, "main", "area", MAIN)
    QualityCase.objects.create(
        house=cast.house, service=main, period=NOV, kind="interruption", hours=Decimal(24), act="акт 7"
    )
    QualityCase.objects.create(
        house=cast.house, account=cast.nina_account, service=main, period=NOV, kind="percent", percent=Decimal(50)
    )
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "main").recalculated == Decimal("-53.49")
    assert "акт 7" in Recalculation.objects.get(run=run).reason


def test_a_country_without_a_figure_for_an_interruption_reduces_nothing_and_says_so(
    cast: Cast, flat: PersonalAccount
) -> None:
    type(cast.company).objects.filter(pk=cast.company.pk).update(country="UA")
    cast.company.refresh_from_db()
    main = make_service(cast.house, "main", "area", MAIN)
    QualityCase.objects.create(house=cast.house, service=main, period=NOV, kind="interruption", hours=Decimal(24))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "main").accrued == Decimal("1485.96")
    assert run.totals["anomalies"] == {"rule": 1}


def test_a_benefit_covers_its_people_services_and_days(cast: Cast, flat: PersonalAccount) -> None:
    main = make_service(cast.house, "main", "area", MAIN)
    make_service(cast.house, "repair", "area", "5.50", kind="repair")
    Benefit.objects.create(account=flat, category="ветеран", percent=Decimal(50), persons=1, since=date(2026, 1, 1))
    run = calculated(cast.company, NOV, by=cast.anna)
    assert (line(run, flat, "main").benefit, line(run, flat, "repair").benefit) == (Decimal("247.66"), Decimal(0))
    Benefit.objects.update(service=main, persons=None, since=date(2026, 11, 16))
    again(cast, run)
    assert line(run, flat, "main").benefit == Decimal("371.49")


def test_a_benefit_of_a_part_of_the_month_is_rounded_once(cast: Cast, flat: PersonalAccount) -> None:
    """50 % of 620.31 on one day of 31 are 10.005."""
    make_service(cast.house, "intercom", "account", "620.31")
    on = date(2026, 10, 7)
    Benefit.objects.create(account=flat, category="ветеран", percent=Decimal(50), since=on, until=on)
    found = line(calculated(cast.company, date(2026, 10, 1), by=cast.anna), flat, "intercom")
    assert found.benefit == Decimal("10.01")


def again(cast: Cast, run: object) -> None:
    recalculate(run, by=cast.anna, at=AT, later=ignore)  # type: ignore[arg-type]
    assert calculate(run.pk, now=lambda: AT)  # type: ignore[attr-defined]


def test_a_reading_after_two_averages_is_recalculated(cast: Cast, flat: PersonalAccount) -> None:
    """Vector C20: 9.870 since the last reading are 430.04, 368.90 of them were charged by the average: +61.14."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    meter = make_meter(flat)
    value, values = Decimal(100), ["100"]
    for used in C19:
        value += Decimal(used)
        values.append(str(value))
    make_readings(meter, date(2026, 2, 1), *values)
    for month in (9, 10):
        estimate_missing(cast.house, date(2026, month, 1), at=AT)
        run = issued(cast.company, date(2026, month, 1), by=cast.anna)
        assert line(run, flat, "cold").accrued == Decimal("184.45")  # C19
    make_reading(meter, NOV, str(value + Decimal("9.870")))
    run = calculated(cast.company, NOV, by=cast.anna)
    found = line(run, flat, "cold")
    assert (found.accrued, found.recalculated) == (Decimal("0.00"), Decimal("61.14"))
    reason = Recalculation.objects.get(run=run)
    assert (reason.period, reason.source) == (NOV, "reading")
    assert reason.reason == in_russian("Actual readings, %(first)s–%(last)s") % {"first": "09.2026", "last": "10.2026"}


def test_a_month_charged_by_the_average_before_the_night_is_kept_and_settled_later(
    cast: Cast, flat: PersonalAccount
) -> None:
    """Nobody had made October's estimate when it was issued: it is made then, and November does not charge it twice."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    meter = make_meter(flat)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    october = issued(cast.company, date(2026, 10, 1), by=cast.anna)
    assert line(october, flat, "cold").accrued == Decimal("174.28")
    make_reading(meter, NOV, "23")
    november = line(calculated(cast.company, NOV, by=cast.anna), flat, "cold")
    assert november.accrued + november.recalculated == Decimal("130.71")  # 7 m³ less the 4 of October


def test_a_reading_that_comes_after_its_month_was_issued(cast: Cast, flat: PersonalAccount) -> None:
    """October was charged by the average; its reading came in November: the difference is charged then, once."""
    make_service(cast.house, "cold", "meter", COLD, resource="cold")
    meter = make_meter(flat)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    october = date(2026, 10, 1)
    estimate_missing(cast.house, october, at=AT)
    issued(cast.company, october, by=cast.anna, at=datetime(2026, 11, 1, tzinfo=UTC))
    make_reading(meter, october, "19", created_at=datetime(2026, 11, 5, tzinfo=UTC))
    make_reading(meter, NOV, "22")
    run = issued(cast.company, NOV, by=cast.anna)
    found = line(run, flat, "cold")
    assert found.accrued == Decimal("130.71")  # 3 m³ of November
    reason = Recalculation.objects.get(run=run)
    assert (reason.period, reason.amount) == (october, found.recalculated)
    december = calculated(cast.company, date(2026, 12, 1), by=cast.anna)
    assert line(december, flat, "cold").recalculated == 0


def test_waiting_recalculations_are_charged_once_and_released_when_the_run_begins_anew(
    cast: Cast, flat: PersonalAccount
) -> None:
    main = make_service(cast.house, "main", "area", MAIN)
    values = {"account": flat, "service": main, "reason": "акт", "by": cast.anna}
    given = Recalculation.objects.create(period=date(2026, 9, 1), amount=Decimal("-100.00"), **values)
    Recalculation.objects.create(period=date(2026, 12, 1), amount=Decimal("5.00"), **values)  # of a month to come
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "main").recalculated == Decimal("-100.00")
    given.refresh_from_db()
    assert given.run == run
    again(cast, run)
    assert line(run, flat, "main").recalculated == Decimal("-100.00")
    run.refresh_from_db()
    assert (run.totals["recalculated"], run.totals["total"]) == ("-100.00", "1385.96")


def test_a_recalculation_of_a_closed_account_and_of_a_service_that_is_gone(cast: Cast, flat: PersonalAccount) -> None:
    gone = make_service(cast.house, "gone", "area", MAIN, until=date(2026, 5, 31))
    Recalculation.objects.create(
        account=cast.nina_account, service=gone, period=date(2026, 5, 1), amount=Decimal("-7.00"), reason="акт"
    )
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, cast.nina_account, "gone").recalculated == Decimal("-7.00")
    assert Charge.objects.filter(run=run).count() == 1


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda house: make_service(house, "x", "area"), "tariff"),
        (lambda house: make_service(house, "x", "meter", COLD, resource="cold"), "norm"),
        (lambda house: make_service(house, "x", "heat_season", HEAT, norms={"area": "0.02"}), "house_data"),
        (lambda house: make_service(house, "x", "heat_house", HEAT), "house_data"),
        (lambda house: (make_fact(house), make_service(house, "x", "heat_house", HEAT)), "house_volume"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_charged_as_zero(
    cast: Cast, flat: PersonalAccount, make: Callable[[object], object], what: str
) -> None:
    make(cast.house)
    run = calculated(cast.company, NOV, by=cast.anna)
    assert not Charge.objects.filter(run=run).exists()
    assert run.anomalies == [{"account": flat.pk, "what": what, "facts": {"service": "x"}}]
    assert run.totals["anomalies"] == {what: 1}


def test_what_differs_from_last_month_is_named(cast: Cast, flat: PersonalAccount) -> None:
    other = make_account(cast.house, "14", "10014")
    service = make_service(cast.house, "main", "area")
    Tariff.objects.create(service=service, since=date(2026, 1, 1), until=date(2026, 10, 31), rate=Decimal(10))
    Tariff.objects.create(service=service, since=NOV, rate=Decimal(21))
    issued(cast.company, date(2026, 10, 1), by=cast.anna)
    Benefit.objects.create(account=other, category="x", percent=Decimal(100), since=NOV)
    run = calculated(cast.company, NOV, by=cast.anna)
    assert {(one["account"], one["what"]) for one in run.anomalies} == {(flat.pk, "more"), (other.pk, "nothing")}
    assert run.anomalies[0]["facts"] == {"before": "610.00", "now": "1281.00"}


@pytest.mark.parametrize(
    ("period", "words"), [(date(2027, 1, 1), "not begun"), (date(2026, 9, 1), "later month is issued")]
)
def test_a_month_that_cannot_be_closed(cast: Cast, flat: PersonalAccount, period: date, words: str) -> None:
    make_service(cast.house, "main", "area", MAIN)
    issued(cast.company, date(2026, 10, 1), by=cast.anna)
    with pytest.raises(Refusal, match=words):
        start_run(cast.company, period, by=cast.anna, at=AT, later=ignore)


def test_months_are_issued_in_their_turn(cast: Cast, flat: PersonalAccount) -> None:
    make_service(cast.house, "main", "area", MAIN)
    october = calculated(cast.company, date(2026, 10, 1), by=cast.anna)
    november = calculated(cast.company, NOV, by=cast.anna)
    with pytest.raises(Refusal, match="earlier month is not issued yet"):
        start_issue(november, by=cast.anna, at=AT, later=ignore)
    start_issue(october, by=cast.anna, at=AT, later=ignore)
    assert issue(october.pk, now=lambda: AT + timedelta(hours=1))
    with pytest.raises(Refusal, match="Calculate it again"):
        start_issue(november, by=cast.anna, at=AT, later=ignore)
    recalculate(november, by=cast.anna, at=AT, later=ignore)
    calculate(november.pk, now=lambda: AT + timedelta(hours=2))
    assert start_issue(november, by=cast.anna, at=AT, later=ignore).state == "issuing"


def test_a_company_whose_bills_come_by_registers(cast: Cast) -> None:
    BillingTerms.objects.create(organization=cast.company, calculates=False)
    with pytest.raises(Refusal, match="registers"):
        start_run(cast.company, NOV, by=cast.anna, at=AT, later=ignore)


def test_a_hundred_accounts_cost_as_many_queries_as_ten(cast: Cast, flat: PersonalAccount) -> None:
    house = make_house(cast.company, "7")
    HouseFact.objects.create(house=house, since=date(2020, 1, 1), area_rooms=Decimal(6100))
    services = [
        make_service(cast.house, "cold", "meter", COLD, resource="cold", norms={"person": "4.745"}),
        make_service(cast.house, "sewage", "sewage", SEWER),
        make_service(cast.house, "common", "common", COLD, resource="cold", norms={"common": "0.03"}),
        make_service(cast.house, "main", "area", MAIN),
    ]
    for service in services:
        HouseService.objects.create(house=house, service=service, since=date(2020, 1, 1))
    issued(cast.company, date(2026, 10, 1), by=cast.anna)
    plan = Plan.of(cast.company, NOV)
    task = Task(plan, is_correction=False, upto=plan.last_day, issued={date(2026, 10, 1): AT})

    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            account = make_account(house, str(number), f"7{number}")
            make_readings(make_meter(account, serial=f"S{number}"), date(2026, 9, 1), "0", "3", "5")

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            found = calculate_houses(task, [house.pk])
        assert found.drafts
        return len(seen)

    grow(0, 10)
    few = count()
    grow(10, 100)
    assert count() == few <= 30

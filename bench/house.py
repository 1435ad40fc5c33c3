"""A large house for measuring: flats with four meters each and a year of readings. Written to be rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts.models import User
from meters.models import Meter, Reading, Source, SubmissionWindow
from premises.models import CouncilSeat, House, Organization, PersonalAccount, Unit

METERS = (("cold", "кухня"), ("cold", "ванная"), ("hot", "кухня"), ("hot", "ванная"))
ENTRANCES, FLOORS = 4, 25
INSTALLED = date(2005, 1, 1)
STEP = Decimal("4.125")  # used every month


@contextmanager
def large_house(flats: int, months: int, period: date) -> Iterator[tuple[House, User]]:
    """A house whose meters were read in each of the months before the period, and a member of its council."""
    with transaction.atomic():
        company = Organization.objects.create(country="RU", name="Bench", short_name="Bench")
        house = House.objects.create(
            organization=company,
            city="г. Волгодонск",
            street="ул. Мерная",
            number="1",
            entrances=ENTRANCES,
            floors=FLOORS,
        )
        SubmissionWindow.objects.create(organization=company, opens=1, closes=31)
        member = User.objects.create_user(phone="+79110000001", first_name="Вера", language="ru")
        CouncilSeat.objects.create(user=member, house=house, since=date(2020, 1, 1), is_chair=True)
        meters = _meters(house, _accounts(house, flats))
        _read(meters, months_until(period, months), member)
        with connection.cursor() as cursor:  # what an autovacuum would have done by now
            cursor.execute("ANALYZE")
        yield house, member
        transaction.set_rollback(True)


def _accounts(house: House, flats: int) -> list[PersonalAccount]:
    in_entrance = (flats + ENTRANCES - 1) // ENTRANCES
    units = Unit.objects.bulk_create(
        Unit(house=house, label=str(n + 1), label_search=str(n + 1), entrance=n // in_entrance + 1,
             floor=n % in_entrance * FLOORS // in_entrance + 1)
        for n in range(flats)
    )  # fmt: skip
    return PersonalAccount.objects.bulk_create(
        PersonalAccount(
            organization=house.organization, unit=unit, number=f"{n:010}", number_search=f"{n:010}", residents=2
        )
        for n, unit in enumerate(units)
    )


def _meters(house: House, accounts: list[PersonalAccount]) -> list[Meter]:
    return Meter.objects.bulk_create(
        Meter(organization=house.organization, house=house, account=account, resource=resource, place=place,
              serial=f"{account.pk}-{n}", serial_search=f"{account.pk}-{n}", installed_on=INSTALLED)
        for account in accounts for n, (resource, place) in enumerate(METERS)
    )  # fmt: skip


def months_until(period: date, count: int) -> list[date]:
    """So many months before the period, oldest first."""
    first = period.year * 12 + period.month - 1 - count
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, first + count)]


def value_in(month: date) -> Decimal:
    """What every meter shows in a month: the same is used in each."""
    return STEP * ((month.year - INSTALLED.year) * 12 + month.month)


def _read(meters: list[Meter], months: list[date], author: User) -> None:
    Reading.objects.bulk_create(rows(meters, months, author), batch_size=5000)


def rows(meters: list[Meter], months: list[date], author: User) -> Iterator[Reading]:
    """One reading a month of each meter, not yet written."""
    for month in months:
        for meter in meters:
            yield Reading(
                meter=meter, period=month, taken_on=month.replace(day=20), t1=value_in(month), source=Source.OWNER,
                author=author, created_at=datetime(month.year, month.month, 20, 9, tzinfo=UTC),
            )  # fmt: skip

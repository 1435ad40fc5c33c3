"""Shares of a unit add up to at most one, and nobody sits twice on one council."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from portal.testing import Cast, make_account, make_cast, make_house, make_organization
from premises.models import CouncilSeat, Ownership, Unit


@pytest.fixture
def unit(transactional_db: None) -> Unit:
    return make_account(make_house(make_organization()), "7", "7").unit


def own(unit: Unit, numerator: int, denominator: int, **fields: object) -> None:
    Ownership.objects.create(unit=unit, owner="?", numerator=numerator, denominator=denominator, **fields)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shares", [[(1, 1)], [(1, 2), (1, 2)], [(1, 6)] * 6, [(1, 7)] * 7, [(17, 61), (44, 61)]])
def test_shares_up_to_one_are_written(unit: Unit, shares: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        for share in shares:
            own(unit, *share)
    assert unit.ownerships.count() == len(shares)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("extra", [(1, 10000), (1, 4294967), (1, 1)])
def test_more_than_one_is_rejected_at_commit(unit: Unit, extra: tuple[int, int]) -> None:
    def enter() -> None:
        with transaction.atomic():
            own(unit, 1, 1)
            own(unit, *extra)  # no error yet: a correction may write the new share before it ends the old one
            assert unit.ownerships.count() == 2

    with pytest.raises(IntegrityError, match="more than one"):
        enter()
    assert unit.ownerships.count() == 0


@pytest.mark.django_db(transaction=True)
def test_shares_that_ended_and_joint_ones_do_not_count(unit: Unit) -> None:
    own(unit, 1, 1, until=timezone.localdate() - timedelta(days=1))
    own(unit, 1, 1, is_joint=True)
    own(unit, 1, 1)
    assert Ownership.objects.current(timezone.localdate()).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_owners_entered_at_the_same_moment_do_not_pass_together(unit: Unit) -> None:
    start, answers = Barrier(2), []

    def enter() -> None:
        try:
            with transaction.atomic():
                own(unit, 2, 3)
                start.wait(timeout=10)
            answers.append("written")
        except IntegrityError:
            answers.append("rejected")
        finally:
            connection.close()

    threads = [Thread(target=enter) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["rejected", "written"]


def test_one_person_has_one_seat_at_a_time(cast: Cast) -> None:
    seat = cast.vera.seats.get()
    assert seat.until
    with pytest.raises(IntegrityError, match="one_seat_per_person"), transaction.atomic():
        CouncilSeat.objects.create(user=cast.vera, house=cast.house, since=seat.until)
    CouncilSeat.objects.create(user=cast.vera, house=cast.house, since=seat.until + timedelta(days=1))
    CouncilSeat.objects.create(user=cast.vera, house=cast.other_house, since=seat.since)
    CouncilSeat.objects.create(user=cast.olga, house=cast.house, since=seat.since)


def test_the_cast_is_a_lawful_one(transactional_db: None) -> None:
    make_cast()
    assert Ownership.objects.current(date(2026, 1, 1)).count() == 2

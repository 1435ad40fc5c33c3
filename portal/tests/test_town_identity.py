"""The people whom the demo's identity services know stand in the registers of the demo town."""

import pytest
from django.utils import timezone

from accounts.identity.townsfolk import GUIDE_OWNER, IN_LATIN, LVIV_OWNER, MANY_FLATS, NAMELESS, STRANGER
from billing.demo_guide import load_guide
from portal.town.flats import HOLDERS, accounts_register, flats
from portal.town.people import settle_guide
from portal.town.places import COMPANIES
from premises.models import Ownership


@pytest.mark.django_db
def test_the_owner_of_the_guides_flat_is_one_whom_the_services_know() -> None:
    account = load_guide(at=timezone.now()).accounts.get()
    settle_guide(account, at=timezone.now())
    owner = Ownership.objects.get(unit=account.unit)
    assert (owner.owner, owner.user) == (GUIDE_OWNER.full_name, None)
    assert account.links.get().grade == "confirmed"  # so that the demo has something to propose


def test_so_are_the_owners_in_lviv_and_of_three_flats() -> None:
    owners = {flat.account: flat.owner for company in COMPANIES for _block, flat in flats(company)}
    assert owners["30005"] == HOLDERS["30005"] == LVIV_OWNER.full_name
    assert owners["0667000007"].upper() == MANY_FLATS.full_name


def test_the_others_are_in_no_register_by_these_names() -> None:
    registers = "".join(
        accounts_register(company, flats(company)).decode(company.encoding).casefold() for company in COMPANIES
    )
    assert NAMELESS.full_name == ""
    assert not [one for one in (STRANGER, IN_LATIN) if one.full_name.casefold() in registers]

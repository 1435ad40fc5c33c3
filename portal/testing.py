"""The fixed cast of the tests and the tools every test file uses.

Olga owns flat 12, Oleg co-owns it, Tanya rents it (limited link), Nina is the neighbour from flat 13, Vera chairs the
council, Igor has no link yet, Dima dispatches, Anna counts the money, Mark manages, Pavel works for another company,
Sofia is the superuser.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User, VerifiedPerson
from accounts.sessions import FACTOR, FACTOR_OF
from notifications.models import Delivery, TrayMessage
from notifications.sending import send
from premises.models import (
    AccountLink,
    CouncilSeat,
    House,
    Organization,
    Ownership,
    PersonalAccount,
    StaffMember,
    Unit,
)

PHONES = count(9120000000)


def surroundings() -> dict[str, str]:
    """Environment in which a process of its own works on the database of the running test."""
    database = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return os.environ | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "portal.settings"}


def make_user(first_name: str = "", last_name: str = "", **fields: object) -> User:
    """A person with a proved phone, already welcomed."""
    values: dict[str, object] = {"phone": f"+7{next(PHONES)}", "welcomed_at": timezone.now(), "language": "en"} | fields
    return User.objects.create_user(first_name=first_name, last_name=last_name, **values)  # type: ignore[arg-type]


def make_organization(name: str = "Уютный дом", **fields: object) -> Organization:
    values: dict[str, object] = {
        "country": "RU", "name": f"ООО «{name}»", "short_name": name, "tax_id": "3661057530", "kpp": "366101001",
        "dispatch_phone": "8 (800) 550-07-35", "phone": "8 (800) 550-07-36",
    } | fields  # fmt: skip
    return Organization.objects.create(**values)


def make_house(organization: Organization, number: str = "1", **fields: object) -> House:
    values: dict[str, object] = {
        "city": "г. Волгодонск", "street": "ул. Садовая", "entrances": 2, "floors": 5, "area_total": Decimal("4873.20"),
    } | fields  # fmt: skip
    return House.objects.create(organization=organization, number=number, **values)


def make_account(house: House, flat: str, number: str, **fields: object) -> PersonalAccount:
    """An account and its unit; the unit is shared when the house has one with this label already."""
    unit = Unit.objects.filter(house=house, label=flat).first() or Unit.objects.create(
        house=house, label=flat, entrance=1, floor=1, area_total=Decimal("61.00")
    )
    values: dict[str, object] = {"holder": "", "residents": 2, "registered": 2} | fields
    return PersonalAccount.objects.create(organization=house.organization, unit=unit, number=number, **values)


def make_link(user: User, account: PersonalAccount, grade: str = "confirmed", **fields: object) -> AccountLink:
    values: dict[str, object] = {"state": "active", "method": "password"} | fields
    return AccountLink.objects.create(user=user, account=account, grade=grade, **values)


def make_verified(
    user: User, last: str, first: str, patronymic: str = "", *,
    level: int = VerifiedPerson.Level.SUBSTANTIAL, service: str = "bank",
) -> VerifiedPerson:  # fmt: skip
    """The user linked an identity service, which confirmed these names."""
    identity = SocialAccount.objects.create(user=user, provider=service, uid=f"{service}-{user.pk}")
    return VerifiedPerson.objects.create(
        user=user, identity=identity, last_name=last, first_name=first, patronymic=patronymic, level=level,
        verified_at=timezone.now(),
    )  # fmt: skip


@dataclass
class Cast:
    """The people and the things they have."""

    company: Organization
    other_company: Organization
    house: House
    other_house: House
    account: PersonalAccount  # of flat 12
    nina_account: PersonalAccount
    vera_account: PersonalAccount
    other_account: PersonalAccount  # in the other company's house
    olga: User
    oleg: User
    tanya: User
    nina: User
    vera: User
    igor: User
    dima: User
    anna: User
    mark: User
    pavel: User
    sofia: User


def make_cast() -> Cast:
    """Write the whole cast to the database."""
    company, other = make_organization(), make_organization("Чужая управа", tax_id="7707083893")
    house, other_house = make_house(company), make_house(other, "99", street="ул. Дальняя")
    account = make_account(house, "12", "10012", holder="Олина Ольга Олеговна", contact_phone="+79120000999")
    nina_account = make_account(house, "13", "10013", holder="Нинина Нина")
    vera_account = make_account(house, "1", "10001", holder="Верина Вера")
    other_account = make_account(other_house, "5", "77005", holder="Чужой Человек")
    olga, oleg = make_user("Ольга", "Олина"), make_user("Олег", "Олин")
    tanya, nina, vera = make_user("Таня", "Танина"), make_user("Нина", "Нинина"), make_user("Вера", "Верина")
    dima, anna, mark = (make_user(name, "Штатный", is_staff=True) for name in ("Дима", "Анна", "Марк"))
    pavel = make_user("Павел", "Чужой", is_staff=True)
    sofia = make_user("Софья", "Главная", is_staff=True, is_superuser=True, email="sofia@example.com")
    make_link(olga, account, "owner")
    make_link(oleg, account, "confirmed")
    make_link(tanya, account, "limited", method="address")
    make_link(nina, nina_account)
    make_link(vera, vera_account)
    for user, owner in ((olga, "Олина Ольга Олеговна"), (oleg, "Олин Олег")):
        Ownership.objects.create(unit=account.unit, owner=owner, user=user, numerator=1, denominator=2)
    today = timezone.localdate()
    CouncilSeat.objects.create(
        user=vera, house=house, is_chair=True, since=today - timedelta(days=100), until=today + timedelta(days=600)
    )
    for user, role in ((dima, "dispatcher"), (anna, "accountant"), (mark, "manager")):
        StaffMember.objects.create(user=user, organization=company, role=role)
    StaffMember.objects.create(user=pavel, organization=other, role="manager")
    return Cast(
        company=company, other_company=other, house=house, other_house=other_house, account=account,
        nina_account=nina_account, vera_account=vera_account, other_account=other_account, olga=olga, oleg=oleg,
        tanya=tanya, nina=nina, vera=vera, igor=make_user("Игорь"), dima=dima, anna=anna, mark=mark, pavel=pavel,
        sofia=sofia,
    )  # fmt: skip


def entered(user: User) -> Client:
    """A browser in which the person is signed in; an employee has passed the second factor, an hour ago."""
    client = Client()
    client.force_login(user)
    if user.is_staff:
        _mark(client, user, timezone.now() - timedelta(hours=1))
    return client


def prove(client: Client) -> Client:
    """The employee in this browser has just proved the second factor once more: important steps are open."""
    _mark(client, User.objects.get(pk=client.session[SESSION_KEY]), timezone.now())
    return client


def _mark(client: Client, user: User, at: datetime) -> None:
    session = client.session
    session[FACTOR], session[FACTOR_OF] = at.timestamp(), user.pk
    session.save()


def page_words(response: Any) -> str:
    """What a person reads in the page's main part, with plain spaces: no tags, addresses, keys or hidden values.

    A figure that must not be shown is looked for in this: any figure may stand in a random key by chance.
    """
    page = response.content.decode().partition("<main")
    told = re.sub(r"<[^>]+>", " ", (page[1] + page[2]).partition("</main")[0] or page[0])
    return " ".join(unescape(told).replace("\u00a0", " ").split())


def post() -> None:
    """Let the post room send all that waits: a test inside one transaction never commits, so nobody nudges the worker."""
    at = timezone.now()
    for pk in Delivery.objects.due(at).order_by("created_at").values_list("pk", flat=True):
        send(str(pk), at=at)


def last_message(address: str) -> TrayMessage:
    """What the owner of this phone or e-mail saw last; sends what waits first."""
    post()
    return TrayMessage.objects.filter(address=address).latest("pk")

"""Two companies whose every row carries a marker: what the crawls of the admin look for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from portal.testing import make_account, make_house, make_link, make_organization, make_user
from premises.actions import connect_code_for
from premises.models import (
    AccessLetter,
    CouncilSeat,
    House,
    ImportRun,
    LinkRequest,
    Organization,
    OwnerProof,
    Ownership,
    PersonalAccount,
    StaffMember,
    Unit,
)


@dataclass
class Side:
    """One company, its people and one marked row of every model the admin shows."""

    marker: str
    organization: Organization
    house: House
    account: PersonalAccount
    resident: User
    staff: dict[str, User] = field(default_factory=dict)

    @property
    def unit(self) -> Unit:
        return self.account.unit

    def ids_of(self, model: type[models.Model]) -> list[Any]:
        """The ids of this side's rows of a model, as forms would send them."""
        from django.contrib import admin

        from premises.admin_scope import organization_path_of

        if model is User:
            return [self.resident.pk, *(user.pk for user in self.staff.values())]
        path = organization_path_of(admin.site, model)
        return (
            list(model._default_manager.filter(**{path: self.organization.pk}).values_list("pk", flat=True))
            if path
            else []
        )


def _import(side: Side) -> None:
    ImportRun.objects.create(
        organization=side.organization, kind="accounts", state="refused", file_name=f"{side.marker}.csv", errors=1,
        report=[{"row": 7, "level": "error", "field": side.marker, "text": "The file is empty.", "facts": {}}],
    )  # fmt: skip


# Every app may add what its admin shows; the crawl tells when a model has no row.
ROWS: list[Callable[[Side], object]] = [
    _import,
    lambda side: LinkRequest.objects.create(user=side.resident, house=side.house, unit_label=side.marker),
    lambda side: CouncilSeat.objects.create(
        user=side.resident, house=side.house, since=timezone.localdate(), protocol=side.marker
    ),
    lambda side: AccessLetter.objects.create(
        account=side.account,
        login=side.account.number,
        login_search=side.account.number_search,
        password_hash="!",
        code_digest=side.marker,
        issued_by=side.staff["manager"],
        expires_at=timezone.now(),
    ),
    lambda side: connect_code_for(side.account, timezone.localdate().replace(day=1), at=timezone.now()),
    lambda side: Ownership.objects.create(unit=side.unit, owner=f"Владелец {side.marker}"),
    lambda side: OwnerProof.objects.create(
        link=side.account.links.get(),
        owner=f"Владелец {side.marker}",
        name=f"Владелец {side.marker} О.",
        service="BankID",
        level=2,
        likeness="similar",
    ),
]


def make_side(marker: str) -> Side:
    """Write one marked company to the database."""
    organization = make_organization(marker)
    house = make_house(organization, f"1{marker}"[:30], street=f"ул. {marker}")
    account = make_account(house, f"5{marker}", f"77{marker}", holder=f"Держатель {marker}")
    side = Side(marker, organization, house, account, make_user("Житель", marker))
    make_link(side.resident, account)
    for role in ("manager", "accountant", "dispatcher"):
        side.staff[role] = make_user(role, marker, is_staff=True)
        StaffMember.objects.create(user=side.staff[role], organization=organization, role=role)
    for write in ROWS:
        write(side)
    return side

"""Organizations, houses, units, personal accounts, links, owners and the house council."""

from premises.models.account import AccessLetter, AccountLink, LinkRequest, PersonalAccount
from premises.models.house import House, Unit
from premises.models.imports import ImportRun
from premises.models.organization import Organization, StaffMember
from premises.models.ownership import CouncilSeat, Ownership

__all__ = [
    "AccessLetter",
    "AccountLink",
    "CouncilSeat",
    "House",
    "ImportRun",
    "LinkRequest",
    "Organization",
    "Ownership",
    "PersonalAccount",
    "StaffMember",
    "Unit",
]

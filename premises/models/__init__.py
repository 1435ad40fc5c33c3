"""Organizations, houses, units, personal accounts, links, owners and the house council."""

from premises.models.account import PersonalAccount
from premises.models.connect_code import ConnectCode
from premises.models.edit import UnitEdit
from premises.models.house import House, Unit
from premises.models.imports import ColumnProfile, ImportRun
from premises.models.letter import AccessLetter, LetterBatch
from premises.models.link import AccountLink, AccountLinkEvent, LinkRequest
from premises.models.organization import Organization, StaffMember
from premises.models.ownership import CouncilSeat, Ownership
from premises.models.proof import OwnerProof

__all__ = [
    "AccessLetter",
    "AccountLink",
    "AccountLinkEvent",
    "ColumnProfile",
    "ConnectCode",
    "CouncilSeat",
    "House",
    "ImportRun",
    "LetterBatch",
    "LinkRequest",
    "Organization",
    "OwnerProof",
    "Ownership",
    "PersonalAccount",
    "StaffMember",
    "Unit",
    "UnitEdit",
]

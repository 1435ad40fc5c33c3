"""What a visitor of the demo may try: people to sign in as, a login with its password, a code. Known on purpose."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GUIDE_RESIDENT = "+79000010117"
MANY_FLATS = "+79000000002"
LIMITED = "+79000000003"
OWNER = "+380670000004"
CHAIR = "+79000000005"
MANAGER, ACCOUNTANT, DISPATCHER = "manager@uyut.example", "accountant@uyut.example", "dispatcher@uyut.example"
UKRAINIAN_MANAGER = "manager@zatyshok.example"
SUPERUSER = "admin@portal.example"

SIGN_INS: list[tuple[str | Promise, str]] = [
    (_("Resident, the flat of the guide (account 10117)"), GUIDE_RESIDENT),
    (_("Resident with three flats in two countries"), MANY_FLATS),
    (_("Resident whose link is limited"), LIMITED),
    (_("Owner in Lviv"), OWNER),
    (_("Chair of a house council"), CHAIR),
    (_("Manager of «Уютный дом»"), MANAGER),
    (_("Accountant of «Уютный дом»"), ACCOUNTANT),
    (_("Dispatcher of «Уютный дом»"), DISPATCHER),
    (_("Manager of «Затишок»"), UKRAINIAN_MANAGER),
    (_("Superuser"), SUPERUSER),
]


@dataclass(frozen=True)
class Hint:
    """What the entry page of the demo shows."""

    sign_ins: list[tuple[str | Promise, str]]
    letter_login: str
    letter_password: str
    letter_code: str


# The letter of a flat of «Уютный дом», ул. Зелёная, 5; its secrets are written only where PORTAL_MODE is demo or test.
LETTER_ACCOUNT, LETTER_PASSWORD, LETTER_CODE = "0667000100", "DEM0H-0VSE1", "DEM0-C0DE-2026"
HINT = Hint(SIGN_INS, LETTER_ACCOUNT, LETTER_PASSWORD, LETTER_CODE)

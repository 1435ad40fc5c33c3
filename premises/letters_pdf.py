"""The printed access letters: one page per account, in the language of the company's country."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from lib.qr import qr_png
from premises import letter_codes
from premises.models import House, PersonalAccount


@dataclass(frozen=True)
class Draft:
    """One letter before it is written down: the only place where its secrets are readable."""

    account: PersonalAccount
    password: str
    code: str

    @property
    def printed_password(self) -> str:
        return letter_codes.grouped(self.password)

    @property
    def printed_code(self) -> str:
        return letter_codes.grouped(self.code)

    @property
    def picture(self) -> str:
        """The name of the QR code among the pictures of the sheet; it says nothing about the account."""
        return f"qr-{self.account.pk}"

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{reverse('link_qr', args=[self.code])}"


def render_letters(house: House, drafts: Sequence[Draft], *, days: int) -> bytes:
    """Return the PDF of all letters, in the given order."""
    from lib.pdf import render_pdf  # here: WeasyPrint takes half a second and 40 MB, and the web server never prints

    language = house.organization.language
    with translation.override(language):
        title = _("Access letters: %(house)s") % {"house": house.address}
    return render_pdf(
        "premises/pdf/letters.html",
        {"house": house, "organization": house.organization, "drafts": drafts, "days": days,
         "host": settings.PUBLIC_HOST, "portal_url": settings.PUBLIC_URL},
        title=title, language=language, styles=["letters.css"],
        images={draft.picture: qr_png(draft.url) for draft in drafts},
    )  # fmt: skip

"""The texts people agree to, with version and fingerprint: a consent names exactly what was on the screen."""

import hashlib
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Consent

VERSIONS = {
    Consent.Purpose.AGREEMENT: "2026-11-21",
    Consent.Purpose.PERSONAL_DATA: "2026-11-21",
    Consent.Purpose.SMS: "2026-11-21",
    Consent.Purpose.EMAIL: "2026-11-21",
    Consent.Purpose.IDENTITY: "2026-12-01",
}


@dataclass(frozen=True)
class Text:
    """One edition of one text in one language."""

    version: str
    language: str
    hash: str


def edition(purpose: str) -> Text:
    """The edition that is shown now, in the active language."""
    words = " ".join(render_to_string(f"accounts/texts/_{purpose}.html").split())
    return Text(
        version=VERSIONS[Consent.Purpose(purpose)],
        language=(translation.get_language() or "en")[:2],
        hash=hashlib.sha256(words.encode()).hexdigest(),
    )

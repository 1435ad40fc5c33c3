"""What people agree to, as pages anybody may read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Consent
from accounts.texts import edition


def agreement(request: HttpRequest) -> HttpResponse:
    """The user agreement: accepted by asking for a code."""
    return _page(request, Consent.Purpose.AGREEMENT)


def consent_text(request: HttpRequest) -> HttpResponse:
    """The consent to the processing of personal data: a document of its own (152-ФЗ as of 2025-09-01)."""
    return _page(request, Consent.Purpose.PERSONAL_DATA)


def identity_text(request: HttpRequest) -> HttpResponse:
    """The consent to data from identity services."""
    return _page(request, Consent.Purpose.IDENTITY)


def privacy(request: HttpRequest) -> HttpResponse:
    """What the portal knows of a person, why, and for how long."""
    return render(request, "accounts/privacy.html")


def _page(request: HttpRequest, purpose: Consent.Purpose) -> HttpResponse:
    return render(request, f"accounts/{purpose}.html", {"edition": edition(purpose)})

"""Whose money is asked for: the account and the document in the address, or 404. The page speaks the company's time."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.zones import speak_time_of
from billing.models import Invoice
from premises.models import PersonalAccount


class SignedIn(HttpRequest):
    """A request of a person who has signed in."""

    user: User


def account_asked(request: SignedIn, account_id: UUID) -> PersonalAccount:
    """The account, where this person may see its history."""
    accounts = PersonalAccount.objects.fully_visible_to(request.user).select_related(
        "unit__house__organization", "organization"
    )
    account = get_object_or_404(accounts, public_id=account_id)
    speak_time_of(request, account.organization.time_zone)
    return account


def invoice_asked(request: SignedIn, account_id: UUID, invoice_id: UUID) -> Invoice:
    """The document, where this person may see its account's history."""
    invoices = Invoice.objects.visible_to(request.user).select_related(
        "account__unit__house__organization", "account__organization"
    )
    invoice = get_object_or_404(invoices, account__public_id=account_id, public_id=invoice_id)
    speak_time_of(request, invoice.account.organization.time_zone)
    return invoice

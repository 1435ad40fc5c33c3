"""Whose money is asked for: the account and the document in the address, or 404."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.models import User
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
    return get_object_or_404(accounts, public_id=account_id)


def invoice_asked(request: SignedIn, account_id: UUID, invoice_id: UUID) -> Invoice:
    """The document, where this person may see its account's history."""
    invoices = Invoice.objects.visible_to(request.user).select_related(
        "account__unit__house__organization", "account__organization"
    )
    return get_object_or_404(invoices, account__public_id=account_id, public_id=invoice_id)

"""Asking for other bank details of a company. The second person, the day and the hour: `billing/actions/agreeing.py`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.agreeing import ask
from billing.models import Requisites, RequisitesChange
from lib.errors import Refusal
from premises.models import Organization


class ThereAlready(Refusal):
    """Another row of the company has this recipient and account."""

    def __init__(self) -> None:
        super().__init__(_("The company has these bank details already: ask for a change of that row."))


def ask_change(
    organization: Organization,
    values: Mapping[str, str],
    *,
    kind: str,
    requisites: Requisites | None = None,
    is_main: bool = True,
    by: User,
    at: datetime,
) -> RequisitesChange:
    """Write down what the details should become; a second person decides.

    `values` are checked words of Requisites.WORDS. Raises AlreadyDecided while another change of the same details waits,
    ThereAlready for details that another row has.
    """
    words = {name: values.get(name, "") for name in Requisites.WORDS}
    if is_there(organization, words, kind=kind, but=requisites):
        raise ThereAlready
    change = RequisitesChange(
        organization=organization, requisites=requisites, kind=kind, is_main=is_main, values=words
    )  # fmt: skip
    return ask(change, by=by, at=at)


def is_there(organization: Organization, words: Mapping[str, Any], *, kind: str, but: Requisites | None) -> bool:
    """Whether a row other than the one to be changed has this recipient and account."""
    rows = Requisites.objects.filter(organization=organization).same_as(words, kind)
    return (rows.exclude(pk=but.pk) if but else rows).exists()

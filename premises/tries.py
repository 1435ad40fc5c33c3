"""The limits of linking (accounts/limits.py holds the numbers), taken by the views before anything is compared."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts import limits
from accounts.browser import network_of
from accounts.limits import Hit, LimitReached, Taken, take
from lib.identifiers import normal_gis
from lib.text import account_key, search_key
from premises.actions.telling import tell_company_of_attack
from premises.models import House


def take_address(request: HttpRequest, house: House, *, flat: str, number: str, at: datetime) -> None:
    """Count one try by address. The target is counted by flat and by number, whether or not there is such an account.

    When a target is closed, or a house is tried more than 30 times a day, its company is told.
    """
    user, place = request.user.pk, house.pk
    hits = [
        Hit(limits.LINK_ADDRESS_HOUR, user),
        Hit(limits.LINK_ADDRESS_DAY, user),
        Hit(limits.LINK_ADDRESS_NETWORK, network_of(request)),
        Hit(limits.LINK_ADDRESS_ACCOUNT, f"{place}:flat:{search_key(flat)}"),
        Hit(limits.LINK_ADDRESS_ACCOUNT, f"{place}:number:{normal_gis(number)}"),
    ]
    try:
        take(hits, at=at)
    except LimitReached as reached:
        if reached.limit == limits.LINK_ADDRESS_ACCOUNT:
            tell_company_of_attack(house, flat, at=at)
        raise
    _watch(house, at=at)


def take_password(request: HttpRequest, login: str, *, at: datetime) -> Taken:
    """Count one try with a login and password: against the person and against the login."""
    hits = [
        Hit(limits.LINK_PASSWORD_USER, request.user.pk),
        Hit(limits.LINK_PASSWORD_ACCOUNT, account_key(login)),
    ]
    return take(hits, at=at)


def take_code(request: HttpRequest, *, at: datetime) -> Taken:
    """Count one try with a code."""
    return take([Hit(limits.LINK_CODE_USER, request.user.pk)], at=at)


def tries_left(request: HttpRequest, *, at: datetime) -> str:
    """«4 tries are left.»: of the person, with a login and password."""
    limit = limits.LINK_PASSWORD_USER
    left = max(0, limit.count - limits.used(limit, request.user.pk, at=at))
    return ngettext("%(count)d try is left.", "%(count)d tries are left.", left) % {"count": left}


def _watch(house: House, *, at: datetime) -> None:
    """An alert, not a refusal."""
    try:
        take([Hit(limits.LINK_ADDRESS_HOUSE, house.pk)], at=at)
    except LimitReached:
        tell_company_of_attack(house, "", at=at)

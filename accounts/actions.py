"""What people do with their own profile."""

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import notices, signals
from accounts.addresses import is_phone
from accounts.consents import NOTICES_BY
from accounts.history import forget_name
from accounts.identity import linking
from accounts.locks import lock, lock_open, must_be_open
from accounts.models import Challenge, Consent, FactorReset, User
from lib.errors import Refusal
from notifications.actions import forget, notify, prefer


class LastContact(Refusal):
    """Without any phone and e-mail nobody could sign in again."""


class StaffProfile(Refusal):
    """An employee's profile is ended by their company."""


@transaction.atomic
def find_or_create_user(address: str, *, language: str) -> tuple[User, bool]:
    """The user of a proved address and whether they are new; two parallel first visits make one user."""
    found = User.objects.with_address(address).first()
    if found is not None:
        return _open(found), False
    contact = {"phone" if is_phone(address) else "email": address}
    try:
        with transaction.atomic():
            return User.objects.create_user(**contact, language=language), True
    except IntegrityError:
        return _open(User.objects.with_address(address).get()), False


def _open(user: User) -> User:
    must_be_open(user)
    return user


@transaction.atomic
def revoke_consents(user: User, purposes: Iterable[str], *, at: datetime) -> int:
    """Withdraw agreements; the rows stay as history. The user agreement ends only with the profile.

    Notices by SMS or e-mail stop at once, also those that wait to be sent; what is about security goes on. Without
    the consent to personal data or to those of identity services, the services are unlinked and what they said is erased.
    That asks for no fresh proof, although disconnecting one service does: by law withdrawing is as easy as giving.
    """
    chosen = set(purposes) - {Consent.Purpose.AGREEMENT.value}
    lock(user)
    for channel in chosen & set(NOTICES_BY):
        prefer(user, channel, is_on=False)
    if chosen & {Consent.Purpose.IDENTITY.value, Consent.Purpose.PERSONAL_DATA.value}:
        linking.withdraw(user, at=at)
    return user.consents.in_force().filter(purpose__in=chosen).update(revoked_at=at)


@transaction.atomic
def change_contact(user: User, address: str, *, at: datetime) -> User:
    """Put a proved address in the place of the old phone or e-mail and tell the old one; raises Refusal if it is taken."""
    user = lock_open(user)
    field = "phone" if is_phone(address) else "email"
    old = getattr(user, field)
    if old == address:
        return user
    setattr(user, field, address)
    try:
        with transaction.atomic():
            user.save(update_fields=[field])
    except IntegrityError:
        raise Refusal(_("This phone or e-mail cannot be used. Choose another one.")) from None
    _tell_of_contact(user, field, old, at=at)
    return user


@transaction.atomic
def remove_contact(user: User, field: str, *, at: datetime) -> User:
    """Forget the phone or the e-mail, never the last of the two."""
    user = lock_open(user)
    old = getattr(user, field)
    if not getattr(user, "email" if field == "phone" else "phone"):
        raise LastContact(_("This is your only way to sign in. Add another phone or e-mail first."))
    if old:
        setattr(user, field, None)
        user.save(update_fields=[field])
        _tell_of_contact(user, field, old, at=at)
    return user


def _tell_of_contact(user: User, field: str, old: str | None, *, at: datetime) -> None:
    """One notice in the portal, one to the address that is no longer used."""
    facts = {"subject": f"contact:{field}:{at.timestamp()}", "at": at, "context": {"field": field}}
    notify(notices.CONTACT_CHANGED, user=user, channels=["inbox"], **facts)  # type: ignore[arg-type]
    if old:
        way = "sms" if field == "phone" else "email"
        notify(notices.CONTACT_CHANGED, address=old, channels=[way], language=user.language, **facts)  # type: ignore[arg-type]


@transaction.atomic
def set_password(user: User, password: str | None, *, at: datetime) -> User:
    """Set, change or (None) remove the password and tell the person."""
    user = lock_open(user)
    user.set_password(password)
    user.save(update_fields=["password"])
    context = {"removed": password is None}
    notify(notices.PASSWORD_CHANGED, user=user, subject=f"password:{at.timestamp()}", context=context, at=at)
    return user


@transaction.atomic
def erase(user: User, *, at: datetime) -> User:
    """Make the profile nobody's: addresses, names, password, inbox, consents, what identity services said and second
    factors go, the name in the staff room's History too; bills, payments and votes stay.

    Apps above hear `signals.erased` inside this transaction. The caller ends the sessions.
    """
    user = lock(user)
    if user.is_staff:
        raise StaffProfile(_("You work for a company in this portal. Ask its manager to end your access first."))
    signals.erased.send(sender=User, user=user, at=at)
    addresses = [address for address in (user.phone, user.email) if address]
    forget(user, *addresses)
    Challenge.objects.filter(address__in=addresses).delete()
    Challenge.objects.filter(user=user).delete()
    user.consents.in_force().update(revoked_at=at)
    linking.forget(user)
    Authenticator.objects.filter(user=user).delete()
    forget_name(user, User.objects.filter(pk=user.pk))
    forget_name(user, FactorReset.objects.filter(user=user))
    user.phone = user.email = None
    user.last_name = user.first_name = user.patronymic = ""
    user.set_unusable_password()
    user.is_active, user.erased_at = False, at
    user.save()
    return user

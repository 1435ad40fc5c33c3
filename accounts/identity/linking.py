"""What a person does with identity services: link, come again, unlink; one profile is always one human.

Each action locks the user first, so two services cannot name two people at once. Whose the subject is decides the unique
index of the library's table: of two profiles that link one subject, the second is refused.
"""

import json
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from accounts import notices, signals
from accounts.consents import give_consent
from accounts.identity.catalog import IdentityService
from accounts.identity.claims import PersonFacts, alike, same_person
from accounts.locks import lock, lock_open
from accounts.models import Consent, User, VerifiedPerson
from lib.errors import Refusal
from lib.names import CYRILLIC, Likeness, likeness
from notifications.actions import notify
from notifications.kinds import Kind
from notifications.sealing import seal, unseal

NAMES = ("last_name", "first_name", "patronymic")


class IdentityTaken(Refusal):
    """This subject of the service opens another profile."""


class AlreadyLinked(Refusal):
    """The profile has this service, with another subject."""


class AnotherPerson(Refusal):
    """The service names another human than the profile's."""


class NoLongerLinked(Refusal):
    """The service was disconnected while the person came from it."""


@transaction.atomic
def link(
    user: User,
    service: IdentityService,
    subject: str,
    facts: PersonFacts | None,
    *,
    at: datetime,
    ip: str | None = None,
) -> SocialAccount:
    """Let this subject of the service open the profile, record the consent, and keep who the service says the person is.

    The same link once more only refreshes it. Raises IdentityTaken, AlreadyLinked or AnotherPerson; then nothing changed.
    """
    user = lock_open(user)
    mine = SocialAccount.objects.filter(user=user, provider=service.id).first()
    if mine is not None and mine.uid != subject:
        raise AlreadyLinked(
            _("Your profile is already connected to this service with another login there. Disconnect it first.")
        )
    if mine is not None:
        _take(mine, user, facts, at=at)
        return mine
    _refuse_another(user, facts)
    try:
        with transaction.atomic():
            identity = SocialAccount.objects.create(user=user, provider=service.id, uid=subject)
    except IntegrityError:
        raise IdentityTaken(
            _(
                "This login of the service already opens another profile of the portal. Sign in with the service, or disconnect it there first."
            )
        ) from None
    give_consent(user, Consent.Purpose.IDENTITY, channel="portal", ip=ip, at=at)
    _take(identity, user, facts, at=at)
    _tell(notices.IDENTITY_LINKED, user, service.id, at=at)
    return identity


def refresh(identity: SocialAccount, service: IdentityService, facts: PersonFacts | None, *, at: datetime) -> None:
    """The linked person came again: keep what the service says now. Raises AnotherPerson; then the owner is told."""
    try:
        with transaction.atomic():
            user = lock_open(identity.user)
            live = SocialAccount.objects.filter(pk=identity.pk, user=user).first()
            if live is None:
                raise NoLongerLinked(
                    _(
                        "This service is no longer connected to the profile. Sign in with a code to your phone or e-mail."
                    )
                )
            _take(live, user, facts, at=at)
    except AnotherPerson:
        _tell(notices.IDENTITY_REFUSED, identity.user, service.id, at=at)
        raise


@transaction.atomic
def unlink(identity: SocialAccount, *, at: datetime) -> None:
    """The service no longer opens the profile, and what it said is erased; with the last service the consent ends.

    The names of the profile stay, or become those that another linked service confirms. A second time nothing happens.
    """
    user = lock(identity.user)
    deleted, _rows = SocialAccount.objects.filter(pk=identity.pk, user=user).delete()
    if not deleted:
        return
    if SocialAccount.objects.filter(user=user).exists():
        _write_names(user)
    else:
        user.consents.in_force().filter(purpose=Consent.Purpose.IDENTITY).update(revoked_at=at)
    _tell(notices.IDENTITY_UNLINKED, user, identity.provider, at=at)


@transaction.atomic
def withdraw(user: User, *, at: datetime) -> None:
    """The consent is withdrawn: all links and all that services said go. The history of personal accounts stays.

    No fresh proof is asked for, although disconnecting one service does: by law withdrawing is as easy as giving.
    """
    user = lock(user)
    for identity in SocialAccount.objects.filter(user=user).order_by("pk"):
        unlink(identity, at=at)
    user.consents.in_force().filter(purpose=Consent.Purpose.IDENTITY).update(revoked_at=at)


def forget(user: User) -> None:
    """The profile is erased: all links and all that services said go, and nobody is told."""
    SocialAccount.objects.filter(user=user).delete()


def verified_person(user: User) -> VerifiedPerson | None:
    """Who the services say this user is: the best row, which forms show locked."""
    return user.verified.select_related("identity").best_first().first()


def facts_of(person: VerifiedPerson) -> PersonFacts:
    """A kept row as the answer it came from."""
    names = {name: getattr(person, name) for name in NAMES}
    return PersonFacts(**names, birth_date=person.birth_date, identifiers=identifiers_of(person), level=person.level)


def identifiers_of(person: VerifiedPerson) -> dict[str, str]:
    """The numbers in clear: for comparing, never for a page or a log."""
    sealed = bytes(person.identifiers_sealed)
    found: dict[str, str] = json.loads(unseal(sealed)) if sealed else {}
    return found


def masked_identifiers(person: VerifiedPerson) -> dict[str, str]:
    """The numbers as their owner sees them: the last four digits."""
    return {kind: f"•••• {number[-4:]}" for kind, number in identifiers_of(person).items()}


def name_of(provider: str) -> str:
    """How people call the service; its id where the deployment no longer has it."""
    return next((str(one.name) for one in settings.IDENTITY_SERVICES if one.id == provider), provider)


def _take(identity: SocialAccount, user: User, facts: PersonFacts | None, *, at: datetime) -> None:
    """Keep the facts in the row of this link and in the profile, and tell the rooms above. No names: nothing to keep."""
    identity.save(update_fields=["last_login"])
    if facts is None:
        return
    old = VerifiedPerson.objects.filter(identity=identity).first()
    _refuse_another(user, facts, same_subject=old is not None)
    person = old or VerifiedPerson(identity=identity, user=user)
    for name in (*NAMES, "level"):
        setattr(person, name, getattr(facts, name))
    # What the service stopped telling is kept: it still tells another person apart.
    person.birth_date = facts.birth_date or person.birth_date
    identifiers = (identifiers_of(old) if old else {}) | facts.identifiers
    person.identifiers_sealed = seal(json.dumps(identifiers)) if identifiers else b""
    person.verified_at = at
    person.save()
    _write_names(user)
    signals.person_verified.send(sender=VerifiedPerson, user=user, person=person, at=at)


def _refuse_another(user: User, facts: PersonFacts | None, *, same_subject: bool = False) -> None:
    if facts is None:
        return
    for person in user.verified.all():
        if not same_person(facts_of(person), facts, same_subject=same_subject):
            raise AnotherPerson(
                _(
                    "The service named another person than the one this profile belongs to. Nothing was changed. If your name, date of birth or tax number changed, disconnect the service in the profile and connect it again."
                )
            )


def are_other_names(user: User, facts: PersonFacts) -> bool:
    """Whether the service names somebody else than the person typed: then they are asked before anything is written."""
    typed = user.get_full_name()
    return (
        bool(typed) and verified_person(user) is None and likeness(typed, facts.get_full_name()) is Likeness.DIFFERENT
    )


def is_in_own_letters(user: User, person: PersonFacts | VerifiedPerson) -> bool:
    """Whether the profile writes in Cyrillic the very names that the service writes in Latin letters (like a passport).

    Each word is compared with its own; a patronymic counts where both have one.
    """
    pairs = [(getattr(user, name), getattr(person, name)) for name in NAMES]
    both = [(own, told) for own, told in pairs if own and told]
    in_letters = all(CYRILLIC.search(own) and not CYRILLIC.search(told) for own, told in both)
    return in_letters and pairs[:2] == both[:2] and all(is_spelling_of(own, told) for own, told in both)


def is_spelling_of(own: str, told: str) -> bool:
    """Whether one word is the other in whatever letters; an initial is not."""
    return len(own.strip(". ")) > 1 and alike(own, told)


def confirmed_names(user: User, person: VerifiedPerson) -> dict[str, str]:
    """What nobody types over, as the profile writes it; a patronymic that it does not write yet is empty."""
    written = user if is_in_own_letters(user, person) else person
    return {name: getattr(written, name) if getattr(person, name) else "" for name in NAMES}


def _write_names(user: User) -> None:
    """The profile carries the verified names; a patronymic that no service tells stays as the person typed it.

    So do Cyrillic names that a service has only in Latin letters: neighbours and employees know the person by them.
    """
    person = verified_person(user)
    if person is None or is_in_own_letters(user, person):
        return
    user.last_name, user.first_name = person.last_name, person.first_name
    user.patronymic = person.patronymic or user.patronymic
    user.save(update_fields=list(NAMES))


def _tell(kind: Kind, user: User, provider: str, *, at: datetime) -> None:
    subject = f"identity:{provider}:{at.timestamp()}"
    with override(user.language or get_language()):
        service = name_of(provider)
    notify(kind, user=user, subject=subject, context={"service": service}, at=at)

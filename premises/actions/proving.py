"""A verified person whose name an owner in the register bears: grade owner, proposed to the company or granted at once.

Each link is compared in a transaction of its own, with the locks of all verbs of links: the account, the link, then the
rows of the register.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.identity.linking import name_of, verified_person
from accounts.models import User, VerifiedPerson
from lib.errors import Refusal
from lib.names import Likeness, likeness
from premises.actions.holding import locked, raise_grade, withdraw_waiting
from premises.actions.telling import tell_company_link_waits, tell_owner_asked, tell_person
from premises.models import AccountLink, AccountLinkEvent, Organization, OwnerProof, Ownership
from premises.models.link import AccountLinkQuerySet
from premises.models.ownership import OwnershipQuerySet

Grade, Method, What = AccountLink.Grade, AccountLink.Method, AccountLinkEvent.What
Match = tuple[Likeness, Ownership]
MANY = 500  # users read at a time by the nightly comparison


class Outcome(Enum):
    """What became of one comparison."""

    GRANTED = "granted"
    WAITS = "waits"
    REFUSED = "refused"  # the company said no to these names
    NOBODY = "nobody"  # the register names nobody like this person


class RegisterChanged(Refusal):
    """What the employee looked at is not what stands there now."""


class ShareIsTaken(Refusal):
    """The share belongs to another user."""


# --- Comparing ------------------------------------------------------------------------------------------------------
def prove_owner(user: User, at: datetime) -> None:
    """Compare the verified person with the register of owners of each flat they hold; nothing for who is not verified."""
    withdraw_unproved(user, at=at)
    person = verified_person(user)
    if person is None:
        return
    links = AccountLink.objects.active().of(user).exclude(grade=Grade.OWNER).with_account()
    for link in links.filter(account__organization=F("account__unit__house__organization")):
        if _matches(link, person, at) or link.owner_proofs.waiting().exists():
            prove_link(link, at=at)


@transaction.atomic
def prove_link(link: AccountLink, *, at: datetime) -> Outcome:
    """Compare the link's person with the register: grant, propose, or take back what does not fit any more.

    Only the house's own company judges: the register is its own, and no supplier's.
    """
    person = verified_person(link.user)
    if person is None:
        return Outcome.NOBODY
    held = locked(link)
    if not can_be_owner(held):
        return Outcome.NOBODY
    rows = Ownership.objects.select_for_update(of=("self",))
    matches = _matches(held, person, at, rows)
    new = [match for match in matches if not _is_refused(held, person, match)]
    if not new:
        withdraw_waiting(held, at=at)
        return Outcome.REFUSED if matches else Outcome.NOBODY
    if len(matches) == 1 and _may_grant_at_once(held, person, new[0]):
        _grant(held, person, new[0], at=at)
        link.refresh_from_db(fields=["grade", "method", "raised_at", "changed_at"])
        return Outcome.GRANTED
    _propose(held, person, min(new, key=_by_worth(held)), at=at)
    return Outcome.WAITS


def prove_owners(at: datetime) -> None:
    """Compare everybody verified whose grade is below owner, and whoever's proof waits; a few users are held in memory."""
    below = AccountLink.objects.active().exclude(grade=Grade.OWNER).values("user")
    waiting = OwnerProof.objects.waiting().values("link__user")
    people = User.objects.filter(Q(verified__isnull=False, pk__in=below) | Q(pk__in=waiting)).distinct().order_by("pk")
    for user in _few_at_a_time(people.values_list("pk", flat=True)):
        prove_owner(user, at)


def can_be_owner(link: AccountLink) -> bool:
    """Whether a comparison could raise this link: active, below owner, at the company that keeps the register."""
    own = link.account.organization_id == link.account.unit.house.organization_id
    return own and link.state == AccountLink.State.ACTIVE and link.grade != Grade.OWNER


def proof_to_show(link: AccountLink) -> OwnerProof | None:
    """The proof that waits, or the company's no to the name that is confirmed now; else the person may compare."""
    proof = link.owner_proofs.exclude(state=OwnerProof.State.WITHDRAWN).first()
    if proof is None or proof.is_waiting:
        return proof
    person = verified_person(link.user)
    is_no = proof.state == OwnerProof.State.REFUSED and person is not None and proof.name == str(person)
    return proof if is_no else None


# --- Answering ------------------------------------------------------------------------------------------------------
@transaction.atomic
def accept_proof(proof: OwnerProof, *, by: User, at: datetime) -> OwnerProof:
    """An employee saw both names: the link rises to owner, and the share is this user's. Raises RegisterChanged, ShareIsTaken."""
    link, proof = _held(proof)
    person, row = verified_person(link.user), None
    if proof.ownership_id:
        current = Ownership.objects.current(link.account.organization.day(at)).select_for_update(of=("self",))
        row = current.filter(pk=proof.ownership_id, unit_id=link.account.unit_id).first()
    if proof.is_waiting:  # else the answer below says so
        seen = row is not None and row.owner == proof.owner and person is not None and str(person) == proof.name
        if not seen or not can_be_owner(link):
            raise RegisterChanged(
                _("The register, the link or the person's name changed meanwhile. Compare them anew.")
            )
    proof.accept(by=by, at=at)
    if row is not None:
        _take(row, link.user)
    raise_grade(link, Grade.OWNER, Method.IDENTITY, what=What.APPROVED, by=by, at=at, note=_note(link, proof))
    tell_person(link, "owner", at=at)
    return proof


@transaction.atomic
def refuse_proof(proof: OwnerProof, *, reason: str, by: User, at: datetime) -> OwnerProof:
    """An employee says that these are two people; the reason is told, and the same names are not proposed again."""
    link, proof = _held(proof)
    proof.refuse(answer=reason, by=by, at=at)
    tell_person(link, "not_owner", at=at, reason=reason)
    return proof


# --- Ending ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def withdraw_unproved(user: User, *, at: datetime) -> None:
    """No service confirms the name of a proof any more: it waits no longer. What was granted stays, with its history."""
    person = verified_person(user)
    waiting = OwnerProof.objects.waiting().filter(link__user=user).select_for_update(of=("self",))
    for proof in waiting.exclude(name=str(person)) if person else waiting:
        proof.withdraw(at=at)


def forget_proofs(user: User) -> None:
    """A deleted profile's confirmed names are forgotten; what was decided stays with the link."""
    OwnerProof.objects.filter(link__user=user).update(name="")


# --- Pieces ---------------------------------------------------------------------------------------------------------
def _matches(
    link: AccountLink, person: VerifiedPerson, at: datetime, rows: OwnershipQuerySet | None = None
) -> list[Match]:
    """The owners of the flat on the company's day whose name is like this person's."""
    rows = Ownership.objects.all() if rows is None else rows
    owners = rows.current(link.account.organization.day(at)).filter(unit_id=link.account.unit_id)
    compared = [(likeness(row.owner, str(person)), row) for row in owners]
    return [match for match in compared if match[0] != Likeness.DIFFERENT]


def _is_refused(link: AccountLink, person: VerifiedPerson, match: Match) -> bool:
    """Whether the company said no to this pair of names, on whatever link of this person to this flat."""
    refused = OwnerProof.objects.refused().filter(link__in=_links_to_flat(link))
    return any(_is_one_name(old.name, str(person)) and _is_one_name(old.owner, match[1].owner) for old in refused)


def _is_one_name(one: str, other: str) -> bool:
    """Initials are the same as nothing, not as themselves, so equal texts count too."""
    return one == other or likeness(one, other) is Likeness.SAME


def _links_to_flat(link: AccountLink) -> AccountLinkQuerySet:
    """All links of this person to this flat, ended ones too: who removes a flat and adds it anew is no other person."""
    return AccountLink.objects.of(link.user).filter(account__unit_id=link.account.unit_id)


def _is_doubted(link: AccountLink) -> bool:
    """Whether the company once said no to this person in this flat, or a holder disputed them: then an employee looks."""
    links = _links_to_flat(link)
    return (
        OwnerProof.objects.refused().filter(link__in=links).exists()
        or links.filter(Q(disputed_at__isnull=False) | Q(events__what=What.SUSPENDED)).exists()
        or links.ended_by_company().exists()
    )


def _may_grant_at_once(link: AccountLink, person: VerifiedPerson, match: Match) -> bool:
    """Whether nobody need look. Whoever needs a second pair of eyes (a vote of the house is near) says no here."""
    like, row = match
    return (
        link.account.organization.owner_policy == Organization.OwnerPolicy.AT_ONCE
        and like == Likeness.SAME
        and person.patronymic != ""  # the same name has it too; surname and name alone are shared by many
        and person.level >= VerifiedPerson.Level.SUBSTANTIAL
        and row.user_id in {None, link.user_id}
        and not _is_doubted(link)
    )


def _grant(link: AccountLink, person: VerifiedPerson, match: Match, *, at: datetime) -> None:
    withdraw_waiting(link, at=at)
    proof = _proof(link, person, match, at=at)
    proof.accept(by=None, at=at)
    _take(match[1], link.user)
    raise_grade(link, Grade.OWNER, Method.IDENTITY, what=What.RAISED, by=link.user, at=at, note=_note(link, proof))
    tell_person(link, "owner", at=at)


def _propose(link: AccountLink, person: VerifiedPerson, match: Match, *, at: datetime) -> None:
    """Let a proof wait, unless the same one waits already."""
    like, row = match
    same = {"ownership": row, "owner": row.owner, "name": str(person), "likeness": like.value}
    if not link.owner_proofs.waiting().filter(**same).exists():
        withdraw_waiting(link, at=at)
        tell_owner_asked(_proof(link, person, match, at=at), at=at)
        tell_company_link_waits(link, "owner", at=at)


def _proof(link: AccountLink, person: VerifiedPerson, match: Match, *, at: datetime) -> OwnerProof:
    like, row = match
    return OwnerProof.objects.create(
        link=link, ownership=row, owner=row.owner, name=str(person), service=name_of(person.identity.provider)[:100], level=person.level,
        likeness=like.value, created_at=at,
    )  # fmt: skip


def _by_worth(link: AccountLink) -> Callable[[Match], tuple[bool, bool, int]]:
    """The same name before a similar one, a free share before another user's, then the order of the register."""
    return lambda match: (match[0] != Likeness.SAME, match[1].user_id not in {None, link.user_id}, match[1].pk)


def _take(row: Ownership, user: User) -> None:
    if row.user_id not in {None, user.pk}:
        raise ShareIsTaken(_("This share belongs to another user. Clear it on the page of the ownership first."))
    row.user = user
    row.save(update_fields=["user"])


def _held(proof: OwnerProof) -> tuple[AccountLink, OwnerProof]:
    """The link and the proof, locked in the order of all verbs of links."""
    link = locked(proof.link)
    held = OwnerProof.objects.select_for_update(of=("self",)).get(pk=proof.pk)
    held.link = link
    return link, held


def _note(link: AccountLink, proof: OwnerProof) -> str:
    """«BankID, Substantial», in the company's language; never a name of a person."""
    with translation.override(link.account.organization.language):
        return f"{proof.service}, {proof.get_level_display()}"


def _few_at_a_time(ids: QuerySet[User, int]) -> Iterator[User]:
    last = 0
    while some := list(ids.filter(pk__gt=last)[:MANY]):
        yield from User.objects.filter(pk__in=some).order_by("pk")
        last = some[-1]

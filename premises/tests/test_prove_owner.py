"""A verified person whose name the register of owners has: granted at once, proposed to the company, or nothing."""

from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from accounts.actions import erase
from accounts.identity import linking
from accounts.identity.catalog import IdentityService
from accounts.identity.claims import PersonFacts
from accounts.models import User, VerifiedPerson
from accounts.signals import person_verified
from accounts.tests.tools import at_once
from notifications.models import Notice
from portal.celery import app
from portal.testing import Cast, make_account, make_cast, make_link, make_organization, make_user, make_verified
from premises import actions
from premises.actions import Outcome
from premises.actions.holding import locked
from premises.models import AccountLink, OwnerProof, Ownership
from premises.tasks import prove_owners
from premises.tests.conftest import Told

NAMES = ("Олин", "Олег", "Олегович")
BANK = IdentityService("bank", "Банк", "bank", "https://bank.example.org", "c", "s", country="RU")


@pytest.fixture
def share(cast: Cast) -> Ownership:
    """Oleg's share, which is not known to be his: the register has his full name only."""
    Ownership.objects.filter(user=cast.oleg).update(user=None, owner="Олин Олег Олегович")
    return Ownership.objects.get(owner="Олин Олег Олегович")


@pytest.fixture
def at_once_here(cast: Cast) -> None:
    cast.company.owner_policy = "at_once"
    cast.company.save()


def prove(user: User) -> Outcome:
    return actions.prove_link(user.links.get(), at=timezone.now())


def stands(user: User) -> tuple[str, list[str]]:
    """The person's grade, and their proofs from the oldest."""
    link = user.links.get()
    return link.grade, list(link.owner_proofs.order_by("pk").values_list("state", flat=True))


def in_russian(service: str) -> str:
    """What the line of history says of a proof, in the company's language."""
    with translation.override("ru"):
        return f"{service}, {VerifiedPerson.Level.SUBSTANTIAL.label}"


# --- Granted at once ------------------------------------------------------------------------------------------------
@pytest.mark.feature("G1", "C3")
@pytest.mark.usefixtures("at_once_here")
def test_the_same_name_is_granted_where_the_company_says_so(cast: Cast, share: Ownership, told: Told) -> None:
    make_verified(cast.oleg, *NAMES)
    assert prove(cast.oleg) == Outcome.GRANTED
    assert stands(cast.oleg) == ("owner", ["accepted"])
    link = cast.oleg.links.get()
    assert link.method == "identity"
    share.refresh_from_db()
    assert share.user == cast.oleg
    event = link.events.get()
    assert (event.what, event.grade, event.by, event.note) == ("raised", "owner", cast.oleg, in_russian("bank"))
    assert told(cast.oleg) == ["premises.link_changed"]
    assert told(cast.olga) == told(cast.tanya) == ["premises.grade_changed"]
    assert told(cast.nina) == told(cast.mark) == []
    assert prove(cast.oleg) == Outcome.NOBODY  # nothing is left to prove
    assert link.events.count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        "low level", "similar", "no patronymic", "two rows", "another user's row", "disputed", "ended by the company once", "the policy",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("at_once_here")
def test_whatever_is_not_clear_waits_for_an_employee(cast: Cast, share: Ownership, told: Told, spoil: str) -> None:
    level, names = VerifiedPerson.Level.SUBSTANTIAL, NAMES
    match spoil:
        case "low level":
            level = VerifiedPerson.Level.LOW
        case "similar":
            names = ("Olin", "Oleg", "Olegovich")
        case "no patronymic":
            names = ("Олин", "Олег", "")
            Ownership.objects.filter(pk=share.pk).update(owner="Олин Олег")
        case "two rows":
            Ownership.objects.create(unit=share.unit, owner="Олин О. О.", is_joint=True)
        case "another user's row":
            Ownership.objects.filter(pk=share.pk).update(user=cast.nina)
        case "disputed":
            cast.oleg.links.update(disputed_at=timezone.now())
        case "ended by the company once":
            make_link(cast.oleg, cast.account, state="revoked", reason="The lease ended")
        case "the policy":
            cast.company.owner_policy = "propose"
            cast.company.save()
    make_verified(cast.oleg, *names, level=level)
    link = cast.oleg.links.get(state="active")
    assert actions.prove_link(link, at=timezone.now()) == Outcome.WAITS
    link.refresh_from_db()
    assert link.grade == "confirmed"
    assert OwnerProof.objects.get().state == "waiting"
    assert told(cast.mark) == ["premises.link_waits"]
    assert told(cast.olga) == []


# --- Proposed -------------------------------------------------------------------------------------------------------
@pytest.mark.feature("G1")
def test_a_proof_keeps_both_names_and_waits_once(cast: Cast, share: Ownership, told: Told) -> None:
    make_verified(cast.oleg, "Олін", "Олег", "Олегович", service="gone-service")
    assert prove(cast.oleg) == prove(cast.oleg) == Outcome.WAITS
    proof = OwnerProof.objects.get()
    assert (proof.owner, proof.name, proof.likeness) == ("Олин Олег Олегович", "Олін Олег Олегович", "similar")
    assert (proof.service, proof.level, proof.ownership) == ("gone-service", 2, share)
    assert told(cast.mark) == ["premises.link_waits"]
    assert told(cast.pavel) == []
    waits = Notice.objects.get(kind="premises.link_waits")
    assert "Ол" not in str(waits.context)


@pytest.mark.parametrize("names", [("Нинина", "Нина", ""), ("Олин", "Олег", "Иванович"), ("Алин", "Олег", "Олегович")])
def test_a_name_that_nobody_bears_proves_nothing(cast: Cast, share: Ownership, told: Told, names: Any) -> None:
    make_verified(cast.oleg, *names)
    assert prove(cast.oleg) == Outcome.NOBODY
    assert stands(cast.oleg) == ("confirmed", [])
    assert told(cast.mark) == []


def test_the_surest_service_speaks(cast: Cast, share: Ownership) -> None:
    make_verified(cast.oleg, *NAMES, level=1, service="bank")
    make_verified(cast.oleg, "Другой", "Человек", level=3, service="state")
    assert prove(cast.oleg) == Outcome.NOBODY


@pytest.mark.parametrize("hour", [20, 22])
def test_a_share_counts_by_the_company_s_day(cast: Cast, share: Ownership, hour: int) -> None:
    """At 22:00 UTC of 5 March it is 6 March in Moscow."""
    Ownership.objects.filter(pk=share.pk).update(until=datetime(2026, 3, 5, tzinfo=UTC).date())
    make_verified(cast.oleg, *NAMES)
    outcome = actions.prove_link(cast.oleg.links.get(), at=datetime(2026, 3, 5, hour, tzinfo=UTC))
    assert outcome == (Outcome.WAITS if hour == 20 else Outcome.NOBODY)


def test_a_limited_link_may_rise_too_and_one_that_waits_may_not(cast: Cast, share: Ownership) -> None:
    make_verified(cast.tanya, *NAMES)
    make_verified(cast.igor, *NAMES)
    make_link(cast.igor, cast.account, "limited", state="pending")
    assert (prove(cast.tanya), prove(cast.igor)) == (Outcome.WAITS, Outcome.NOBODY)


def test_a_supplier_does_not_read_the_register_of_the_company(cast: Cast, share: Ownership) -> None:
    supplier = make_organization("Тепло", owner_policy="at_once")
    account = make_account(cast.house, "12", "T-12")
    account.organization = supplier
    account.save()
    make_link(cast.igor, account)
    make_verified(cast.igor, *NAMES)
    actions.prove_owner(cast.igor, timezone.now())
    assert prove(cast.igor) == Outcome.NOBODY
    assert stands(cast.igor) == ("confirmed", [])


@pytest.mark.parametrize(("rows", "chosen"), [
    ([("Олин О. О.", None), ("Олин Олег Олегович", None)], 1),  # the same before a similar one
    ([("Олин Олег Олегович", "nina"), ("Олин Олег Олегович", None)], 1),  # a free share before another user's
    ([("Олин Олег Олегович", "nina"), ("Олин О. О.", None)], 0),
])  # fmt: skip
def test_of_two_rows_the_nearer_is_proposed(cast: Cast, rows: list[tuple[str, str | None]], chosen: int) -> None:
    Ownership.objects.all().delete()
    shares = [
        Ownership.objects.create(
            unit=cast.account.unit, owner=owner, user=getattr(cast, who) if who else None, denominator=2
        )
        for owner, who in rows
    ]
    make_verified(cast.oleg, *NAMES)
    assert prove(cast.oleg) == Outcome.WAITS
    assert OwnerProof.objects.get().ownership == shares[chosen]


# --- A refused proof ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "outcome"), [("", "refused"), ("name", "waits"), ("row", "waits"), ("gone", "nobody")]
)
@pytest.mark.usefixtures("at_once_here")
def test_refused_names_are_not_proposed_again(cast: Cast, share: Ownership, change: str, outcome: str) -> None:
    person = make_verified(cast.oleg, "Олин", "Олег")
    prove(cast.oleg)
    actions.refuse_proof(OwnerProof.objects.get(), reason="Two cousins", by=cast.mark, at=timezone.now())
    if change == "name":
        VerifiedPerson.objects.filter(pk=person.pk).update(first_name="О.")
    if change == "row":
        Ownership.objects.filter(pk=share.pk).update(owner="Олин О. О.")
    if change == "gone":
        Ownership.objects.filter(pk=share.pk).update(owner="Кто-то Другой")
    assert prove(cast.oleg) == Outcome(outcome)
    assert cast.oleg.links.get().grade == "confirmed"


@pytest.mark.parametrize(
    ("register", "refused", "then", "outcome"),
    [
        ("Олин Олег Олегович", NAMES, NAMES, "refused"),
        ("Семёнов Олег Олегович", ("Семёнов", "Олег", "Олегович"), ("Семенов", "Олег", "Олегович"), "refused"),
        ("Олин Олег Олегович", ("Олин", "Олег", ""), NAMES, "waits"),
    ],
)
@pytest.mark.parametrize("anew", [False, True])
def test_no_way_around_a_refusal(
    cast: Cast, share: Ownership, register: str, refused: Any, then: Any, outcome: str, anew: bool
) -> None:
    now = timezone.now()
    Ownership.objects.filter(pk=share.pk).update(owner=register)
    person = make_verified(cast.oleg, *refused)
    prove(cast.oleg)
    actions.refuse_proof(OwnerProof.objects.get(), reason="A namesake", by=cast.mark, at=now)
    cast.company.owner_policy = "at_once"
    cast.company.save()
    last, first, patronymic = then
    VerifiedPerson.objects.filter(pk=person.pk).update(last_name=last, first_name=first, patronymic=patronymic)
    if anew:
        actions.unlink(cast.oleg.links.get(), by=cast.oleg, at=now)
        actions.join(cast.oleg, cast.account, grade="confirmed", method="code", at=now)
    link = cast.oleg.links.get(state="active")
    assert actions.prove_link(link, at=now) == Outcome(outcome)
    assert AccountLink.objects.get(pk=link.pk).grade == "confirmed"


@pytest.mark.usefixtures("at_once_here", "share")
def test_a_dispute_outlives_the_link(cast: Cast) -> None:
    now = timezone.now()
    actions.dispute(cast.oleg.links.get(), by=cast.olga, trusted=True, at=cast.oleg.links.get().created_at)
    actions.unlink(cast.oleg.links.get(), by=cast.oleg, at=now)
    make_verified(cast.oleg, *NAMES)
    link = actions.join(cast.oleg, cast.account, grade="confirmed", method="code", at=now).link
    assert (link.grade, link.owner_proofs.get().state) == ("confirmed", "waiting")


def test_a_waiting_proof_follows_the_register(cast: Cast, share: Ownership, told: Told) -> None:
    make_verified(cast.oleg, *NAMES)
    prove(cast.oleg)
    Ownership.objects.filter(pk=share.pk).update(owner="Олин О. О.")
    assert prove(cast.oleg) == Outcome.WAITS
    assert stands(cast.oleg) == ("confirmed", ["withdrawn", "waiting"])
    Ownership.objects.filter(pk=share.pk).update(until=timezone.localdate() - timedelta(days=3))
    assert prove(cast.oleg) == Outcome.NOBODY
    assert stands(cast.oleg) == ("confirmed", ["withdrawn", "withdrawn"])
    assert {proof.name for proof in OwnerProof.objects.all()} == {""}


# --- When it is compared --------------------------------------------------------------------------------------------
@pytest.mark.feature("G1")
def test_a_new_verification_compares_every_flat(
    cast: Cast, share: Ownership, django_capture_on_commit_callbacks: Any
) -> None:
    make_link(cast.oleg, cast.nina_account)
    Ownership.objects.create(unit=cast.nina_account.unit, owner="Олин Олег О.")
    person = make_verified(cast.oleg, *NAMES)
    with django_capture_on_commit_callbacks(execute=True):
        person_verified.send(sender=VerifiedPerson, user=cast.oleg, person=person, at=timezone.now())
    assert OwnerProof.objects.waiting().count() == 2


@pytest.mark.parametrize("state", ["active", "pending"])
def test_a_verified_person_who_links_a_flat_is_compared(cast: Cast, share: Ownership, state: str) -> None:
    make_verified(cast.igor, *NAMES)
    now = timezone.now()
    link = actions.join(cast.igor, cast.account, grade="limited", state=state, method="address", at=now).link
    assert OwnerProof.objects.count() == (state == "active")
    if state == "pending":
        actions.approve(link, grade="confirmed", by=cast.mark, at=now)
    assert OwnerProof.objects.waiting().get().link == link


@pytest.mark.usefixtures("at_once_here")
def test_joining_with_a_better_proof_may_end_as_owner(cast: Cast, share: Ownership) -> None:
    make_verified(cast.igor, *NAMES)
    linked = actions.join(cast.igor, cast.account, grade="confirmed", method="code", at=timezone.now())
    assert (linked.change, linked.link.grade) == ("new", "owner")
    assert [event.what for event in linked.link.events.all()] == ["linked", "raised"]


@pytest.mark.feature("G1")
def test_every_night_the_registers_are_compared_anew(cast: Cast, share: Ownership, monkeypatch: Any) -> None:
    monkeypatch.setattr("premises.actions.proving.MANY", 1)
    for user in (cast.oleg, cast.tanya, cast.nina, cast.olga):
        make_verified(user, *NAMES)
    make_link(cast.olga, cast.nina_account)  # owner of flat 12, and not of flat 13
    Ownership.objects.create(unit=cast.nina_account.unit, owner="Олин О. О.")
    gone = make_user("Олег", "Олин")
    link = make_link(gone, cast.account)
    OwnerProof.objects.create(link=link, owner="Олин", name="Олин", service="x", level=2, likeness="similar")
    prove_owners()
    waiting = {proof.link.user for proof in OwnerProof.objects.waiting()}
    assert waiting == {cast.oleg, cast.tanya, cast.nina, cast.olga}  # nobody confirms the last one's name any more
    assert "premises.tasks.prove_owners" in {row["task"] for row in app.conf.beat_schedule.values()}


@pytest.mark.feature("G1")
def test_linking_a_service_proposes_and_unlinking_it_takes_back(
    cast: Cast, share: Ownership, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.IDENTITY_SERVICES = [BANK]
    facts = PersonFacts("Олин", "Олег", "Олегович", None, {}, VerifiedPerson.Level.HIGH)
    now = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        identity = linking.link(cast.oleg, BANK, "subject", facts, at=now)
    proof = OwnerProof.objects.waiting().get()
    assert (proof.service, proof.level) == ("Банк", 3)
    with django_capture_on_commit_callbacks(execute=True):
        linking.unlink(identity, at=now)
    assert OwnerProof.objects.get().state == "withdrawn"


# --- The end of it --------------------------------------------------------------------------------------------------
@pytest.mark.feature("G1")
def test_without_the_service_nothing_waits_and_what_was_granted_stays(
    cast: Cast, share: Ownership, django_capture_on_commit_callbacks: Any
) -> None:
    people = [make_verified(user, *NAMES) for user in (cast.oleg, cast.tanya)]
    assert [prove(user) for user in (cast.oleg, cast.tanya)] == [Outcome.WAITS] * 2
    actions.accept_proof(cast.oleg.links.get().owner_proofs.get(), by=cast.mark, at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        for person in people:
            person.identity.delete()
    assert stands(cast.oleg) == ("owner", ["accepted"])
    assert stands(cast.tanya) == ("limited", ["withdrawn"])
    assert cast.tanya.links.get().owner_proofs.get().name == ""


@pytest.mark.parametrize("how", ["unlink", "revoke", "erase", "approve"])
def test_the_end_or_the_owner_grade_of_a_link_withdraws_what_waits(cast: Cast, share: Ownership, how: str) -> None:
    make_verified(cast.oleg, *NAMES)
    prove(cast.oleg)
    link, now = cast.oleg.links.get(), timezone.now()
    match how:
        case "unlink":
            actions.unlink(link, by=cast.oleg, at=now)
        case "revoke":
            actions.revoke(link, reason="x", by=cast.mark, at=now)
        case "erase":
            actions.end_links_of(cast.oleg, at=now)
        case "approve":
            actions.approve(link, grade="owner", by=cast.mark, at=now)
    proof = OwnerProof.objects.get()
    assert (proof.state, proof.name) == ("withdrawn", "")


def test_an_erased_profile_leaves_no_confirmed_name(cast: Cast, share: Ownership) -> None:
    make_verified(cast.oleg, *NAMES)
    prove(cast.oleg)
    actions.accept_proof(OwnerProof.objects.get(), by=cast.mark, at=timezone.now())
    actions.end_links_of(cast.oleg, at=timezone.now())
    assert OwnerProof.objects.get().name == ""


# --- At once --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_twenty_comparisons_raise_and_tell_once() -> None:
    cast = make_cast()
    cast.company.owner_policy = "at_once"
    cast.company.save()
    Ownership.objects.filter(user=cast.oleg).update(user=None, owner="Олин Олег Олегович")
    make_verified(cast.oleg, *NAMES)
    link, now = cast.oleg.links.get(), timezone.now()
    results = at_once(20, lambda _number: actions.prove_link(AccountLink.objects.get(pk=link.pk), at=now))
    assert sorted(results, key=str) == [Outcome.GRANTED, *[Outcome.NOBODY] * 19]
    assert (link.events.count(), link.owner_proofs.count()) == (1, 1)
    assert Notice.objects.filter(kind="premises.grade_changed").count() == 2  # Olga and Tanya


@pytest.mark.django_db(transaction=True)
def test_two_people_of_one_name_do_not_both_get_the_share() -> None:
    cast = make_cast()
    cast.company.owner_policy = "at_once"
    cast.company.save()
    Ownership.objects.filter(user=cast.oleg).update(user=None, owner="Олин Олег Олегович")
    links = [cast.oleg.links.get(), cast.tanya.links.get()]
    for link in links:
        make_verified(link.user, *NAMES)
    now = timezone.now()
    results = at_once(10, lambda number: actions.prove_link(AccountLink.objects.get(pk=links[number % 2].pk), at=now))
    assert results.count(Outcome.GRANTED) == 1
    assert AccountLink.objects.filter(grade="owner", method="identity").count() == 1
    assert OwnerProof.objects.waiting().count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["accept", "join"])
def test_a_profile_is_deleted_while_its_link_is_being_judged(verb: str) -> None:
    """The deed waits for the link, and the verb that holds the link writes rows about the person meanwhile."""
    cast = make_cast()
    Ownership.objects.filter(user=cast.oleg).update(user=None, owner="Олин Олег Олегович")
    make_verified(cast.oleg, *NAMES)
    prove(cast.oleg)
    now, held = timezone.now(), Event()

    def job(number: int) -> object:
        if number:
            held.wait(20)
            return erase(cast.oleg, at=now)
        with transaction.atomic():
            link = locked(cast.oleg.links.get())
            held.set()
            for _moment in range(200):
                if _somebody_waits():
                    break
                sleep(0.05)
            if verb == "accept":
                return actions.accept_proof(link.owner_proofs.get(), by=cast.mark, at=now)
            return actions.join(cast.oleg, cast.account, grade="owner", method="staff", at=now)

    assert [result for result in at_once(2, job) if isinstance(result, Exception)] == []
    assert cast.oleg.links.get().state == "revoked"
    assert OwnerProof.objects.get().name == ""


def _somebody_waits() -> bool:
    """Whether another connection waits for a row that this transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
        return bool(cursor.fetchone()[0])

"""Every door of the portal × every role, in one table. A URL that no row names fails; so does a row without a URL."""

import uuid
from collections.abc import Callable, Iterator

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from portal.testing import Cast
from portal.tests.things import Things
from premises.actions.telling import dispute_token

ROLES = (
    "anonymous", "newcomer", "limited", "confirmed", "owner", "neighbour", "council", "staff", "other_staff", "superuser",
)  # fmt: skip

# What a GET answers, in the order of ROLES. `in` = led to the entry page, `→` = led elsewhere, else the status.
OPEN = "200 " * 10
GUESTS = "200 " + "→ " * 9  # those who are in already are led on
PEOPLE = "in " + "200 " * 9
LED_ON = "in " + "→ " * 9  # a step of a flow nobody has begun, or one that asks for a proof first
ANY_LINK = "in 404 200 200 200 404 404 404 404 404"
FULL_LINK = "in 404 404 200 200 404 404 404 404 404"
COUNCIL = "in 404 404 404 404 404 200 404 404 404"  # whoever holds a seat of this house's council
LETTERS = "in 404 404 404 404 404 200 200 404 200"  # the council's chair and the company's manager
VERB = "405 " * 10  # only POST, whoever asks
OWN_VERB = "in " + "405 " * 9  # only POST, and only for people who are in
STAFF = "in " + "404 " * 6 + "200 " * 3
STAFF_VERB = "in " + "404 " * 6 + "405 " * 3
STAFF_LED_ON = "in " + "404 " * 6 + "→ " * 3
NOBODY = "404 " * 10  # a thing that does not exist
NOBODY_IN = "in " + "404 " * 9

Args = Callable[[Things], tuple[object, ...]]


def nothing(things: Things) -> tuple[object, ...]:
    return ()


def sandbox(things: Things) -> tuple[object, ...]:
    return ("sandbox-bank",)


def account(things: Things) -> tuple[object, ...]:
    return (things.cast.account.public_id,)


def bill(things: Things) -> tuple[object, ...]:
    return (things.cast.account.public_id, things.invoice.public_id)


def meter(things: Things) -> tuple[object, ...]:
    return (things.cast.account.public_id, things.meter.public_id)


def own_reading(things: Things) -> tuple[object, ...]:
    return (things.cast.account.public_id, things.own_reading.public_id)


def council_reading(things: Things) -> tuple[object, ...]:
    return (things.cast.account.public_id, things.council_reading.public_id)


def council_own(things: Things) -> tuple[object, ...]:
    return (things.cast.house.public_id, things.council_reading.public_id)


def intent(things: Things) -> tuple[object, ...]:
    return (things.cast.account.public_id, things.intent.public_id)


def house(things: Things) -> tuple[object, ...]:
    return (things.cast.house.public_id,)


def meter_row(things: Things) -> tuple[object, ...]:
    return (things.cast.house.public_id, things.cast.account.public_id)


def of_flat(expected: str) -> tuple[str, Args]:
    return expected, account


DOORS: dict[str, tuple[str, Args]] = {
    # everybody's
    "landing": (GUESTS, nothing),
    "phones": (OPEN, nothing),
    "agreement": (OPEN, nothing),
    "consent_text": (OPEN, nothing),
    "identity_text": (OPEN, nothing),
    "privacy": (OPEN, nothing),
    "accessibility": (OPEN, nothing),
    "livez": (OPEN, nothing),
    "readyz": (OPEN, nothing),
    "status": (OPEN, nothing),
    "tray": (OPEN, nothing),  # not there in production
    "gallery": (OPEN, nothing),  # not there in production
    # the demo's identity services, not there in production: a browser that asks for nothing, a token that nobody has
    "sandbox_identity": ("400 " * 10, sandbox),
    "sandbox_identity_token": (VERB, sandbox),
    "sandbox_identity_userinfo": ("401 " * 10, sandbox),
    "sandbox_identity_keys": (OPEN, sandbox),
    "sandbox_identity_discovery": (OPEN, sandbox),
    "opt_out": (NOBODY, lambda things: ("A" * 22,)),
    "twilio_status": (VERB, nothing),
    # the way in
    "entry": (GUESTS, nothing),
    "entry_password": (GUESTS, nothing),
    "entry_code": (LED_ON, nothing),
    "entry_again": (VERB, nothing),
    "identity_join": (LED_ON, nothing),
    "identity_forget": (VERB, nothing),
    "passkey_options": (VERB, nothing),
    "passkey_sign_in": (VERB, nothing),
    "human_check": (OPEN, nothing),
    "identity_begin": (NOBODY, lambda things: ("nobody",)),
    "openid_connect_callback": (NOBODY, lambda things: ("nobody",)),
    "welcome": (PEOPLE, nothing),
    "sign_out": (VERB, nothing),
    "look": (VERB, nothing),
    # the second factor of employees; the cast of the tests has none set up
    "factor": (STAFF_LED_ON, nothing),
    "factor_enrol": (STAFF, nothing),
    "factor_app": (STAFF, nothing),
    "factor_passkey": (STAFF_VERB, nothing),
    "factor_passkey_add": (STAFF, nothing),
    "factor_passkey_options": (STAFF_VERB, nothing),
    "factor_returned": (STAFF_LED_ON, nothing),
    "factor_codes": (STAFF_LED_ON, nothing),
    "factor_codes_new": (STAFF_LED_ON, nothing),
    "factors": (STAFF, nothing),
    # the profile: everybody's own
    "profile": (PEOPLE, nothing),
    "profile_names": (PEOPLE, nothing),
    "profile_look": (PEOPLE, nothing),
    "profile_consents": (PEOPLE, nothing),
    "profile_phone": (LED_ON, nothing),
    "profile_email": (LED_ON, nothing),
    "profile_password": (LED_ON, nothing),
    "profile_delete": (LED_ON, nothing),
    "password_remove": (LED_ON, nothing),
    "passkeys": (PEOPLE, nothing),
    "passkey_add": (LED_ON, nothing),
    "passkey_add_options": (LED_ON, nothing),
    "passkey_remove": (LED_ON, lambda things: (1,)),
    "contact_code": (LED_ON, nothing),
    "contact_again": (OWN_VERB, nothing),
    "contact_remove": (LED_ON, lambda things: ("phone",)),
    "identities": (PEOPLE, nothing),
    "identity_unlink": (LED_ON, lambda things: ("bank",)),
    "confirm": ("in " + "200 " * 6 + "→ " * 3, nothing),  # an employee confirms with the second factor
    "confirm_code": (LED_ON, nothing),
    "confirm_again": (OWN_VERB, nothing),
    "confirm_password": (OWN_VERB, nothing),
    "confirm_passkey": (OWN_VERB, nothing),
    "sessions": (PEOPLE, nothing),
    "session_end": (OWN_VERB, lambda things: (1,)),
    "sessions_end_others": (OWN_VERB, nothing),
    # linking an account
    "accounts": (PEOPLE, nothing),
    "account_add": (PEOPLE, nothing),
    "link_password": (PEOPLE, nothing),
    "link_address": (PEOPLE, nothing),
    "link_flat": (PEOPLE, house),
    "link_check": (LED_ON, nothing),
    "link_code": (PEOPLE, nothing),
    "link_qr": (NOBODY_IN, lambda things: ("7F3KQ9ZT2MXA",)),
    "link_by_hand": ("→ " * 10, nothing),  # the short address on a bill, of the page that takes its code
    "link_ask": (PEOPLE, nothing),
    "link_issued": (LED_ON, nothing),
    # a link of flat 12 that is not one's own: those who had the flat before may say «this was not me»
    "link_dispute": ("in 404 404 200 200 404 404 404 404 404", lambda things: (things.tanya_link.public_id,)),
    # the same for the contact on file, who may not have a profile: the token is the proof
    "contact_dispute": (OPEN, lambda things: (dispute_token(things.tanya_link),)),
    "unlink": of_flat(ANY_LINK),
    "link_upgrade": of_flat(ANY_LINK),
    "upgrade_send": of_flat(OWN_VERB),
    "upgrade_code": of_flat("in 404 → → → 404 404 404 404 404"),
    "upgrade_ask": of_flat(OWN_VERB),
    "upgrade_owner": of_flat(OWN_VERB),
    # the account
    "home": (LED_ON, nothing),
    "account_home": of_flat(ANY_LINK),
    "flat": of_flat(ANY_LINK),
    "flat_edit": of_flat(FULL_LINK),
    "bills": of_flat(FULL_LINK),
    "bill": (FULL_LINK, bill),
    "bill_pdf": (FULL_LINK, bill),
    "payments": of_flat(FULL_LINK),
    # paying: any grade may, each sees only what they began
    "pay": of_flat(ANY_LINK),
    "pay_intent": ("in 404 404 404 200 404 404 404 404 404", intent),
    "pay_go": (OWN_VERB, intent),
    "pay_cancel": (OWN_VERB, intent),
    "pay_notice": (VERB, lambda things: ("sandbox",)),
    "bank": (OPEN, lambda things: (things.intent.provider_id,)),  # the sandbox, not there in production
    "payment": (FULL_LINK, lambda things: (things.cast.account.public_id, things.payment.pk)),
    "statement": of_flat(FULL_LINK),
    "statement_file": (FULL_LINK, lambda things: (things.cast.account.public_id, "csv")),
    "services": of_flat(ANY_LINK),  # house data
    "receipts": of_flat(FULL_LINK),
    "receipts_stop": (OPEN, lambda things: ("A" * 32,)),  # the same for a token that nobody has
    # readings and meters
    "readings_all": (PEOPLE, nothing),
    "readings_all_receipt": (LED_ON, nothing),
    "readings": of_flat(ANY_LINK),
    "readings_receipt": of_flat("in 404 → → → 404 404 404 404 404"),
    "reading_take_back": ("in 404 404 404 200 404 404 404 404 404", own_reading),  # only who entered it
    "reading_dispute": (ANY_LINK, council_reading),
    "reading_photo": (FULL_LINK, own_reading),
    "readings_history": of_flat(FULL_LINK),
    "readings_export": (FULL_LINK, lambda things: (things.cast.account.public_id, "csv")),
    "meter_replaced": (ANY_LINK, meter),
    "meter_broken": (ANY_LINK, meter),
    # the council's desk
    "council_readings": (COUNCIL, house),
    "council_row": (COUNCIL, meter_row),
    "council_take_back": (COUNCIL, council_own),
    "council_walk": (COUNCIL, house),
    "council_sheet": (COUNCIL, house),
    "council_board": (COUNCIL, house),
    "readings_board": of_flat(FULL_LINK),  # where the company shows it to the house
    # letters
    "council_letters": (LETTERS, house),
    "letters_check": (LETTERS, house),
    "letters_issue": (OWN_VERB, house),
    "letter_batch": (NOBODY_IN, lambda things: (uuid.uuid4(),)),
    "letter_batch_file": (OWN_VERB, lambda things: (uuid.uuid4(),)),
    # notices
    "inbox": (PEOPLE, nothing),
    "notice": ("in 404 404 404 200 404 404 404 404 404", lambda things: (things.notice.public_id,)),
    "notices_read": (OWN_VERB, nothing),
}


def who(role: str, cast: Cast) -> User | None:
    people = {
        "anonymous": None, "newcomer": cast.igor, "limited": cast.tanya, "confirmed": cast.oleg, "owner": cast.olga,
        "neighbour": cast.nina, "council": cast.vera, "staff": cast.mark, "other_staff": cast.pavel,
        "superuser": cast.sofia,
    }  # fmt: skip
    return people[role]


def names(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[str]:
    """Yield the name of every address outside the admin; an address without a name is a bug of its own."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from names(pattern.url_patterns)
        else:
            yield pattern.name or f"without a name: {pattern.pattern}"


def answer(client: Client, url: str) -> str:
    """Return what a GET answers, in the table's words."""
    response = client.get(url)
    if response.status_code not in {301, 302, 303}:
        return str(response.status_code)
    return "in" if response["Location"].startswith(reverse("entry")) else "→"


def test_the_table_names_every_address() -> None:
    assert set(names()) == DOORS.keys()


def test_a_door_opens_only_to_whom_it_should(things: Things, enter: Callable[[User], Client]) -> None:
    people = {role: who(role, things.cast) for role in ROLES}
    clients = {role: enter(user) if user else Client() for role, user in people.items()}
    wrong = {}
    for name, (expected, args) in DOORS.items():
        url = reverse(name, args=args(things))
        for role, right in zip(ROLES, expected.split(), strict=True):
            seen = answer(clients[role], url)
            if seen != right:
                wrong[f"{name} × {role}"] = f"{seen}, not {right}"
    assert not wrong


def test_a_thing_that_is_not_there_answers_like_a_thing_that_is_not_yours(
    things: Things, enter: Callable[[User], Client]
) -> None:
    """Another's account and an invented one give the same page, byte for byte but for the request id and tokens."""
    olga = enter(things.cast.olga)
    foreign = olga.get(reverse("account_home", args=[things.cast.nina_account.public_id]))
    invented = olga.get(reverse("account_home", args=[uuid.uuid4()]))
    assert (foreign.status_code, invented.status_code) == (404, 404)
    assert len(foreign.content) == len(invented.content)


def test_looking_changes_nothing(things: Things, enter: Callable[[User], Client]) -> None:
    """Olga opens every page there is; every row of every table stays as it was, her session apart."""
    olga = enter(things.cast.olga)
    before = rows()
    for name, (_expected, args) in DOORS.items():
        olga.get(reverse(name, args=args(things)))
    assert rows() == before


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but sessions, and but the counts of tries: a code in an address is a guess that counts."""
    skipped = {"Session", "UserSession", "LimitHit"}
    return {
        model.__name__: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model.__name__ not in skipped
    }


def test_every_page_carries_the_headers(things: Things, enter: Callable[[User], Client]) -> None:
    """Scripts, frames, sniffing and caches are kept away on every page, whoever reads it and whatever it answers."""
    olga, anonymous = enter(things.cast.olga), Client()
    wrong = {}
    for name, (_expected, args) in DOORS.items():
        url = reverse(name, args=args(things))
        for client in (olga, anonymous):
            response = client.get(url)
            missing = [header for header, words in HEADERS.items() if words not in response.headers.get(header, "")]
            if client is olga and "no-store" not in response.headers.get("Cache-Control", ""):
                missing.append("Cache-Control")
            if missing:
                wrong[name] = missing
    assert not wrong


HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Request-Id": "",
}


def test_no_page_allows_foreign_or_inline_scripts() -> None:
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    said = " ".join(str(word) for words in policy.values() for word in words)
    assert "unsafe" not in said
    assert "http" not in said
    assert {"frame-ancestors", "base-uri", "form-action", "object-src"} <= policy.keys()


def test_the_staff_room_is_shut_to_residents(things: Things, enter: Callable[[User], Client]) -> None:
    """Every list of the staff room: a stranger is led to the entry page, a resident finds nothing there."""
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
    ]
    urls = [reverse("admin:index"), *lists]
    expected = {"anonymous": "in", "newcomer": "404", "limited": "404", "confirmed": "404", "owner": "404",
                "neighbour": "404", "council": "404"}  # fmt: skip
    for role, right in expected.items():
        user = who(role, things.cast)
        client = enter(user) if user else Client()
        seen = {url: last_answer(client, url) for url in urls}
        assert set(seen.values()) == {right}, (role, seen)


def last_answer(client: Client, url: str) -> str:
    """The staff room leads strangers to its own door first, and that one decides."""
    response = client.get(url)
    return answer(client, response["Location"]) if response.status_code == 302 else str(response.status_code)


def test_an_employee_and_the_superuser_enter_the_staff_room(things: Things, enter: Callable[[User], Client]) -> None:
    for role in ("staff", "other_staff", "superuser"):
        user = who(role, things.cast)
        assert user
        assert answer(enter(user), reverse("admin:index")) == "200"

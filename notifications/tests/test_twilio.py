"""SMS and calls through Twilio's real client, against a server on this machine that speaks its API."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from notifications import channels
from notifications.actions import claim, notify, record_sent
from notifications.channels.voice import spoken
from notifications.models import Delivery
from notifications.sending import send
from notifications.tests.conftest import CODE

AT = timezone.now()
SID, TOKEN = "AC" + "0" * 32, "a-token-of-the-tests"
State = Delivery.State


@dataclass
class Twilio:
    """What the fake server heard, and what it shall answer."""

    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    status: int = 201
    silent: threading.Event = field(default_factory=threading.Event)  # set: the server does not answer
    port: int = 0


@pytest.fixture
def twilio(settings: Settings) -> Iterator[Twilio]:
    state = Twilio()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.heard.append((self.path, {key: values[0] for key, values in parse_qs(body).items()}))
            if state.silent.is_set():
                over.wait(10)
                return
            kind = "SM" if self.path.endswith("/Messages.json") else "CA"
            good = {"sid": f"{kind}{len(state.heard):032d}", "status": "queued"}
            bad = {"code": 21211, "message": "The number +79120001122 is not valid", "status": state.status}
            answer = json.dumps(good if state.status < 400 else bad).encode()
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    state.port = server.server_port
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = SID, TOKEN, "+15005550006"
    settings.TWILIO_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield state
    over.set()
    server.shutdown()
    server.server_close()


def code(channel: str = "sms", language: str = "ru") -> Delivery:
    notice = notify(
        CODE, subject="x", at=AT, address="+79120001122", secret="907341", language=language, channels=[channel]
    )
    return notice.deliveries.get()


def code_to(address: str) -> Delivery:
    return notify(CODE, subject="y", at=AT, address=address, secret="907341", channels=["sms"]).deliveries.get()


@pytest.mark.feature("F3")
def test_an_sms_leaves_with_the_code(db: None, twilio: Twilio, settings: Settings) -> None:
    delivery = code()
    send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    (path, form), *more = twilio.heard
    assert more == []
    assert path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert (form["To"], form["From"]) == ("+79120001122", "+15005550006")
    stop = f"{settings.PUBLIC_URL}/stop/{delivery.stop_token}/"
    assert form["Body"] == f"Code 907341 for {settings.PUBLIC_HOST}. Not you? {stop}\n\n@{settings.PUBLIC_HOST} #907341"
    assert form["StatusCallback"] == f"{settings.PUBLIC_URL}/gateway/twilio/status/?d={delivery.pk}"
    assert (delivery.state, delivery.gateway_id) == (State.SENT, "SM" + "1".zfill(32))


def test_a_call_says_the_warning_and_then_the_digits_twice(db: None, twilio: Twilio) -> None:
    delivery = code("voice", "uk")
    send(str(delivery.pk), at=AT)
    path, form = twilio.heard[0]
    assert path.endswith("/Calls.json")
    assert form["Twiml"].count("9, 0, 7, 3, 4, 1") == 2
    assert form["Twiml"].index("Do not tell") < form["Twiml"].index("9, 0")
    assert 'language="uk-UA"' in form["Twiml"]
    delivery.refresh_from_db()
    assert delivery.gateway_id.startswith("CA")


@pytest.mark.parametrize(("language", "voice"), [("ru", "ru-RU"), ("uk", "uk-UA"), ("en", "en-US")])
def test_each_language_has_its_voice_and_nothing_breaks_out_of_the_text(language: str, voice: str) -> None:
    said = spoken("<Dial>+79001234567</Dial>\n\nДва", language)
    assert f'language="{voice}"' in said
    assert said.count("<Say") == 2
    assert "<Dial>" not in said


@pytest.mark.parametrize(
    ("status", "state"),
    [(429, State.QUEUED), (500, State.QUEUED), (503, State.QUEUED), (400, State.FAILED), (404, State.FAILED)],
)
def test_too_many_and_broken_are_tried_again_but_a_refusal_is_final(
    db: None, twilio: Twilio, status: int, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    twilio.status = status
    delivery = code()
    with caplog.at_level(logging.DEBUG):
        send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert delivery.state == state
    assert delivery.error == f"Twilio answered {status}, code 21211"
    assert delivery.next_at > AT
    for private in ("907341", "79120001122", TOKEN):
        assert private not in caplog.text


def test_a_gateway_that_does_not_answer_is_left_and_tried_again(
    db: None, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SEND_TIMEOUT", 0.2)
    twilio.silent.set()
    delivery = code()
    send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.QUEUED, "Twilio: ReadTimeout")
    assert AT + timedelta(seconds=8) <= delivery.next_at <= AT + timedelta(seconds=12)


def test_a_gateway_that_is_not_there_is_tried_again(db: None, twilio: Twilio, settings: Settings) -> None:
    settings.TWILIO_BASE_URL = "http://127.0.0.1:1"
    delivery = code()
    send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.QUEUED, "Twilio: ConnectionError")


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_what_leaves_is_not_in_the_logs(
    db: None, twilio: Twilio, caplog: pytest.LogCaptureFixture, channel: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(str(code(channel).pk), at=AT)
    assert len(twilio.heard) == 1
    for private in ("907341", "9, 0, 7", "79120001122", TOKEN):
        assert private not in caplog.text


def report(settings: Settings, form: dict[str, str], token: str = TOKEN, url: str = "", about: object = "") -> int:
    path = "/gateway/twilio/status/" + (f"?d={about}" if about else "")
    signature = RequestValidator(token).compute_signature(url or settings.PUBLIC_URL + path, form)
    return Client(enforce_csrf_checks=True).post(path, form, headers={"X-Twilio-Signature": signature}).status_code


@pytest.fixture
def sent(db: None, twilio: Twilio) -> Delivery:
    delivery = code()
    send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    return delivery


def state_of(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def test_twilio_reports_that_an_sms_arrived_and_a_repeat_changes_nothing(sent: Delivery, settings: Settings) -> None:
    form = {"MessageSid": sent.gateway_id, "MessageStatus": "delivered", "To": "+79120001122"}
    assert report(settings, form) == 204
    assert state_of(sent) == State.DELIVERED
    assert report(settings, form) == 204
    assert report(settings, form | {"MessageStatus": "sent"}) == 204
    assert report(settings, form | {"MessageStatus": "undelivered", "ErrorCode": "30003"}) == 204
    assert state_of(sent) == State.DELIVERED


def test_twilio_reports_that_an_sms_did_not_arrive(sent: Delivery, settings: Settings) -> None:
    form = {"MessageSid": sent.gateway_id, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert report(settings, form) == 204
    assert state_of(sent) == State.FAILED
    assert sent.error == "Twilio: undelivered 30003"


@pytest.mark.parametrize(("status", "state"), [("delivered", State.DELIVERED), ("undelivered", State.FAILED)])
def test_a_report_that_is_faster_than_our_own_record_counts(
    db: None, twilio: Twilio, settings: Settings, status: str, state: str
) -> None:
    delivery = claim(str(code().pk), at=AT)
    assert delivery is not None
    form = {"MessageSid": "SM7", "MessageStatus": status}
    assert report(settings, form, about=delivery.pk) == 204
    assert not record_sent(delivery, gateway_id="SM7", at=AT)  # the worker comes second
    assert state_of(delivery) == state
    assert (delivery.gateway_id, delivery.lease) == ("SM7", None)
    assert delivery.sent_at is not None
    delivery.notice.refresh_from_db()
    assert delivery.notice.secret is None


def test_what_arrived_is_not_sent_again_and_what_failed_is(db: None, twilio: Twilio, settings: Settings) -> None:
    delivery = code()  # it waits for another attempt: our side did not hear Twilio's answer to the first
    assert report(settings, {"MessageSid": "SM7", "MessageStatus": "undelivered"}, about=delivery.pk) == 204
    assert state_of(delivery) == State.QUEUED
    assert report(settings, {"MessageSid": "SM7", "MessageStatus": "delivered"}, about=delivery.pk) == 204
    assert state_of(delivery) == State.DELIVERED
    send(str(delivery.pk), at=AT)
    assert twilio.heard == []


def test_a_report_about_another_row_needs_twilios_signature_of_it(sent: Delivery, settings: Settings) -> None:
    waiting = code_to("+79120001133")
    form = {"MessageSid": "SM7", "MessageStatus": "delivered"}
    plain = settings.PUBLIC_URL + "/gateway/twilio/status/"
    assert report(settings, form, url=plain, about=waiting.pk) == 403
    assert report(settings, form, about="nonsense") == 204
    assert state_of(waiting) == State.QUEUED
    assert state_of(sent) == State.SENT


@pytest.mark.parametrize(("status", "state"), [("completed", State.DELIVERED), ("no-answer", State.FAILED)])
def test_twilio_reports_how_a_call_ended(db: None, twilio: Twilio, settings: Settings, status: str, state: str) -> None:
    delivery = code("voice")
    send(str(delivery.pk), at=AT)
    delivery.refresh_from_db()
    assert report(settings, {"CallSid": delivery.gateway_id, "CallStatus": status}) == 204
    assert state_of(delivery) == state


def test_a_report_that_twilio_did_not_sign_is_refused(sent: Delivery, settings: Settings) -> None:
    form = {"MessageSid": sent.gateway_id, "MessageStatus": "delivered"}
    assert report(settings, form, token="somebody-else's") == 403
    assert report(settings, form, url="http://elsewhere/gateway/twilio/status/") == 403
    assert Client().post("/gateway/twilio/status/", form).status_code == 403
    assert Client().get("/gateway/twilio/status/").status_code == 405
    settings.TWILIO_AUTH_TOKEN = ""
    assert report(settings, form, token="") == 403
    assert state_of(sent) == State.SENT


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageSid": "", "MessageStatus": "delivered"},
        {"MessageSid": "SM\x00", "MessageStatus": "delivered"},
        {"MessageSid": "x" * 5000, "MessageStatus": "delivered"},
        {"MessageSid": "SMunknown", "MessageStatus": "delivered"},
        {"MessageSid": "SMunknown", "MessageStatus": "новый"},
    ],
)
def test_a_strange_report_changes_nothing(sent: Delivery, settings: Settings, form: dict[str, str]) -> None:
    assert report(settings, form) == 204
    assert state_of(sent) == State.SENT

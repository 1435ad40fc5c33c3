"""A notice as its reader sees it: the kind's templates, filled in the reader's language."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, engines
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.kinds import KINDS
from notifications.models import Delivery, Notice
from notifications.sealing import unseal


@dataclass(frozen=True)
class Message:
    """What leaves on one channel. `subject`, `html` and `unsubscribe` (the address that ends such letters) are an e-mail's."""

    text: str
    subject: str = ""
    html: str = ""
    unsubscribe: str = ""


def render(delivery: Delivery) -> Message:
    """The message of one delivery, in the language that is active."""
    with _hours_of(delivery.notice):
        return _rendered(delivery)


def _rendered(delivery: Delivery) -> Message:
    notice = delivery.notice
    values = _values(notice) | _secret(notice)
    values["stop_url"] = _absolute(reverse("opt_out", args=[delivery.stop_token])) if delivery.stop_token else ""
    text = plain_text(_template(notice, delivery.channel), values)
    if delivery.channel != "email":
        return Message(text=text)
    subject, body = _split(text)
    html = _html(notice, subject, body, values)
    return Message(subject=subject, text=_letter(body, values), html=html, unsubscribe=values["unsubscribe_url"])


def title_and_text(notice: Notice) -> tuple[str, str]:
    """How a notice reads in the inbox, in the language that is active now."""
    if notice.kind not in KINDS:
        return _("A notice of an earlier version of the portal"), ""
    with _hours_of(notice):
        return _split(plain_text(_template(notice, "inbox"), _values(notice)))


def _hours_of(notice: Notice) -> AbstractContextManager[object]:
    """A notice that names its `zone` tells moments in it, whoever reads it; the others in the reader's."""
    zone = notice.context.get("zone")
    return timezone.override(ZoneInfo(zone)) if zone else nullcontext()


def plain_text(template: str, values: dict[str, Any]) -> str:
    """Fill a text template: nothing is escaped, because nothing here is HTML."""
    engine = engines["django"].engine  # type: ignore[attr-defined]
    return str(engine.get_template(template).render(Context(values, autoescape=False))).strip()


def template_name(kind_name: str, channel: str) -> str:
    """Where the text of a kind for a channel lies: accounts/sms/code.txt."""
    app, word = kind_name.split(".")
    return f"{app}/{'mail' if channel == 'email' else channel}/{word}.txt"


def _template(notice: Notice, channel: str) -> str:
    return template_name(notice.kind, channel)


def _values(notice: Notice) -> dict[str, Any]:
    url = _absolute(notice.url) if notice.url else ""
    stop = _absolute(notice.context["unsubscribe"]) if notice.context.get("unsubscribe") else ""
    return {
        **notice.context, "url": url, "unsubscribe_url": stop, "PUBLIC_HOST": settings.PUBLIC_HOST, "notice": notice,
    }  # fmt: skip


def _secret(notice: Notice) -> dict[str, str]:
    """The code as one word and, for the ear, sign by sign."""
    if notice.secret is None:
        return {}
    secret = unseal(notice.secret)
    return {"secret": secret, "digits": ", ".join(secret)}


def _absolute(path: str) -> str:
    return settings.PUBLIC_URL + path


def _split(text: str) -> tuple[str, str]:
    """The first line is the title; a line break inside a value can only end it, never add a header."""
    title, _sign, rest = text.partition("\n")
    return title.strip(), rest.strip()


def _letter(body: str, values: dict[str, Any]) -> str:
    return plain_text("notifications/mail/layout.txt", {**values, "text": body})


def _html(notice: Notice, subject: str, body: str, values: dict[str, Any]) -> str:
    own = _template(notice, "email").removesuffix(".txt") + ".html"
    return render_to_string([own, "notifications/mail/layout.html"], {**values, "subject": subject, "text": body})

"""What a production must not be started with."""

import ipaddress
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import ProgrammingError

from accounts.identity.sandbox_catalog import SERVICES, is_sandbox

SECRETS = ("SECRET_KEY", "CODE_PEPPER", "FIELD_KEY")
LONG_ENOUGH = 40  # letters of a secret that nobody guesses


def faults() -> list[str]:
    """What is wrong with this production, each in a sentence that says what to do; nothing in demo and tests."""
    if not settings.PRODUCTION:
        return []
    return [*_secrets(), *_gateways(), *_addresses()]


def _secrets() -> list[str]:
    values = {name: getattr(settings, name) for name in SECRETS}
    found = [f"{name} is the demo's: set it to a long random value." for name, value in values.items() if value == settings.DEMO_SECRET]  # fmt: skip
    found += [f"{name} is too short: make it {LONG_ENOUGH} letters or more." for name, value in values.items() if len(value) < LONG_ENOUGH]  # fmt: skip
    if len(set(values.values())) < len(values):
        found.append("SECRET_KEY, CODE_PEPPER and FIELD_KEY must differ: set each to a random value of its own.")
    return found


def _gateways() -> list[str]:
    found = []
    if not settings.EMAIL_HOST:
        found.append("EMAIL_HOST is not set, e-mails would go to the message tray: set it to your mail server.")
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_FROM):
        found.append("Codes would go to the message tray: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.")
    if settings.TWILIO_BASE_URL and urlsplit(settings.TWILIO_BASE_URL).scheme != "https":
        found.append("TWILIO_BASE_URL is not a real gateway: it must start with https://, or stay empty.")
    if settings.EMAIL_BACKEND != "django.core.mail.backends.smtp.EmailBackend":
        found.append("EMAIL_BACKEND does not send: leave it to EMAIL_HOST.")
    if settings.DEV_PAGES:
        found.append(
            "The message tray, the sandbox bank and the sandbox identity services are open: start with PORTAL_MODE=production."
        )
    if settings.DEMO:
        found.append("Recovery codes of employees would be shown to everybody: start with PORTAL_MODE=production.")
    if settings.YOOKASSA_URL and urlsplit(settings.YOOKASSA_URL).scheme != "https":
        found.append("YOOKASSA_URL is not a real provider: it must start with https://, or stay empty.")
    if wrong := [word for word in settings.PAY_NOTICE_NETWORKS if not _is_network(word)]:
        found.append(f"PAY_NOTICE_NETWORKS must name networks like 185.71.76.0/27, not {', '.join(wrong)}.")
    if sandboxes := [one.id for one in settings.IDENTITY_SERVICES if is_sandbox(one)]:
        found.append(f"IDENTITY_SERVICES names services of the demo's sandbox: take {', '.join(sandboxes)} out.")
    real = [one for one in settings.IDENTITY_SERVICES if not is_sandbox(one)]
    if plain := [one.id for one in real if urlsplit(one.issuer).scheme != "https"]:
        found.append(f"The issuer of an identity service must start with https://: {', '.join(plain)}.")
    if own := [one.id for one in real if urlsplit(one.issuer).netloc == urlsplit(settings.PUBLIC_URL).netloc]:
        found.append(f"The portal cannot say itself who people are: take {', '.join(own)} out of IDENTITY_SERVICES.")
    return found


def _is_network(word: str) -> bool:
    try:
        ipaddress.ip_network(word)
    except ValueError:
        return False
    return True


def _addresses() -> list[str]:
    found = []
    if os.environ.get("DEBUG", "").strip().lower() in {"1", "true", "yes", "on"} or settings.DEBUG:
        found.append("DEBUG shows the inside of the portal to everybody: unset it.")
    if urlsplit(settings.PUBLIC_URL).scheme != "https":
        found.append("PUBLIC_URL must start with https://.")
    if "*" in settings.ALLOWED_HOSTS:
        found.append("ALLOWED_HOSTS must name the hosts, not *.")
    return found


def refuse_to_start() -> None:
    """End the process with the faults as its last words. Called where web server, worker and scheduler begin."""
    found = faults()
    if found:
        raise SystemExit("The portal does not start:\n" + "\n".join(f"- {fault}" for fault in found))


@register(Tags.security)
def production_is_real(**kwargs: Any) -> list[CheckMessage]:
    """The same faults for `manage.py check` and every other command."""
    return [Error(fault, id="portal.E001") for fault in faults()]


@register(Tags.database)
def no_company_is_paid_at_a_sandbox(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A database that was moved here from a demo: `migrate` and `check --database default` say so.

    The pages do not need this: in production the sandbox is no provider (billing/providers).
    """
    if not settings.PRODUCTION or not databases:
        return []
    from billing.models import ProviderAccount

    accounts = ProviderAccount.objects.filter(provider=ProviderAccount.Provider.SANDBOX, is_active=True)
    try:
        names = [str(one.organization) for one in accounts.select_related("organization")]
    except ProgrammingError:  # before the first migration there is no such table
        return []
    words = "%s takes payments at the sandbox bank: switch that account off or delete it."
    return [Error(words % name, id="portal.E002") for name in names]


@register(Tags.database)
def nobody_is_known_from_a_sandbox(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The same for people: what a sandbox said of somebody would stand there as verified."""
    if not settings.PRODUCTION or not databases:
        return []
    from allauth.socialaccount.models import SocialAccount

    try:
        count = SocialAccount.objects.filter(provider__in=[row[0] for row in SERVICES]).count()
    except ProgrammingError:  # before the first migration there is no such table
        return []
    words = (
        "The demo's sandbox identity services confirmed %s people: delete those rows of socialaccount_socialaccount."
    )
    return [Error(words % count, id="portal.E003")] if count else []

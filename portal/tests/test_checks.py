"""Production refuses to start with anything that is only good for a demo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.socialaccount.models import SocialAccount
from pytest_django import Settings

from accounts.identity.catalog import IdentityService
from accounts.identity.sandbox_catalog import sandbox_services
from billing.testing import make_till
from portal.checks import (
    faults,
    no_company_is_paid_at_a_sandbox,
    nobody_is_known_from_a_sandbox,
    refuse_to_start,
)
from portal.features import ROOT
from portal.testing import Cast

REAL = {
    "PORTAL_MODE": "production", "PUBLIC_URL": "https://portal.example.org",
    "SECRET_KEY": "s" * 60, "CODE_PEPPER": "p" * 60, "FIELD_KEY": "f" * 60,
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_HOST": "smtp.example.org",
    "TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15005550006",
}  # fmt: skip
WEB = ["-c", "import portal.wsgi"]
WORKER = ["-m", "celery", "-A", "portal", "worker", "-P", "solo"]
CLOCK = ["-m", "celery", "-A", "portal", "beat", "--pidfile="]


def service(issuer: str) -> IdentityService:
    return IdentityService("bankid", "Bank ID", "bank", issuer, "portal", "s")


@pytest.fixture
def production(settings: Settings) -> Settings:
    """The settings of a production in which everything is right."""
    for name, value in REAL.items():
        setattr(settings, name, value)
    settings.PRODUCTION, settings.DEV_PAGES, settings.DEBUG = True, False, False
    settings.ALLOWED_HOSTS, settings.TWILIO_BASE_URL = ["portal.example.org"], ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.YOOKASSA_URL, settings.PAY_NOTICE_NETWORKS = "", []
    settings.IDENTITY_SERVICES = [service("https://id.example.org")]
    settings.IDENTITY_SERVICES = []
    return settings


def start(arguments: list[str], **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Start a part of the portal in production, with the named variables changed or (None) taken away."""
    given = {name: value for name, value in (REAL | changed).items() if value is not None}
    surroundings = {"PATH": os.environ["PATH"], **given}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=60, check=False)


def test_a_real_production_has_no_faults(production: Settings) -> None:
    assert faults() == []
    refuse_to_start()


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("SECRET_KEY", "demo-only-never-in-production-0123456789-abcdefghijklmnop", "SECRET_KEY is the demo's"),
        ("CODE_PEPPER", "demo-only-never-in-production-0123456789-abcdefghijklmnop", "CODE_PEPPER is the demo's"),
        ("FIELD_KEY", "demo-only-never-in-production-0123456789-abcdefghijklmnop", "FIELD_KEY is the demo's"),
        ("SECRET_KEY", "short", "SECRET_KEY is too short"),
        ("CODE_PEPPER", "s" * 60, "must differ"),
        ("EMAIL_HOST", "", "EMAIL_HOST"),
        ("EMAIL_BACKEND", "notifications.tray.EmailBackend", "EMAIL_BACKEND"),
        ("TWILIO_ACCOUNT_SID", "", "TWILIO_ACCOUNT_SID"),
        ("TWILIO_AUTH_TOKEN", "", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_FROM", "", "TWILIO_FROM"),
        ("TWILIO_BASE_URL", "http://127.0.0.1:9999", "TWILIO_BASE_URL"),
        ("YOOKASSA_URL", "http://127.0.0.1:9999/v3", "YOOKASSA_URL"),
        ("PAY_NOTICE_NETWORKS", ["everybody"], "PAY_NOTICE_NETWORKS"),
        ("DEV_PAGES", True, "sandbox bank"),
        ("IDENTITY_SERVICES", sandbox_services("https://portal.example.org"), "take sandbox-bank"),
        ("IDENTITY_SERVICES", [service("http://id.example.org")], "must start with https://: bankid"),
        ("IDENTITY_SERVICES", [service("https://portal.example.org/id")], "take bankid out"),
        ("DEMO", True, "Recovery codes"),
        ("DEBUG", True, "DEBUG"),
        ("PUBLIC_URL", "http://portal.example.org", "https"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS"),
    ],
)
def test_each_fake_is_named(production: Settings, name: str, value: object, word: str) -> None:
    setattr(production, name, value)

    assert len(faults()) == 1
    assert word in faults()[0]
    with pytest.raises(SystemExit, match="does not start"):
        refuse_to_start()


def test_the_demo_may_use_its_tray() -> None:
    assert faults() == []


@pytest.mark.parametrize("part", [WEB, WORKER, CLOCK], ids=["web", "worker", "clock"])
def test_no_part_starts_without_a_real_gateway(part: list[str], tmp_path: Path) -> None:
    schedule = ["-s", str(tmp_path / "beat")] if part is CLOCK else []
    done = start([*part, *schedule], TWILIO_AUTH_TOKEN=None)

    assert done.returncode != 0
    assert "TWILIO_AUTH_TOKEN" in done.stderr


def test_the_web_part_starts_when_all_is_real() -> None:
    assert start(WEB).returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "CODE_PEPPER", "FIELD_KEY", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL"])
def test_what_production_cannot_do_without_has_no_default(name: str) -> None:
    done = start(WEB, **{name: None})

    assert done.returncode != 0
    assert f"Set the environment variable {name}." in done.stderr


def test_debug_is_refused_even_by_a_command() -> None:
    done = start(["manage.py", "check"], DEBUG="1")

    assert done.returncode != 0
    assert "DEBUG" in done.stderr


def test_a_production_with_a_company_at_the_sandbox_bank_is_told_so(cast: Cast, production: Settings) -> None:
    till = make_till(cast.company)
    [fault] = no_company_is_paid_at_a_sandbox(databases=["default"])
    assert "Уютный дом takes payments at the sandbox bank" in fault.msg
    till.is_active = False
    till.save()
    assert no_company_is_paid_at_a_sandbox(databases=["default"]) == []


def test_the_demo_may_have_a_sandbox_bank(cast: Cast) -> None:
    make_till(cast.company)
    assert no_company_is_paid_at_a_sandbox(databases=["default"]) == []


def test_in_production_the_sandbox_bank_has_no_address() -> None:
    ask = "import django; django.setup(); from django.urls import reverse, NoReverseMatch\n"
    ask += "try:\n reverse('bank', args=['00000000-0000-0000-0000-000000000000'])\n"
    ask += "except NoReverseMatch:\n print('no bank')"
    answer = start(["-c", ask], DJANGO_SETTINGS_MODULE="portal.settings")
    assert answer.stdout.strip() == "no bank", answer.stderr


def test_in_production_the_sandbox_identity_services_have_no_address() -> None:
    ask = "import django; django.setup(); from django.urls import get_resolver\n"
    ask += "print([name for name in get_resolver().reverse_dict if 'sandbox' in str(name)])"
    answer = start(["-c", ask], DJANGO_SETTINGS_MODULE="portal.settings")
    assert answer.stdout.strip() == "[]", answer.stderr


def test_a_production_that_knows_people_from_the_sandbox_is_told_so(cast: Cast, production: Settings) -> None:
    SocialAccount.objects.create(user=cast.olga, provider="bankid", uid="1")
    assert nobody_is_known_from_a_sandbox(databases=["default"]) == []
    SocialAccount.objects.create(user=cast.oleg, provider="sandbox-bank", uid="demo-guide")
    [fault] = nobody_is_known_from_a_sandbox(databases=["default"])
    assert "confirmed 1 people" in fault.msg


def test_the_demo_may_know_people_from_the_sandbox(cast: Cast) -> None:
    SocialAccount.objects.create(user=cast.oleg, provider="sandbox-bank", uid="demo-guide")
    assert nobody_is_known_from_a_sandbox(databases=["default"]) == []

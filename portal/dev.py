"""The gallery of components: what the pages are built of, in every state. Never in production."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from lib.charts import Bar, bars
from lib.qr import qr_png
from portal.icons import ICONS

NOBODY = UUID(int=0)


@dataclass
class Company:
    short_name: str = "Уютный дом"
    phone: str = "8 (800) 550-07-36"
    address: str = "г. Волгодонск, ул. Садовая, 1"
    hours: str = "Пн–Пт 8:00–17:00"


@dataclass
class Street:
    city: str = "м. Львів"
    street: str = "вул. Руська"
    number: str = "34"
    entrances: int = 3
    floors: int = 5
    flat_count: int = 60
    emergency_phone: str = "+380671234567"


@dataclass
class Flat:
    house: Street = field(default_factory=Street)
    label: str = "17"
    kind: str = "flat"
    entrance: int | None = 1
    floor: int | None = 3


@dataclass
class Account:
    """Stands for a PersonalAccount: the gallery needs no database."""

    unit: Flat = field(default_factory=Flat)
    organization: Company = field(default_factory=Company)
    number: str = "10117"
    public_id: UUID = NOBODY


class Sample(forms.Form):
    """Every kind of field a page may have."""

    address = forms.CharField(
        label="Phone or e-mail",
        help_text="For example 067 123 45 67",
        widget=forms.TextInput(attrs={"autocomplete": "username", "inputmode": "email"}),
    )
    code = forms.CharField(
        label="Code from the message",
        widget=forms.TextInput(attrs={"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    patronymic = forms.CharField(label="Patronymic", required=False)
    password = forms.CharField(label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))
    language = forms.ChoiceField(label="Language", choices=[("ru", "Русский"), ("uk", "Українська")])
    way = forms.ChoiceField(
        label="How shall we send the code?",
        choices=[("sms", "SMS"), ("voice", "A call that reads the code")],
        widget=forms.RadioSelect,
        help_text="A call suits those who do not read messages.",
    )
    topics = forms.MultipleChoiceField(
        label="Tell me about",
        choices=[("bills", "New bills"), ("outages", "Outages")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    agree = forms.BooleanField(label="I accept the user agreement", help_text="Version of 1 November 2026")
    register = forms.FileField(label="Register", required=False)
    message = forms.CharField(label="What happened?", widget=forms.Textarea)


class DialSample(forms.Form):
    """The value of a meter, which has a component of its own."""

    dial = forms.CharField(
        label="New value", widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )


def _samples() -> dict[str, Any]:
    """What the gallery shows; the wrong form is bound to a few wrong values."""
    today = timezone.localdate()
    files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict({"register": [SimpleUploadedFile("a.csv", b"")]})
    wrong = Sample({"address": "12", "way": "sms"}, files, prefix="wrong")
    return {
        "account": Account(),
        "parking": Account(unit=Flat(label="н/п 3", kind="shop"), number="10118"),
        "icons": sorted(ICONS),
        "fine": Sample(),
        "wrong": wrong,
        "dials": DialSample(prefix="meter"),
        "wrong_dials": DialSample({}, prefix="wrong-meter"),
        "page": Paginator(range(200), 10).page(7),
        "deadlines": [
            {"what": "Meter readings", "day": today + timedelta(days=4), "icon": "meter", "url": "#readings"},
            {"what": "Payment", "day": today + timedelta(days=19), "icon": "bill"},
        ],
        "rows": [
            {"name": "Area", "value": "61,0 m²"},
            {"name": "Rooms", "value": None},
            {"name": "Contact phone", "value": "+380 67 123 45 67", "url": "#phone"},
        ],
        "locked": {"service": "BankID", "confirmed_at": today, "rows": [
            {"name": "Last name", "value": "Дем'яненко"}, {"name": "First name", "value": "Мар'яна"},
            {"name": "Date of birth", "value": "1 January 1990"}, {"name": "РНОКПП", "value": "•••• 0012"},
        ]},
        "options": [
            {"url": "#code", "icon": "qr", "title": "Code or QR from a letter", "text": "The fastest way",
             "tag": "Confirmed", "tag_kind": "ok"},
            {"url": "#address", "icon": "building", "title": "Address and account number", "text": "Both are on the bill"},
            {"url": "#password", "icon": "key", "title": "Login and password from the company", "text": "From a letter"},
        ],
        "houses": [Street(), Street(entrances=1, floors=9, flat_count=36), Street(entrances=6, floors=9, flat_count=216),
                   Street(entrances=1, floors=2, flat_count=8), Street(entrances=12, floors=25, flat_count=1200)],
        "lines": [
            {"service": "Heating", "icon": "heat", "volume": Decimal("1.234"), "amount": Decimal("1840.20")},
            {"service": "Cold water", "icon": "water-cold", "volume": Decimal("3.196"), "amount": Decimal("214.19")},
            {"service": "Electricity", "icon": "power", "volume": Decimal("1204.5"), "amount": Decimal("-1626")},
        ],
        "tiles": [
            {"url": "#bills", "icon": "bill", "title": "Payment documents"},
            {"url": "#inbox", "icon": "letter", "title": "Notices"},
            {"url": "#meters", "icon": "meter", "title": "Meters", "note": "until 25 November"},
            {"url": "", "icon": "chat", "title": "Appeals", "note": "coming"},
        ],
        "bars": bars([
            Bar("Nov 2026", Decimal("3.196"), "3,196", Decimal("4.1"), "4,100"),
            Bar("Oct 2026", Decimal("4.233"), "4,233", Decimal("3.2"), "3,200", is_estimate=True),
            Bar("Sep 2026", None, "", Decimal("2.9"), "2,900"),
            Bar("Aug 2026", Decimal(0), "0", None),
            Bar("Jul 2026", Decimal("6.5"), "6,500", Decimal("0.02"), "0,020"),
        ]),
        "code": f"data:image/png;base64,{b64encode(qr_png('https://example.com/q/')).decode()}",
        "today": today, "due": today + timedelta(days=19), "debt": Decimal("3680.39"), "overpaid": Decimal("-214.1"),
        "debt_total": Decimal("428.39"),
    }  # fmt: skip


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state: what screenshots and accessibility tests visit."""
    return render(request, "dev/gallery.html", _samples())

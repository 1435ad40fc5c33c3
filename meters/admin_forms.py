"""The staff's form of a meter, and what it shares with the forms of acts."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lib.text import account_key
from meters.consumption import capacity, quantum
from meters.exchange.meters import EARLIEST
from meters.resources import FACTS, Unit
from meters.typed import Unreadable, read_value
from premises.admin_scope import KeyedForm
from premises.models import Organization, PersonalAccount

ZONES = ("t1", "t2", "t3")
LONGEST = 30  # years to a next verification, at most; the rarest are verified every 16 years
FUTURE = _("This day has not come yet. Check the date.")
DIGITS = _("The meter has fewer digits before the comma. Check the value.")
PLACES = _("The meter has fewer digits after the comma. Check the value.")


class DialField(forms.CharField):
    """A value of a dial as people copy it: one field of text, comma or point; its value is a Decimal or None."""

    def __init__(self, *, int_digits: int = 9, decimals: int = 4, **kwargs: Any) -> None:
        self.int_digits, self.decimals = int_digits, decimals
        kwargs.setdefault("widget", forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "class": "dial"}))
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_value(text, int_digits=self.int_digits, decimals=self.decimals)
        except Unreadable as bad:
            raise ValidationError(gettext(bad.text) % bad.facts, code="dial") from None

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


def plain(value: Decimal) -> str:
    """A value as it is typed into a field: no grouping, the reader's comma, no zeros at the end."""
    text = f"{value.normalize():f}"
    return text if (get_language() or "en").startswith("en") else text.replace(".", ",")


def day_field(**kwargs: Any) -> forms.DateField:
    """A day, chosen from the browser's own calendar."""
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **kwargs)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def check_past(form: forms.BaseForm, values: dict[str, Any], name: str, today: date) -> None:
    """A day on which something happened is neither ahead nor before there were such meters."""
    day = values.get(name)
    if day and day > today:
        form.add_error(name, FUTURE)
    elif day and day < EARLIEST:
        form.add_error(name, _("This is too long ago. Check the year."))


def check_verification(
    form: forms.BaseForm, values: dict[str, Any], resource: str, country: str, verified: date | None, today: date
) -> None:
    """The next verification comes after the last one, within sight; left empty, it is as usual for the resource."""
    following = values.get("next_verification")
    if verified and not following and "next_verification" not in form.errors:
        values["next_verification"] = next_verification(resource, country, verified)
    elif verified and following and following <= verified:
        form.add_error("next_verification", _("The next verification must be later than the last one."))
    elif following and following > years_after(today, LONGEST):
        form.add_error("next_verification", _("This is more than 30 years ahead. Check the year."))


def check_initials(form: forms.BaseForm, values: dict[str, Any], prefix: str, digits: Any, decimals: Any) -> None:
    """The values with which a meter begins fit its dial."""
    for zone in ZONES:
        value = values.get(f"{prefix}{zone}")
        if value is None or digits is None or decimals is None:
            continue
        if value >= capacity(digits):
            form.add_error(f"{prefix}{zone}", DIGITS)
        elif value != value.quantize(quantum(decimals)):
            form.add_error(f"{prefix}{zone}", PLACES)


def next_verification(meter_resource: str, country: str, verified_on: date) -> date:
    """When a verification of this day usually runs out; the meter's passport may say otherwise."""
    return years_after(verified_on, FACTS[meter_resource].verification_years.get(country, 4))


class MeterForm(KeyedForm):
    """A meter's facts. What is left empty is what is usual for the resource.

    The account is typed, not chosen: a company has thousands. `accounts` are those of the employee's companies.
    """

    accounts: QuerySet[PersonalAccount] = PersonalAccount.objects.none()

    account = forms.CharField(
        label=_("Account number"), required=False, max_length=30,
        help_text=_("Of the flat where the meter is. Empty: the meter of a whole house"),
    )  # fmt: skip
    act = forms.CharField(label=_("Act of installation, number"), max_length=60, required=False)
    unit = forms.ChoiceField(
        label=_("Unit"), required=False, choices=[("", _("usual for the resource")), *Unit.choices]
    )  # fmt: skip
    zones = forms.TypedChoiceField(
        label=_("Tariff zones"), coerce=int, choices=[(1, "1"), (2, "2"), (3, "3")], initial=1
    )
    int_digits = forms.IntegerField(
        label=_("Digits before the comma"), required=False, min_value=1, max_value=9,
        help_text=_("Empty: usual for the resource"),
    )  # fmt: skip
    decimals = forms.IntegerField(
        label=_("Digits after the comma"), required=False, min_value=0, max_value=4,
        help_text=_("Empty: usual for the resource"),
    )  # fmt: skip
    ratio = forms.DecimalField(
        label=_("Transformation ratio"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3, initial=Decimal(1)
    )
    initial_t1 = DialField(label=_("Value at installation, T1"), required=False)
    initial_t2 = DialField(label=_("Value at installation, T2"), required=False)
    initial_t3 = DialField(label=_("Value at installation, T3"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial.update({"unit": "", "int_digits": None, "decimals": None, "initial_t1": None})
        if "house" in self.fields:
            self.fields["house"].required = False
            self.fields["house"].help_text = _("Only for the meter of a whole house; a flat's meter has its account.")

    def clean_account(self) -> PersonalAccount | None:
        """The account with the typed number; the superuser may meet it in several companies."""
        typed = account_key(self.cleaned_data["account"])
        if not typed:
            return None
        found = self.accounts.filter(number_search=typed).select_related("unit__house", "organization")
        if len(found) > 1:
            house = self.data.get("house", "")
            found = found.filter(unit__house=int(house) if house.isdecimal() else None)
        if not found:
            raise ValidationError(_("There is no account with this number. Check it, or choose its house, too."))
        return found[0]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance._state.adding:
            self._check_place(values)
        self._fill_in(values)
        digits = values.get("int_digits", self.instance.int_digits)
        check_initials(self, values, "initial_", digits, values.get("decimals", self.instance.decimals))
        self._check_days(values)
        return values

    def _check_place(self, values: dict[str, Any]) -> None:
        account, house = values.get("account"), values.get("house")
        if account and house and account.unit.house_id != house.pk:
            self.add_error("house", _("This account is in another house."))
        elif not account and not house and not {"account", "house"} & self.errors.keys():
            self.add_error(
                "account", _("Write the account of the flat, or choose the house if the meter is of the whole house.")
            )

    def _fill_in(self, values: dict[str, Any]) -> None:
        """What is left empty, as the resource usually has it."""
        facts = FACTS.get(values.get("resource") or self.instance.resource)
        if facts is None:
            return
        usual = {"unit": facts.unit, "int_digits": facts.int_digits, "decimals": facts.decimals}
        for name, value in usual.items():
            if name in self.fields and name not in self.errors and values.get(name) in {None, ""}:
                values[name] = value
        if "initial_t1" in self.fields and "initial_t1" not in self.errors and values.get("initial_t1") is None:
            values["initial_t1"] = Decimal(0)

    def _check_days(self, values: dict[str, Any]) -> None:
        company = self._company(values)
        now = timezone.now()
        today = company.day(now) if company else timezone.localdate(now)
        for name in ("installed_on", "verified_on"):
            check_past(self, values, name, today)
        resource = values.get("resource")
        if company and resource and "next_verification" in self.fields:
            check_verification(self, values, resource, company.country, values.get("verified_on"), today)

    def _company(self, values: dict[str, Any]) -> Organization | None:
        """Whose meter it is, as far as the form says it."""
        place = values.get("account") or values.get("house")
        if place:
            return place.organization  # type: ignore[no-any-return]
        return self.instance.organization if self.instance.organization_id else None

"""The staff's forms of meters: a new meter, its facts, and the acts that change it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lib.text import account_key
from meters.actions import NewMeter
from meters.consumption import capacity, quantum
from meters.examining import Finding
from meters.models import Meter
from meters.models.meter import Zones, zones_of
from meters.resources import FACTS, Unit
from meters.typed import Unreadable, read_value
from premises.admin_scope import KeyedForm

ZONES = ("t1", "t2", "t3")
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


def next_verification(meter_resource: str, country: str, verified_on: date) -> date:
    """When a verification of this day usually runs out; the meter's passport may say otherwise."""
    return years_after(verified_on, FACTS[meter_resource].verification_years.get(country, 4))


class MeterForm(KeyedForm):
    """A meter's facts. What is left empty is what is usual for the resource."""

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

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance._state.adding:
            self._check_place(values)
        self._fill_in(values)
        self._check_dial(values)
        self._check_days(values)
        return values

    def _check_place(self, values: dict[str, Any]) -> None:
        account, house = values.get("account"), values.get("house")
        if account and house and account.unit.house_id != house.pk:
            self.add_error("house", _("This account is in another house."))
        elif not account and not house and not {"account", "house"} & self.errors.keys():
            self.add_error(
                "account", _("Choose the account of the flat, or the house if the meter is of the whole house.")
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

    def _check_dial(self, values: dict[str, Any]) -> None:
        digits = values.get("int_digits", self.instance.int_digits)
        decimals = values.get("decimals", self.instance.decimals)
        for zone in ZONES:
            value = values.get(f"initial_{zone}")
            if value is None or digits is None or decimals is None:
                continue
            if value >= capacity(digits):
                self.add_error(f"initial_{zone}", DIGITS)
            elif value != value.quantize(quantum(decimals)):
                self.add_error(f"initial_{zone}", PLACES)

    def _check_days(self, values: dict[str, Any]) -> None:
        verified, following = values.get("verified_on"), values.get("next_verification")
        account, house = values.get("account"), values.get("house")
        owner = account or house
        if verified and not following and owner and values.get("resource") and "next_verification" in self.fields:
            values["next_verification"] = next_verification(values["resource"], owner.organization.country, verified)
        elif verified and following and following <= verified:
            self.add_error("next_verification", _("The next verification must be later than the last one."))


class ActForm(forms.Form):
    """The day of what happened to a meter; forms of single acts add their own questions."""

    on = day_field(label=_("Date"))

    def __init__(self, *args: Any, meter: Meter, today: date, **kwargs: Any) -> None:
        self.meter, self.today = meter, today
        kwargs["initial"] = {"on": today} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(FUTURE)
        if on < self.meter.installed_on:
            raise ValidationError(_("On this day the meter was not installed yet. Check the date."))
        return on

    def refuse(self, findings: Iterable[Finding]) -> None:
        """Put what was found wrong with a reading beside the field it is about."""
        for one in findings:
            if one.error:
                self.add_error("on" if is_about_day(one) else "t1", str(one.error))

    def _add_dials(self, prefix: str, one: Any, many: Any) -> None:
        for zone in ZONES[: self.meter.zones]:
            label = one if self.meter.zones == 1 else many % {"zone": zone.upper()}
            self.fields[f"{prefix}{zone}"] = DialField(
                label=label, int_digits=self.meter.int_digits, decimals=self.meter.decimals
            )

    def values_of(self, prefix: str = "") -> Zones:
        """The typed values, one per zone."""
        return zones_of(*(self.cleaned_data.get(f"{prefix}{zone}") for zone in ZONES))


def is_about_day(finding: Finding) -> bool:
    """Whether the day is wrong rather than the value."""
    first = max(finding.entry.meter.installed_on, finding.known.previous_on)
    return finding.entry.taken_on < first


def act_field() -> forms.CharField:
    return forms.CharField(label=_("Act, number"), max_length=60)


class CheckForm(ActForm):
    """A controlled reading."""

    act = act_field()
    note = forms.CharField(label=_("Note"), max_length=120, required=False)
    field_order = ("on", "act", *ZONES, "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._add_dials("", _("The meter shows"), _("The meter shows, %(zone)s"))
        self.order_fields(self.field_order)


class RemoveForm(ActForm):
    """The last values of a meter that is taken away."""

    act = act_field()
    field_order: tuple[str, ...] = ("on", "act", *ZONES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._add_dials("", _("The meter shows at the end"), _("The meter shows at the end, %(zone)s"))
        self.order_fields(self.field_order)


class ReplaceForm(RemoveForm):
    """The old meter's last values and the new meter; its dial has as many digits as the old one's."""

    serial = forms.CharField(label=_("Number of the new meter"), max_length=50)
    model = forms.CharField(label=_("Model of the new meter"), max_length=60, required=False)
    verified_on = day_field(label=_("New meter verified"), required=False)
    next_verification = day_field(
        label=_("Next verification"), required=False, help_text=_("Empty: as usual for the resource")
    )
    seal = forms.CharField(label=_("Seal"), max_length=40, required=False)
    field_order = (
        "on", "act", *ZONES, "serial", "new_t1", "new_t2", "new_t3", "model", "verified_on", "next_verification", "seal",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._add_dials("new_", _("The new meter shows"), _("The new meter shows, %(zone)s"))
        self.order_fields(self.field_order)

    def clean_serial(self) -> str:
        serial: str = self.cleaned_data["serial"]
        there = Meter.objects.filter(resource=self.meter.resource, serial_search=account_key(serial))
        place = {"account": self.meter.account} if self.meter.account else {"house": self.meter.house, "account": None}
        if there.filter(**place).exists():
            raise ValidationError(_("There is a meter with this number here already."))
        return serial

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        check_verification(self, values, self.meter, values.get("verified_on"))
        return values

    @property
    def new(self) -> NewMeter:
        """The meter that takes the place."""
        values = self.cleaned_data
        return NewMeter(
            serial=values["serial"], initial=self.values_of("new_"), model=values["model"],
            verified_on=values["verified_on"], next_verification=values["next_verification"], seal=values["seal"],
        )  # fmt: skip


def check_verification(form: forms.Form, values: dict[str, Any], meter: Meter, verified: date | None) -> None:
    """The next verification comes after the last one; left empty, it is as usual for the resource."""
    following = values.get("next_verification")
    if verified and not following and "next_verification" not in form.errors:
        country = meter.organization.country
        values["next_verification"] = next_verification(meter.resource, country, verified)
    elif verified and following and following <= verified:
        form.add_error("next_verification", _("The next verification must be later than the last one."))


class VerifyForm(ActForm):
    """A verification and until when it holds."""

    act = forms.CharField(label=_("Certificate or act, number"), max_length=60)
    next_verification = day_field(
        label=_("Next verification"), required=False, help_text=_("Empty: as usual for the resource")
    )
    seal = forms.CharField(label=_("New seal"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        check_verification(self, values, self.meter, values.get("on"))
        return values


class SealForm(ActForm):
    """A new seal."""

    act = act_field()
    seal = forms.CharField(label=_("Seal"), max_length=40)
    field_order = ("on", "act", "seal")


class BrokenForm(ActForm):
    """Since when a meter is broken."""

    note = forms.CharField(label=_("What is wrong"), max_length=200, required=False)


class RepairedForm(ActForm):
    """A broken meter works again."""

    act = act_field()

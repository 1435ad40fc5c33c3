"""The forms of acts on a meter: check, replace, remove, verify, seal, broken, works again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.text import account_key
from meters.actions import NewMeter, questions_of
from meters.admin_entry import ZERO, written
from meters.admin_forms import FUTURE, ZONES, DialField, check_initials, check_past, check_verification, day_field
from meters.consumption import Doubt
from meters.examining import Finding
from meters.models import Meter
from meters.models.meter import Zones, zones_of
from meters.prices import prices_of
from meters.resources import FACTS, Unit
from meters.sheet import Cost, cost_of
from meters.wording import amount_words, doubt_words, value_words

DIAL = ("unit", "zones", "int_digits", "decimals", "ratio")  # what a new meter has as the old one unless said otherwise


class Answer(TypedDict):
    """How a question about an act was answered; the words of our actions."""

    passed_zero: bool
    confirmed: frozenset[str]


@dataclass(frozen=True)
class ActQuestion:
    """What is asked about odd values before an act is saved: what they mean, and what may be said to it."""

    doubts: Sequence[str]
    previous: str
    previous_on: date
    volume: str  # never below zero; see `is_back`
    cost: Cost | None
    is_back: bool  # the volume is given back
    suggestion: str
    choices: Sequence[tuple[str, str]]  # what a box sends, and its words

    @classmethod
    def of(cls, found: Finding) -> "ActQuestion":
        entry, meter, known = found.entry, found.entry.meter, found.known
        volume = found.volume or Decimal(0)
        prices = prices_of([meter.account]) if meter.account else {}
        return cls(
            doubts=doubt_words(questions_of(found)),
            previous=value_words(known.previous, meter),
            previous_on=known.previous_on,
            volume=amount_words(abs(volume)),
            cost=cost_of(meter, abs(volume), prices),
            is_back=volume < 0,
            suggestion=value_words((found.suggestion,), meter) if found.suggestion is not None else "",
            choices=_choices(found, bound_to(meter, entry.values, entry.taken_on)),
        )


def _choices(found: Finding, given: str) -> list[tuple[str, str]]:
    """The act is right; or, for a lower value that may be so, the counter passed zero."""
    zero = {ZERO} if found.entry.passed_zero else set()
    right = (f"{given}|{','.join(sorted(questions_of(found) | zero))}", gettext("Yes, the meter shows this"))
    if Doubt.LOWER not in questions_of(found) or found.rolled is None:
        return [right]
    words = gettext("The counter passed zero, %(volume)s was used") % {"volume": amount_words(found.rolled)}
    return [right, (f"{given}|{ZERO}", words)]


def bound_to(meter: Meter, values: Zones, on: date) -> str:
    """What an answer holds for: another value or another day is asked about anew."""
    return f"{on.isoformat()}|{written(values, meter)}"


def act_field() -> forms.CharField:
    return forms.CharField(label=_("Act, number"), max_length=60)


class ActForm(forms.Form):
    """The day of what happened to a meter; forms of single acts add their own questions."""

    on = day_field(label=_("Date"))

    def __init__(self, *args: Any, meter: Meter, today: date, **kwargs: Any) -> None:
        self.meter, self.today = meter, today
        kwargs["initial"] = {"on": meter.removed_on or today} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(FUTURE)
        if on < self.meter.installed_on:
            raise ValidationError(_("On this day the meter was not installed yet. Check the date."))
        return on


class DialActForm(ActForm):
    """An act that takes the values of the meter. Odd values come back as a question; the answer holds for them alone."""

    act = act_field()
    asks: tuple[Any, Any] = (_("The meter shows"), _("The meter shows, %(zone)s"))
    field_order: tuple[str, ...] = ("on", "act", *ZONES, "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question: ActQuestion | None = None
        for zone in ZONES[: self.meter.zones]:
            label = self.asks[0] if self.meter.zones == 1 else self.asks[1] % {"zone": zone.upper()}
            self.fields[zone] = DialField(label=label, int_digits=self.meter.int_digits, decimals=self.meter.decimals)
        self.order_fields(self.field_order)

    @property
    def values(self) -> Zones:
        """What the meter shows, one value per zone."""
        return zones_of(*(self.cleaned_data.get(zone) for zone in ZONES))

    @property
    def answer(self) -> Answer:
        """What was answered for exactly these values of this day."""
        given, _bar, words = self.data.get("sure", "").rpartition("|")
        said = (
            frozenset(words.split(",")) if given == bound_to(self.meter, self.values, self.cleaned_data["on"]) else ()
        )
        return {"passed_zero": ZERO in said, "confirmed": frozenset(said) & {str(doubt) for doubt in Doubt}}

    def judge(self, findings: Iterable[Finding]) -> None:
        """What was found wrong goes beside the field it is about; what is only odd becomes a question."""
        for one in findings:
            if one.error:
                self.add_error("on" if is_about_day(one) else "t1", str(one.error))
            else:
                self.question = ActQuestion.of(one)


def is_about_day(finding: Finding) -> bool:
    """Whether the day is wrong rather than the value."""
    first = max(finding.entry.meter.installed_on, finding.known.previous_on)
    return finding.entry.taken_on < first


class CheckForm(DialActForm):
    """A controlled reading; of a removed meter the correction of its last one."""

    note = forms.CharField(label=_("Note"), max_length=120, required=False)

    def clean_on(self) -> date:
        on = super().clean_on()
        if self.meter.removed_on and on != self.meter.removed_on:
            raise ValidationError(
                _("The meter was removed on %(day)s: only its value of that day can be corrected."),
                params={"day": f"{self.meter.removed_on:%d.%m.%Y}"},
            )
        return on


class RemoveForm(DialActForm):
    """The last values of a meter that is taken away."""

    asks = (_("The meter shows at the end"), _("The meter shows at the end, %(zone)s"))


class ReplaceForm(RemoveForm):
    """The old meter's last values and the new meter, which begins as a meter of the old one's kind."""

    serial = forms.CharField(label=_("Number of the new meter"), max_length=50)
    model = forms.CharField(label=_("Model of the new meter"), max_length=60, required=False)
    verified_on = day_field(label=_("New meter verified"), required=False)
    next_verification = day_field(
        label=_("Next verification"), required=False, help_text=_("Empty: as usual for the resource")
    )
    seal = forms.CharField(label=_("Seal"), max_length=40, required=False)
    unit = forms.ChoiceField(label=_("Unit of the new meter"), required=False)
    zones = forms.TypedChoiceField(
        label=_("Tariff zones of the new meter"), required=False, coerce=int, empty_value=None,
        choices=[(1, "1"), (2, "2"), (3, "3")],
    )  # fmt: skip
    int_digits = forms.IntegerField(
        label=_("Digits before the comma, new meter"), required=False, min_value=1, max_value=9
    )
    decimals = forms.IntegerField(
        label=_("Digits after the comma, new meter"), required=False, min_value=0, max_value=4
    )
    ratio = forms.DecimalField(
        label=_("Transformation ratio, new meter"), required=False, min_value=Decimal("0.001"), max_digits=9,
        decimal_places=3,
    )  # fmt: skip
    new_t1 = DialField(label=_("The new meter shows"))
    new_t2 = DialField(label=_("The new meter shows, T2"), required=False, help_text=_("Only with two or three zones"))
    new_t3 = DialField(label=_("The new meter shows, T3"), required=False, help_text=_("Only with three zones"))
    field_order = (
        "on", "act", *ZONES, "serial", "new_t1", "new_t2", "new_t3", "model", "verified_on", "next_verification", "seal",
        *DIAL,
    )  # fmt: skip

    def __init__(self, *args: Any, meter: Meter, **kwargs: Any) -> None:
        as_before = {name: getattr(meter, name) for name in DIAL} | {"ratio": f"{meter.ratio.normalize():f}"}
        kwargs["initial"] = as_before | (kwargs.get("initial") or {})
        super().__init__(*args, meter=meter, **kwargs)
        units: Any = self.fields["unit"]
        units.choices = [(unit, Unit(unit).label) for unit in FACTS[meter.resource].units]

    def clean_serial(self) -> str:
        serial: str = self.cleaned_data["serial"]
        there = Meter.objects.filter(resource=self.meter.resource, serial_search=account_key(serial))
        place = {"account": self.meter.account} if self.meter.account else {"house": self.meter.house, "account": None}
        if there.filter(**place).exists():
            raise ValidationError(_("There is a meter with this number here already."))
        return serial

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in DIAL:
            if name not in self.errors and values.get(name) in {None, ""}:
                values[name] = getattr(self.meter, name)
        self._check_zones(values)
        check_initials(self, values, "new_", values.get("int_digits"), values.get("decimals"))
        check_past(self, values, "verified_on", self.today)
        check_verification(self, values, *kind_of(self.meter), values.get("verified_on"), self.today)
        return values

    def _check_zones(self, values: dict[str, Any]) -> None:
        """A value for each zone of the new meter and for no other."""
        count = values.get("zones") or len(ZONES)
        for number, zone in enumerate(ZONES, start=1):
            name = f"new_{zone}"
            if number > count and values.get(name) is not None:
                self.add_error(name, _("The new meter has fewer zones: leave this empty."))
            elif "zones" in values and number <= count and values.get(name) is None and name not in self.errors:
                self.add_error(name, _("Fill in every zone of this meter."))

    @property
    def new(self) -> NewMeter:
        """The meter that takes the place."""
        values = self.cleaned_data
        return NewMeter(
            serial=values["serial"], initial=zones_of(*(values.get(f"new_{zone}") for zone in ZONES)),
            unit=values["unit"], int_digits=values["int_digits"], decimals=values["decimals"], ratio=values["ratio"],
            model=values["model"], verified_on=values["verified_on"], next_verification=values["next_verification"],
            seal=values["seal"],
        )  # fmt: skip


def kind_of(meter: Meter) -> tuple[str, str]:
    """The resource and the country, which decide how long a verification holds."""
    return meter.resource, meter.organization.country


class VerifyForm(ActForm):
    """A verification and until when it holds."""

    act = forms.CharField(label=_("Certificate or act, number"), max_length=60)
    next_verification = day_field(
        label=_("Next verification"), required=False, help_text=_("Empty: as usual for the resource")
    )
    seal = forms.CharField(label=_("New seal"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        check_verification(self, values, *kind_of(self.meter), values.get("on"), self.today)
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

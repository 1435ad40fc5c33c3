"""Forms by which residents tell the company about a meter."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.photos import PhotoField
from lib.text import account_key
from meters.forms.fields import DayField, DialField, sentence, too_large_sentence, zone_labels
from meters.models import Meter, Reading
from meters.templatetags.meters import dial
from meters.typed import Unreadable, read_value

NEW_DIGITS, NEW_DECIMALS = 9, 4  # the dial of a new meter is not known yet


class AboutMeterForm(forms.Form):
    """What every form about a meter asks: the day and, if there is one, a photo."""

    day_label = _("Day")
    not_yet = _("This day has not come yet. Write the day when you looked at the meter.")

    def __init__(
        self, meter: Meter, *args: Any, last: Reading | None, today: date, too_large: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.meter, self.last, self.too_large = meter, last, too_large
        self.lowest = last.values if last else meter.initial
        self.fields["on"] = DayField(today=today, label=self.day_label, error_messages={"not_yet": self.not_yet})
        self.fields["photo"] = PhotoField(required=False, label=_("Photo"))

    def clean_on(self) -> date:
        """Nothing happens to a meter before it is installed, nor before its last reading."""
        day: date = self.cleaned_data["on"]
        if day < self.meter.installed_on:
            said = gettext("The meter was installed on %(day)s. Write that day or a later one.")
            raise forms.ValidationError(said % {"day": date_format(self.meter.installed_on, "j E Y")})
        if self.last and day < self.last.taken_on:
            said = gettext("A reading was taken on %(day)s. Write that day or a later one.")
            raise forms.ValidationError(said % {"day": date_format(self.last.taken_on, "j E Y")})
        return day

    def clean_photo(self) -> Any:
        """Say it where the photo was more than the portal takes."""
        if self.too_large:
            raise forms.ValidationError(too_large_sentence())
        return self.cleaned_data["photo"]

    def zone_names(self, prefix: str) -> list[str]:
        return [f"{prefix}_{zone + 1}" for zone in range(self.meter.zones)]

    def add_zones(self, prefix: str, label: Any, *, required: bool, help_text: Any = "", initial: str = "") -> None:
        """A field for each zone of the meter, called «{label}, T1» where there are several."""
        texts = initial.split()
        for zone, (field, name) in enumerate(zip(self.zone_names(prefix), zone_labels(self.meter), strict=True)):
            self.fields[field] = DialField(
                label=f"{label}, {name}" if name else label,
                required=required,
                help_text=help_text if zone == 0 else "",
                initial=texts[zone] if zone < len(texts) else "",
                error_messages={"required": _("Write the digits of the meter.")},
            )

    def read_dial(self, prefix: str) -> str:
        """What this meter showed, as one text; less than it showed before is said beside the field."""
        facts = self.meter
        text = self.read_zones(prefix, int_digits=facts.int_digits, decimals=facts.decimals, serial=facts.serial)
        read = [Decimal(part) for part in text.split()]
        if len(read) == facts.zones:
            for name, value, lowest in zip(self.zone_names(prefix), read, self.lowest, strict=True):
                if value < lowest:
                    said = gettext("This is less than before: %(value)s. Check the digits, or leave the field empty.")
                    self.add_error(name, said % {"value": dial(lowest, facts)})
        return text

    def read_zones(self, prefix: str, *, int_digits: int, decimals: int, serial: str = "") -> str:
        """The values of all zones as one text; what cannot be read is said beside its field. Empty where nothing is."""
        names = self.zone_names(prefix)
        texts = [str(self.cleaned_data.get(name) or "") for name in names]
        if not any(texts):
            return ""
        values: list[Decimal] = []
        for name, text in zip(names, texts, strict=True):
            if self.errors.get(name):
                continue
            try:
                values.append(read_value(text, int_digits=int_digits, decimals=decimals, serial=serial))
            except Unreadable as bad:
                self.add_error(name, sentence(bad))
        return " ".join(f"{value:f}" for value in values)


class DisputeForm(AboutMeterForm):
    """«The reading is wrong». `last` is the reading before the one that is wrong."""

    day_label = _("Day when you looked at the meter")
    text = forms.CharField(
        label=_("What is wrong"), max_length=500, widget=forms.Textarea({"rows": 4}),
        error_messages={"required": _("Say in a sentence what is wrong with the reading.")},
    )  # fmt: skip

    def __init__(self, meter: Meter, *args: Any, may_be_lower: bool = False, **kwargs: Any) -> None:
        super().__init__(meter, *args, **kwargs)
        if may_be_lower:  # the counter has passed zero, or an act has put it right
            self.lowest = tuple(Decimal(0) for _zone in self.lowest)
        self.add_zones("value", _("What the meter shows"), required=False)
        self.order_fields(["text", *self.zone_names("value"), "on", "photo"])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        values["values"] = self.read_dial("value")
        return values


class ReplacedForm(AboutMeterForm):
    """«The meter was replaced»."""

    day_label = _("Day of the replacement")
    not_yet = _("This day has not come yet. Write the day when the meter was replaced.")
    new_serial = forms.CharField(
        label=_("Number of the new meter"), max_length=50, help_text=_("It stands on the meter and in its passport."),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Write the number of the new meter.")},
    )  # fmt: skip

    def __init__(self, meter: Meter, *args: Any, new_values: str = "", **kwargs: Any) -> None:
        super().__init__(meter, *args, **kwargs)
        self.add_zones(
            "old", _("Last value of the old meter"), required=False,
            help_text=_("It stands in the act. If you do not know it, leave it empty."),
        )  # fmt: skip
        self.add_zones("new", _("Value of the new meter"), required=True, initial=new_values)
        old, new = self.zone_names("old"), self.zone_names("new")
        self.order_fields(["on", *old, "new_serial", *new, "photo"])

    def clean_new_serial(self) -> str:
        """The number of the old meter is copied here by mistake."""
        number: str = self.cleaned_data["new_serial"]
        if account_key(number) == self.meter.serial_search:
            raise forms.ValidationError(
                gettext("This is the number of the old meter. Write the one that stands on the new meter.")
            )
        return number

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        values["values"] = self.read_dial("old")
        values["new_values"] = self.read_zones("new", int_digits=NEW_DIGITS, decimals=NEW_DECIMALS)
        return values


class BrokenForm(AboutMeterForm):
    """«The meter is broken»."""

    day_label = _("Since which day")
    not_yet = _("This day has not come yet. Write the day when you saw that it does not work.")
    text = forms.CharField(
        label=_("What is wrong with the meter"), max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("For example: it does not turn, the glass is misted, it leaks."),
        error_messages={"required": _("Say in a sentence what is wrong with the meter.")},
    )  # fmt: skip

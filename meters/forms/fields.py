"""Fields that people fill in from a dial, a calendar or a camera."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.uploads import MAX_UPLOAD
from meters.models import Meter
from meters.typed import Unreadable, read_day

ZONE_NAMES = ("T1", "T2", "T3")


def sentence(bad: Unreadable) -> str:
    """What is wrong with the typed text, in the reader's language."""
    return _(bad.text) % bad.facts


def too_large_sentence() -> str:
    """The photos of a form were more than the portal takes at once; none of them came."""
    return _(
        "The photos are larger than %(most)s MB together. Choose fewer or smaller ones; what you typed is kept."
    ) % {"most": MAX_UPLOAD >> 20}


class DayField(forms.CharField):
    """One text field for a day up to today; its value is a date."""

    default_error_messages = {
        "not_yet": gettext_lazy("This day has not come yet. Write the day when you looked at the meter.")
    }

    def __init__(self, *, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput({"class": "short", "inputmode": "decimal", "autocomplete": "off"}))
        kwargs.setdefault("initial", f"{today:%d.%m.%Y}")
        required = {"required": gettext_lazy("Write the day, for example 21.11.2026.")}
        kwargs["error_messages"] = required | kwargs.get("error_messages", {})
        super().__init__(**kwargs)
        self.today = today

    def clean(self, value: Any) -> Any:
        """Return the date; a day that has not come is refused here, beside the field."""
        text = super().clean(value)
        if not text:
            return None
        try:
            day = read_day(text, today=self.today)
        except Unreadable as bad:
            raise forms.ValidationError(sentence(bad)) from None
        if day > self.today:
            raise forms.ValidationError(self.error_messages["not_yet"])
        return day


class DialField(forms.CharField):
    """One zone of a meter: the text as typed. It becomes a number together with the meter's other zones."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)


def zone_labels(meter: Meter) -> list[str]:
    """What stands in front of each zone: nothing for a meter of one zone."""
    return [""] if meter.zones == 1 else list(ZONE_NAMES[: meter.zones])

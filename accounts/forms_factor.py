"""What an employee types about a second factor."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

NUMERIC = {"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code"}


def _field(**options: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Code from your app"), max_length=40, widget=forms.TextInput(attrs=NUMERIC),
        error_messages={"required": _("Enter the code from your app.")}, **options,
    )  # fmt: skip


class FactorForm(forms.Form):
    """One field for both kinds of codes: six digits of the app, eight of a recovery code; without an app only these."""

    code = _field(help_text=_("Six digits. No phone at hand? Enter one of your recovery codes, eight digits."))

    def __init__(self, *args: Any, has_app: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not has_app:
            field = self.fields["code"]
            field.label, field.help_text = _("Recovery code"), _("Eight digits. Each code works once.")
            field.error_messages["required"] = _("Enter a recovery code.")


class AppCodeForm(forms.Form):
    """The first code of an app that is being set up."""

    code = _field(help_text=_("The six digits that the app shows now."))


class ResetCodeForm(forms.Form):
    """What an employee was handed after a lost factor; wrong signs are told by accounts.factors.resets."""

    code = forms.CharField(
        label=_("The code that you were given"), max_length=40,
        widget=forms.TextInput(attrs={"class": "code long", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Enter the code that you were given.")},
    )  # fmt: skip

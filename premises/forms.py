"""The shape and wording of what people type about accounts and flats."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import addresses
from lib.text import search_key
from premises import letter_codes
from premises.models import House, LinkRequest, Organization, PersonalAccount, Unit

FLATS_AT_ONCE = 400  # pages of one PDF


class LetterForm(forms.Form):
    """Login and one-time password of an access letter."""

    login = forms.CharField(
        label=pgettext_lazy("name in an access letter", "Login"), max_length=40, help_text=_("Usually it is the account number."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Enter the login from the letter.")},
    )  # fmt: skip
    password = forms.CharField(
        label=_("One-time password"), max_length=40, help_text=_("Spaces, dashes and letter case do not matter."),
        widget=forms.PasswordInput({"autocomplete": "off"}, render_value=False),
        error_messages={"required": _("Enter the password from the letter.")},
    )  # fmt: skip


class FlatForm(forms.Form):
    """Flat and account number; a Russian payer may know the ЕЛС or ИЖКУ instead."""

    flat = forms.CharField(
        label=_("Flat"), max_length=20, widget=forms.TextInput({"class": "short", "autocomplete": "off"}),
        error_messages={"required": _("Enter the flat as it is written on the bill, for example 17 or 17a.")},
    )  # fmt: skip
    number = forms.CharField(
        label=_("Account number"), max_length=40, help_text=_("It stands at the top of the bill. Spaces do not matter."),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": _("Enter the account number from the bill.")},
    )  # fmt: skip

    def __init__(self, house: House, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if house.organization.country == Organization.Country.RUSSIA:
            number = self.fields["number"]
            number.label = _("Account number (or ЕЛС, ИЖКУ)")
            number.help_text = _("Any of them stands at the top of the bill. Spaces and Latin letters do not matter.")


class CodeForm(forms.Form):
    """The twelve signs of a letter or an invoice."""

    code = forms.CharField(
        label=_("Code"), max_length=60,
        help_text=_("Twelve letters and digits in three groups. Spaces, dashes and letter case do not matter."),
        widget=forms.TextInput({"class": "code long", "autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Enter the code from the letter or the bill.")},
    )  # fmt: skip

    def clean_code(self) -> str:
        """Return the code as it was printed, without groups."""
        code = letter_codes.read(self.cleaned_data["code"])
        if not letter_codes.is_code(code):
            raise forms.ValidationError(
                _("The code has twelve letters and digits. Compare what you typed with the letter.")
            )
        return code


class AskForm(forms.ModelForm):  # type: ignore[type-arg]
    """«None of these ways fits»."""

    class Meta:
        model = LinkRequest
        fields = ("unit_label", "message")
        labels = {"message": _("What the company should know")}
        help_texts = {"message": _("For example: I bought the flat in May, the deed is with me.")}
        widgets = {"message": forms.Textarea({"rows": 4}), "unit_label": forms.TextInput({"class": "short"})}
        error_messages = {"unit_label": {"required": _("Enter the flat as it is written on the bill.")}}


class FlatDataForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a resident may change about the flat."""

    class Meta:
        model = Unit
        fields = ("contact_phone", "intercom")
        help_texts = {
            "contact_phone": _("Whom the dispatcher calls about this flat: a leak, a visit of a master."),
            "intercom": _("For example: the code of the door, or “does not work, please call”."),
        }
        widgets = {"contact_phone": forms.TextInput({"type": "tel", "autocomplete": "tel", "maxlength": "40"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is typed is longer than what is stored: «8 (912) 345-67-89».
        field = self.fields["contact_phone"]
        field.max_length = None  # type: ignore[attr-defined]
        field.validators = []

    def clean_contact_phone(self) -> str:
        """Return E.164 or nothing."""
        typed = self.cleaned_data["contact_phone"].strip()
        if not typed:
            return ""
        try:
            return addresses.parse_phone(typed, settings.PHONE_COUNTRIES).value
        except addresses.BadAddress as wrong:
            raise forms.ValidationError(str(wrong.message)) from wrong


class LettersForm(forms.Form):
    """Which flats of a house get letters."""

    flats = forms.CharField(
        label=_("Flats"), required=False, max_length=500,
        help_text=_("For example: 1-20, 25, 31a. Leave it empty for the whole house."),
    )  # fmt: skip

    def __init__(self, house: House, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.house = house
        self.accounts: list[PersonalAccount] = []

    def clean_flats(self) -> str:
        """Find the accounts; flats that are not in the house are named."""
        text: str = self.cleaned_data["flats"]
        of_house = PersonalAccount.objects.open().filter(
            unit__house=self.house, organization_id=self.house.organization_id
        )
        accounts = list(of_house.select_related("unit"))
        if text:
            wanted = _labels(text)
            accounts = [account for account in accounts if account.unit.label_search in wanted]
            missing = wanted.keys() - {account.unit.label_search for account in accounts}
            if missing:
                names = ", ".join(wanted[key] for key in wanted if key in missing)
                raise forms.ValidationError(_("There is no open account for: %(flats)s.") % {"flats": names[:200]})
        if not accounts:
            raise forms.ValidationError(
                _("This house has no open accounts yet. Import the register of accounts first.")
            )
        if len(accounts) > FLATS_AT_ONCE:
            raise forms.ValidationError(
                _("At most %(count)d letters at once. Name a part of the flats.") % {"count": FLATS_AT_ONCE}
            )
        self.accounts = accounts
        return text


def _labels(text: str) -> dict[str, str]:
    """«1-3, 25a» → the search keys of 1, 2, 3 and 25a, each with the label as typed."""
    labels: dict[str, str] = {}
    for part in re.split(r"[,;\n]+", text):
        span = re.fullmatch(r"\s*(\d{1,4})\s*[-–—]\s*(\d{1,4})\s*", part)
        names = [part.strip()] if span is None else [str(n) for n in range(int(span[1]), int(span[2]) + 1)]
        labels |= {search_key(name): name for name in names if name}
    return labels


class LinkCodeForm(forms.Form):
    """The six digits that came to the phone on file."""

    code = forms.CharField(
        label=_("Code from the message"), max_length=20,
        widget=forms.TextInput({"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Enter the code from the message.")},
    )  # fmt: skip

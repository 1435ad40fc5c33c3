"""What people may type into the pages about themselves, and how it is worded."""

import re
from typing import Any, ClassVar, TypeVar

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts import addresses
from accounts.identity.linking import is_spelling_of
from accounts.identity.shown import Locked
from accounts.locks import lock_open
from accounts.models import Challenge, User
from accounts.passwords import LONGEST, help_texts
from lib.errors import Refusal

LANGUAGES = [(code, get_language_info(code)["name_local"].capitalize()) for code, _name in settings.LANGUAGES]
Shown = TypeVar("Shown", bound=forms.Form)
NOT_A_NAME = re.compile(r"[^\w\s.'’ʼ`‘-]|[\d_]")
WAYS = [
    (Challenge.Channel.SMS.value, _("SMS to the phone")),
    (Challenge.Channel.VOICE.value, _("A call that reads the code")),
    (Challenge.Channel.EMAIL.value, _("E-mail")),
]


class EntryForm(forms.Form):
    """P01: where to send the code, and how."""

    address = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Enter your mobile phone number or e-mail.")},
    )
    channel = forms.ChoiceField(
        label=_("How to get the code"), choices=WAYS, widget=forms.RadioSelect, initial=Challenge.Channel.SMS.value,
        error_messages={"required": _("Choose how to get the code.")},
    )  # fmt: skip
    personal_data = forms.BooleanField(label=_("I consent to the processing of my personal data"), required=False)

    def clean_address(self) -> str:
        return clean_address(self.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        """An e-mail can only get an e-mail; a phone cannot."""
        facts: dict[str, Any] = super().clean() or {}
        address, channel = facts.get("address"), facts.get("channel")
        if address and channel:
            if not addresses.is_phone(address):
                facts["channel"] = Challenge.Channel.EMAIL.value
            elif channel == Challenge.Channel.EMAIL:
                self.add_error("address", _("To get the code by e-mail, enter your e-mail here."))
        return facts


def say_in(form: Shown, refusal: Refusal | None) -> Shown:
    """Say on a form that nobody sent why another way on its page was refused: where its own errors would stand."""
    if refusal:
        form.errors[NON_FIELD_ERRORS] = form.error_class([str(refusal.message)], error_class="nonfield")
    return form


def clean_address(text: str) -> str:
    """The normal form of a typed phone or e-mail, as a form's field wants it."""
    try:
        return addresses.parse(text, settings.PHONE_COUNTRIES).value
    except addresses.BadAddress as bad:
        raise ValidationError(str(bad.message)) from bad


class CodeForm(forms.Form):
    """P02: one field, never six boxes; what is wrong with the digits is said by accounts.codes."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=40,
        required=True,
        widget=forms.TextInput(attrs={"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": _("Enter the code from the message.")},
    )


class AgainForm(forms.Form):
    """Another code: the same way or another."""

    channel = forms.ChoiceField(label=_("How to get it"), choices=WAYS, widget=forms.RadioSelect)

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fits = [way for way in WAYS if (way[0] == Challenge.Channel.EMAIL) != addresses.is_phone(address)]
        self.fields["channel"].choices = fits  # type: ignore[attr-defined]


class HumanForm(forms.Form):
    """An answer in digits or nothing else."""

    answer = forms.CharField(
        label=_("Your answer, in digits"), max_length=10,
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Enter the answer in digits.")},
    )  # fmt: skip


class OwnRowForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A form over one's own row: it writes what it shows and nothing else, and nothing into a closed profile."""

    also: ClassVar[list[str]] = []

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        """Write the fields of the form; raises ProfileClosed."""
        user: User = self.instance
        lock_open(user)
        shown = [name for name in self._meta.fields or [] if name in self.fields]
        user.save(update_fields=[*shown, *self.also])
        return user


class NamesForm(OwnRowForm):
    """Names as they are written in a passport; a patronymic is not everybody's."""

    class Meta:
        model = User
        fields = ["last_name", "first_name", "patronymic"]
        widgets = {
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "patronymic": forms.TextInput(attrs={"autocomplete": "additional-name"}),
        }

    def __init__(self, *args: Any, confirmed: Locked | None = None, **kwargs: Any) -> None:
        """What an identity service has `confirmed` is no field: the page shows it locked, and nothing sent changes it."""
        super().__init__(*args, **kwargs)
        self.confirmed = confirmed
        wanted = {"last_name": _("Enter your last name."), "first_name": _("Enter your first name.")}
        for name, sentence in wanted.items():
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = str(sentence)
        for name in ("last_name", "first_name", "patronymic"):
            if confirmed and confirmed.names[name]:
                del self.fields[name]

    def clean_last_name(self) -> str:
        return clean_name(self.cleaned_data["last_name"])

    def clean_first_name(self) -> str:
        return clean_name(self.cleaned_data["first_name"])

    def clean_patronymic(self) -> str:
        name = clean_name(self.cleaned_data["patronymic"])
        told = self.confirmed and self.confirmed.person.patronymic
        if self.confirmed and name and told and not is_spelling_of(name, told):
            words = {"service": self.confirmed.service, "name": told}
            raise ValidationError(_("%(service)s names another patronymic: %(name)s."), params=words)
        return name


def clean_name(text: str) -> str:
    """A name with single spaces; letters, hyphens, apostrophes and dots only."""
    name = " ".join(text.split())
    if NOT_A_NAME.search(name):
        raise ValidationError(_("Write the name with letters; a hyphen, an apostrophe and spaces are fine."))
    return name


class WelcomeForm(NamesForm):
    """P03: names, language, and whether to write by SMS or e-mail."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, widget=forms.RadioSelect)
    sms = forms.BooleanField(label=_("Send me notices by SMS"), required=False)
    email = forms.BooleanField(label=_("Send me notices by e-mail"), required=False)

    also: ClassVar[list[str]] = ["welcomed_at"]

    class Meta(NamesForm.Meta):
        fields = ["last_name", "first_name", "patronymic", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, address in (("sms", self.instance.phone), ("email", self.instance.email)):
            if not address:
                del self.fields[name]

    def consents(self) -> list[str]:
        """The purposes the person ticked."""
        return [name for name in ("sms", "email") if self.cleaned_data.get(name)]


class LookForm(OwnRowForm):
    """How pages look to this person."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, widget=forms.RadioSelect)

    class Meta:
        model = User
        fields = ["language", "text_size", "theme"]
        labels = {"theme": _("Colours")}
        widgets = {"text_size": forms.RadioSelect, "theme": forms.RadioSelect}


class PhoneForm(forms.Form):
    """A new phone."""

    address = forms.CharField(
        label=_("New mobile phone"), max_length=40, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": _("Enter your mobile phone number.")},
    )  # fmt: skip
    channel = forms.ChoiceField(
        label=_("How to get the code"), choices=WAYS[:2], widget=forms.RadioSelect, initial="sms"
    )

    def clean_address(self) -> str:
        address = clean_address(self.cleaned_data["address"])
        if not addresses.is_phone(address):
            raise ValidationError(_("Enter a phone number here. An e-mail is changed on its own page."))
        return address


class EmailForm(forms.Form):
    """A new e-mail."""

    address = forms.CharField(
        label=_("New e-mail"), max_length=254, widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email"}),
        error_messages={"required": _("Enter your e-mail.")},
    )  # fmt: skip

    def clean_address(self) -> str:
        try:
            return addresses.parse_email(self.cleaned_data["address"]).value
        except addresses.BadAddress as bad:
            raise ValidationError(str(bad.message)) from bad


class NewPasswordForm(forms.Form):
    """A password to set; typed once, and it may be looked at."""

    password = forms.CharField(
        label=_("New password"), max_length=LONGEST, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Enter a new password.")},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(help_texts(user))

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class CurrentPasswordForm(forms.Form):
    """The password once more, before an important step."""

    password = forms.CharField(
        label=_("Your password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )  # fmt: skip


class PasskeyForm(forms.Form):
    """What to call a new passkey; the browser's answer is beside it and read elsewhere."""

    name = forms.CharField(
        label=_("Name, to recognise it in the list"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the passkey a name, for example: my phone.")},
    )  # fmt: skip


class WayForm(forms.Form):
    """Which of the person's own addresses gets the code."""

    channel = forms.ChoiceField(label=_("Where to send the code"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, user: User, masked: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        has = {"sms": user.phone, "voice": user.phone, "email": user.email}
        self.fields["channel"].choices = [  # type: ignore[attr-defined]
            (way, f"{name}: {masked[way]}") for way, name in WAYS if has[way]
        ]
        self.fields["channel"].initial = next(way for way, _name in WAYS if has[way])


class PasswordSignInForm(forms.Form):
    """Sign-in by password: one's own, or the one in the letter of the company."""

    login = forms.CharField(
        label=_("Phone, e-mail or login from the letter"), max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Enter your phone, e-mail or the login from the letter.")},
    )  # fmt: skip
    password = forms.CharField(
        label=_("Password"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )  # fmt: skip
    remember = forms.BooleanField(label=_("Remember me on this device"), required=False)


class DeleteForm(forms.Form):
    """The person has read what goes and what stays."""

    agreed = forms.BooleanField(
        label=_("I understand that my profile cannot be restored"),
        error_messages={"required": _("Tick the box to delete the profile.")},
    )

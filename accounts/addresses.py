"""What people type as their phone or e-mail, turned into one normal form. No database, no Django models.

Phones become E.164 («+79123456789»), e-mails lower case. Only mobile numbers of the deployment's countries may receive
codes: anything else would cost money or reach nobody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberType

MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
EXAMPLES = {"RU": "8 912 345-67-89", "UA": "067 123 45 67"}
COUNTRY_NAMES = {"RU": _("Russia"), "UA": _("Ukraine")}
CODES = {"RU": "7", "UA": "380"}
LOOKS_LIKE_PHONE = re.compile(r"^[\s+()\d.\-–—\u2011\u00a0/]+$")
E164 = re.compile(r"^\+\d{8,15}$")


class BadAddress(ValueError):
    """Not an address that can receive a code; `message` says what to type instead."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class Address:
    """A phone in E.164 or a lower-case e-mail."""

    value: str

    @property
    def is_phone(self) -> bool:
        return is_phone(self.value)


def is_phone(value: str) -> bool:
    """Whether a stored address is a phone."""
    return bool(E164.match(value))


def parse(text: str, countries: Sequence[str]) -> Address:
    """Read what was typed; raises BadAddress with a sentence for the person.

    >>> parse("8 (912) 345-67-89", ["RU"]).value
    '+79123456789'
    """
    typed = text.strip()
    if not typed:
        raise BadAddress(_("Enter your mobile phone number or e-mail."))
    return parse_email(typed) if "@" in typed else parse_phone(typed, countries)


def parse_email(text: str) -> Address:
    """Read an e-mail."""
    typed = text.strip().lower()
    if not typed.isascii():
        raise BadAddress(_("Enter the e-mail in Latin letters, for example name@example.com."))
    try:
        validate_email(typed)
    except ValidationError:
        raise BadAddress(_("Enter the e-mail in full, for example name@example.com.")) from None
    if len(typed) > 254:
        raise BadAddress(_("This e-mail is too long. Enter another one."))
    return Address(typed)


def parse_phone(text: str, countries: Sequence[str]) -> Address:
    """Read a mobile number of one of these countries («RU», «UA»), in any of the ways people write it."""
    if not LOOKS_LIKE_PHONE.match(text.strip()):
        raise BadAddress(_how_to_type(countries))
    found = [number for country in countries if (number := _valid_in(text, country))]
    for number in found:
        if phonenumbers.number_type(number) in MOBILE:
            return Address(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if found or _valid_elsewhere(text, countries):
        raise BadAddress(_only_mobile(countries))
    raise BadAddress(_how_to_type(countries))


def _valid_in(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    """The number if it is one of this country's; +7 numbers of Kazakhstan are not Russia's."""
    for candidate in _ways_to_read(text, country):
        try:
            number = phonenumbers.parse(candidate, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(number, country):
            return number
    return None


def _ways_to_read(text: str, country: str) -> list[str]:
    """As typed; and with the «+» that people leave out («380 67…», «7 912…»)."""
    digits = re.sub(r"\D", "", text)
    typed = "+" + digits if text.strip().startswith("+") else digits
    return [typed, "+" + digits] if digits.startswith(CODES.get(country, "#")) else [typed]


def _valid_elsewhere(text: str, countries: Sequence[str]) -> bool:
    """Whether it is a real number of some other country, written with its code or in our national habit."""
    digits = re.sub(r"\D", "", text)
    for typed, country in [("+" + digits, None), *((digits, country) for country in countries)]:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(typed, country)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _how_to_type(countries: Sequence[str]) -> str | Promise:
    return format_lazy(_("Enter the number like this: {example}."), example=EXAMPLES.get(countries[0], "+…"))


def _only_mobile(countries: Sequence[str]) -> str | Promise:
    names = [COUNTRY_NAMES.get(country, country) for country in countries]
    if len(names) == 1:
        return format_lazy(_("A code can be sent to a mobile number ({country}) or to an e-mail."), country=names[0])
    return format_lazy(
        _("A code can be sent to a mobile number ({first} or {second}) or to an e-mail."),
        first=names[0],
        second=names[1],
    )

"""Phone numbers as people of each country write them, and hidden but for their last digits."""

import re

import phonenumbers

DOT = "•"


def _grouped(text: str) -> tuple[str, list[str], str] | None:
    """Return country code, the groups of the national number and the mark between its last groups; None if unknown."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    digits = str(number.national_number)
    if number.country_code == 7 and len(digits) == 10:
        return "7", [digits[:3], digits[3:6], digits[6:8], digits[8:]], "-"
    if number.country_code == 380 and len(digits) == 9:
        return "380", [digits[:2], digits[2:5], digits[5:7], digits[7:]], " "
    return None


def display_phone(text: str) -> str:
    """Return an E.164 number in the local habit; what is not such a number (a dispatch phone as typed) stays as it is.

    >>> display_phone("+79991234567"), display_phone("+380671234567")
    ('+7 999 123-45-67', '+380 67 123 45 67')
    """
    parts = _grouped(text)
    if parts is None:
        return text
    code, groups, mark = parts
    return f"+{code} {groups[0]} {mark.join(groups[1:])}"


def masked_phone(text: str) -> str:
    """Return the number with only its code and last two digits readable.

    >>> masked_phone("+79991234567")
    '+7 999 •••-••-67'
    """
    parts = _grouped(text)
    if parts is None:
        return DOT * 3 + text[-2:]
    code, groups, mark = parts
    return f"+{code} {groups[0]} {mark.join([DOT * 3, DOT * 2, groups[3]])}"


def masked_email(text: str) -> str:
    """Return the address with only the first letter of its name readable.

    >>> masked_email("olga@example.com")
    'o•••@example.com'
    """
    name, _, host = text.rpartition("@")
    return f"{name[:1]}{DOT * 3}@{host}"


def dial_string(text: str) -> str:
    """Return what goes into a `tel:` link: digits and a leading plus of the first number in the text.

    >>> dial_string("8 (800) 550-07-35, доб. 2")
    '88005500735'
    """
    first = re.split(r"[,;/]|доб|ext", text, maxsplit=1)[0]
    plus = "+" if first.strip().startswith("+") else ""
    return plus + re.sub(r"\D", "", first)

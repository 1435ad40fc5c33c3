"""Checks of the numbers that name taxpayers, banks, accounts and premises in Russia and Ukraine.

Every check takes text and says whether it can be real: its shape and, where there is one, its check digit. Sources: the
orders that introduced each number, as collected in the domain handbook and proved on published numbers.
"""

import re
from datetime import date, timedelta
from itertools import cycle

# A Latin letter typed for the Cyrillic one of the same shape, and the dashes that keyboards put for a hyphen.
LOOK_ALIKES = str.maketrans("ABEKMHOPCTXY–—‑−", "АВЕКМНОРСТХУ----")
ELS = re.compile(r"[0-9]{2}[А-ЯЁ]{2}[0-9]{6}")
ZHKU = re.compile(r"[0-9]{2}[А-ЯЁ]{2}[0-9]{6}-[0-9]{2}")
UNZR = re.compile(r"[0-9]{8}-[0-9]{5}")
FIRST_DAY = date(1899, 12, 31)  # from which a РНОКПП counts the days to the birth of its person
DOCUMENT_ID = re.compile(r"[0-9]{2}[А-ЯЁ]{2}[0-9]{6}-[0-9]{2}-[0-9]{4}")


def _digits(text: str, *lengths: int) -> list[int] | None:
    """The digits of a text that consists of them alone and has one of these lengths."""
    return [int(sign) for sign in text] if re.fullmatch(r"[0-9]+", text) and len(text) in lengths else None


def _weighed(digits: list[int], weights: list[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


# --- Russia: taxpayers ----------------------------------------------------------------------------------------------


def is_inn(text: str) -> bool:
    """ИНН: 10 digits of an organization (one check digit) or 12 of a person (two)."""
    digits = _digits(text, 10, 12)
    if digits is None:
        return False
    tail = [3, 5, 9, 4, 6, 8]
    if len(digits) == 10:
        return _weighed(digits[:9], [2, 4, 10, *tail]) % 11 % 10 == digits[9]
    first = _weighed(digits[:10], [7, 2, 4, 10, *tail]) % 11 % 10
    second = _weighed(digits[:11], [3, 7, 2, 4, 10, *tail]) % 11 % 10
    return [first, second] == digits[10:]


def is_kpp(text: str) -> bool:
    """КПП: 9 signs, the fifth and sixth may be Latin capitals; no check digit."""
    return bool(re.fullmatch(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}", text))


def is_snils(text: str) -> bool:
    """СНИЛС as 11 digits: a number and its check number. The oldest numbers, up to 001-001-998, have no check number."""
    digits = _digits(text, 11)
    if digits is None or text.startswith("000000000"):
        return False
    if int(text[:9]) <= 1_001_998:
        return True
    return _weighed(digits[:9], [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100 == int(text[9:])


# --- Russia: banks --------------------------------------------------------------------------------------------------


def is_bik(text: str) -> bool:
    """БИК: 9 digits, 04… of a bank or 01… of the treasury."""
    return bool(re.fullmatch(r"0[14][0-9]{7}", text))


def is_bank_account(account: str, bik: str) -> bool:
    """A client's account at this bank (20 digits, weights 7 1 3). Of a treasury account only the shape is known."""
    return _account_key_fits(account, bik, bik[6:9])


def is_correspondent_account(account: str, bik: str) -> bool:
    """The bank's own account at the central bank."""
    return _account_key_fits(account, bik, f"0{bik[4:6]}")


def _account_key_fits(account: str, bik: str, prefix: str) -> bool:
    if not is_bik(bik) or _digits(account, 20) is None:
        return False
    if bik.startswith("01"):
        return True
    total = sum(int(sign) * weight % 10 for sign, weight in zip(prefix + account, cycle((7, 1, 3)), strict=False))
    return total % 10 == 0


# --- Ukraine --------------------------------------------------------------------------------------------------------


def is_edrpou(text: str) -> bool:
    """ЄДРПОУ: 8 digits; which weights are meant depends on the range of the code."""
    digits = _digits(text, 8)
    if digits is None:
        return False
    weights = [7, 1, 2, 3, 4, 5, 6] if 30_000_000 <= int(text) <= 60_000_000 else [1, 2, 3, 4, 5, 6, 7]
    key = _weighed(digits[:7], weights) % 11
    if key == 10:
        key = _weighed(digits[:7], [weight + 2 for weight in weights]) % 11 % 10
    return key == digits[7]


def is_rnokpp(text: str, born: date | None = None) -> bool:
    """РНОКПП, the 10 digits of a person; the first five count the days to the birth, which must be `born` if that is known."""
    digits = _digits(text, 10)
    if digits is None or _weighed(digits[:9], [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10 != digits[9]:
        return False
    return born is None or FIRST_DAY + timedelta(days=int(text[:5])) == born


def is_unzr(text: str, born: date | None = None) -> bool:
    """УНЗР of the demographic register: the date of birth as YYYYMMDD, a hyphen and 5 digits."""
    if not UNZR.fullmatch(text):
        return False
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return born in (None, day)


def is_iban(text: str) -> bool:
    """An IBAN of any country (ISO 13616), with or without spaces: country, 2 check digits, up to 30 of the account."""
    iban = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def is_iban_ua(text: str) -> bool:
    """A Ukrainian IBAN, with or without spaces: UA, 2 check digits, 6 of the bank, 19 of the account."""
    return bool(re.fullmatch(r"UA[0-9]{27}", re.sub(r"\s", "", text).upper())) and is_iban(text)


# --- Russia: personal accounts in the state's register (ГИС ЖКХ) ------------------------------------------------------


def normal_gis(text: str) -> str:
    """Return ЕЛС, ИЖКУ or a document's identifier as it is kept: capitals, no spaces, Cyrillic letters, hyphens.

    >>> normal_gis("60ex209700")  # typed with Latin letters
    '60ЕХ209700'
    """
    return re.sub(r"\s", "", text).upper().translate(LOOK_ALIKES)


def is_els(text: str) -> bool:
    """ЕЛС: 2 digits, 2 letters, 6 digits; Latin look-alikes count as the Cyrillic letters."""
    return bool(ELS.fullmatch(normal_gis(text)))


def is_zhku(text: str) -> bool:
    """ИЖКУ: an ЕЛС, a dash and 2 digits."""
    return bool(ZHKU.fullmatch(normal_gis(text)))


def is_document_id(text: str) -> bool:
    """The identifier of a payment document: an ИЖКУ, a dash and 4 digits."""
    return bool(DOCUMENT_ID.fullmatch(normal_gis(text)))

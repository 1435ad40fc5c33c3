"""Keys under which Cyrillic names, addresses and numbers are stored for comparing and searching."""

import re
import unicodedata

from django.db.models import F, Func, Value
from django.db.models.functions import Lower

APOSTROPHES = str.maketrans({"ʼ": "'", "’": "'", "‘": "'", "`": "'", "ˈ": "'", "ё": "е", "ґ": "г"})
NOT_WORD = re.compile(r"[^\w'/-]+")


def search_key(text: str) -> str:
    """Return the text folded for search: case, ё = е, ґ = г, one apostrophe, no punctuation, single spaces.

    >>> search_key("вул. Зелёная,  буд. 5")
    'вул зеленая буд 5'
    """
    folded = unicodedata.normalize("NFC", text).casefold().translate(APOSTROPHES)
    return NOT_WORD.sub(" ", folded).strip()


def account_key(number: str) -> str:
    """Return an account number as it is compared: without spaces, in upper case; leading zeros stay.

    >>> account_key(" 0667 000001 ")
    '0667000001'
    """
    return number.upper() if number.isalnum() else re.sub(r"\s+", "", number).upper()


def in_fours(text: str) -> list[str]:
    """Return a long number of a bank in fours, as people compare it; a last character alone stays with its neighbours.

    >>> in_fours("UA213223130000026007233566001")[-2:]
    ['2335', '66001']
    """
    parts = [text[start : start + 4] for start in range(0, len(text), 4)]
    return [*parts[:-2], parts[-2] + parts[-1]] if len(parts) > 1 and len(parts[-1]) == 1 else parts


def raised(unit: str) -> str:
    """Return a unit of measure with its power raised: registers write «м2» and «куб.м» as they can.

    >>> raised("м3"), raised("грн/м2"), raised("кВт·год")
    ('м³', 'грн/м²', 'кВт·год')
    """
    return re.sub(r"(?<=[мm])[23](?!\w)", lambda found: "²³"[int(found[0]) - 2], unit)


def folded(column: str) -> Func:
    """Return a column's text folded in the database as `search_key` folds it in Python, punctuation apart."""
    return Func(Lower(F(column)), Value("ёґʼ’‘`"), Value("ег''''"), function="TRANSLATE")

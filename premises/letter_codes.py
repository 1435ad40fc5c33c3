"""The secrets of access letters and bills: made, printed in groups, and read back as a person types them.

One alphabet of 32 signs without look-alikes (Crockford's). Whatever a person types instead of a sign, the letter O for
zero or a Cyrillic К, is read as that sign.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12  # 60 bits
PASSWORD_LENGTH = 10  # 50 bits, hashed slowly and used once
GROUP = 4
LOOK_ALIKES = str.maketrans(
    {"O": "0", "I": "1", "L": "1", "U": "V"}
    | {"О": "0", "А": "A", "В": "B", "Е": "E", "Н": "H", "К": "K", "М": "M", "Р": "P", "С": "C", "Т": "T", "Х": "X"}
    | {"У": "Y", "З": "3", "І": "1", "Ї": "1", "Ј": "J", "Ѕ": "S", "Б": "6", "Ь": "6", "Ч": "4"}  # Cyrillic
)
SEPARATORS = frozenset(" -–—\u2011\u00a0\u202f\t.")


def new_code() -> str:
    return _random(CODE_LENGTH)


def new_password() -> str:
    return _random(PASSWORD_LENGTH)


def derived(digest: str) -> str:
    """The code that the first 60 bits of a keyed digest (hex) make: the same whenever it is asked for.

    >>> derived("ffffffffffffff0" + "0" * 49)
    'ZZZZZZZZZZZG'
    """
    number = int(digest[: CODE_LENGTH * 5 // 4], 16)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def grouped(secret: str) -> str:
    """«7F3K-Q9ZT-2MXA»: as it is printed.

    >>> grouped("7F3KQ9ZT2MXA")
    '7F3K-Q9ZT-2MXA'
    """
    size = GROUP if len(secret) % GROUP == 0 else 5
    return "-".join(secret[start : start + size] for start in range(0, len(secret), size))


def read(typed: str) -> str:
    """Return what was meant: upper case, look-alikes folded, spaces and dashes gone; other signs stay and fit nothing.

    >>> read("7f3к q9zт–2мха")
    '7F3KQ9ZT2MXA'
    """
    kept = "".join(sign for sign in typed if sign not in SEPARATORS)
    return kept.upper().translate(LOOK_ALIKES)


def is_code(text: str) -> bool:
    """Whether this (already read) text has the shape of a code."""
    return len(text) == CODE_LENGTH and all(sign in ALPHABET for sign in text)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))

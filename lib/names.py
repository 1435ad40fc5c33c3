"""Whether two full names of people of Russia and Ukraine are one name, pure.

SAME means that nothing but the way of typing differs; SIMILAR that a human must look: another alphabet, another language,
initials, no patronymic, another order; anything else is DIFFERENT, a typing error too. Only a full name of one person can be
SAME with anything: initials, several people in one text and organizations never are.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from lib.given_names import forms_of

MOST_WORDS, MOST_SIGNS = 6, 400  # a longer text is nobody's name
APOSTROPHES = re.compile("['’‘ʼ`´′ˈʹ\u0301]")  # a stress mark over a vowel is no letter either
SEVERAL = re.compile(r"[,;/&\n]|(?<=\s)(?:и|та|і|й)(?=\s)")
WORD = re.compile(r"([^\W\d_]+)(\.?)")
NOT_OF_A_NAME = re.compile(r"[^\w\s.\-‐‑‒–—−]|[\d_]")
CYRILLIC = re.compile("[\u0400-\u04ff]")
LOOK_ALIKES = str.maketrans("ABCEHIKMOPTXYaceiopxyÏï", "АВСЕНІКМОРТХУасеіорхуЇї")
PATRONYMIC = re.compile(r"(.*?)(?:(?:[ьй]?о|[ьй]?е)?(вич|вна)|[иі](ч)|[иі]н[иі](чна)|(?:[иіь]?ї|[ьй]?і)(вна))")
PATRONYMIC_IN_LATIN = re.compile(r".*(vich|vych|vna|ich|ychna|ichna)")
SON_OR_DAUGHTER = {"оглы", "огли", "кызы", "кизи", "угли", "улы", "ogly", "oglu", "kyzy", "kizi"}
ORGANIZATION = {
    "ооо", "оао", "зао", "пао", "ао", "ип", "муп", "гуп", "фгуп", "тсж", "тсн", "жск", "снт", "гск", "тов", "пат",
    "прат", "ат", "зат", "ват", "дп", "кп", "ккп", "фоп", "осбб", "пп", "общество", "товариство", "администрация",
    "адміністрація", "муниципальное", "муниципалитет", "комитет", "комітет", "департамент", "управление",
    "управління", "міська", "сільська", "селищна", "предприятие", "підприємство", "банк", "фонд", "компания",
    "компанія", "государство", "держава", "федерация", "федерація", "украина", "україна", "ltd", "llc",
}  # fmt: skip

# How each letter is written in Latin: the passports of both countries (ICAO, КМУ № 55), ГОСТ, and the usual ways.
LATIN = {
    "а": "a", "б": "b", "в": "v w", "г": "g h gh", "ґ": "g", "д": "d", "е": "e ie ye je yo", "є": "ie ye je e",
    "ж": "zh j z", "з": "z", "и": "i y ii yi iy", "і": "i y", "ї": "i yi ji y", "й": "i y j", "к": "k c", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s ss", "т": "t", "у": "u ou", "ф": "f ph",
    "х": "kh h x ch", "ц": "ts tz c", "ч": "ch c tch", "ш": "sh s", "щ": "shch sch sc", "ъ": "ie", "ы": "y i",
    "ь": "i y", "э": "e", "ю": "yu iu ju u", "я": "ya ia ja a",
}  # fmt: skip
SILENT = "ъьй"  # may be left out altogether: Анатолий is Anatoly, Sergey is Серге́й
VARIANTS = {
    letter: (*written.split(), "") if letter in SILENT else tuple(written.split()) for letter, written in LATIN.items()
}
DOUBLES = {"кс": "x", "зг": "zgh", "ия": "ia ya", "ий": "y i", "ій": "y i", "ый": "y i"}
# Two ways to write one name in Latin meet in a third: each pair is replaced from the left to the right.
IN_LATIN = (
    ("shch", "sch"), ("kh", "h"), ("zh", "j"), ("x", "ks"), ("ph", "f"), ("w", "v"), ("tz", "ts"), ("gh", "h"),
    ("g", "h"), ("y", "i"), ("ju", "iu"), ("ja", "ia"), ("je", "ie"), ("ie", "e"), ("iia", "ia"), ("ii", "i"),
)  # fmt: skip
ACCENTS = {"š": "sh", "č": "ch", "ž": "zh", "ŝ": "shch", "û": "iu", "â": "ia", "è": "e", "ë": "e"}
IN_CYRILLIC = (
    ("ьо", "е"), ("йо", "е"), ("ь", ""), ("ъ", ""), ("і", "и"), ("ї", "и"), ("ы", "и"), ("є", "е"), ("э", "е"),
    ("ґ", "г"),
)  # fmt: skip


class Likeness(Enum):
    """How two names compare."""

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"


class Word(NamedTuple):
    """One word of a name, folded; an initial stands for a whole word."""

    text: str
    is_initial: bool


class Name(NamedTuple):
    """The words of one person's name; `is_full` when nothing else stood in the text and no word is an initial."""

    words: tuple[Word, ...]
    is_full: bool


def likeness(one: str, other: str) -> Likeness:
    """Compare two full names, in any order of the two.

    >>> likeness("Олина Ольга Олеговна", "ОЛИНА  ОЛЬГА ОЛЕГОВНА")
    <Likeness.SAME: 'same'>
    >>> likeness("Олина Ольга Олеговна", "Olina Olga")
    <Likeness.SIMILAR: 'similar'>
    """
    mine, theirs = _people(one), _people(other)
    if len(mine) == len(theirs) == 1 and mine[0].is_full and mine[0] == theirs[0]:
        return Likeness.SAME
    fits = any(_similar(a, b) for a in mine for b in theirs)
    return Likeness.SIMILAR if fits else Likeness.DIFFERENT


# --- Reading a text -------------------------------------------------------------------------------------------------
def _people(text: str) -> list[Name]:
    """The people whom the text names; nobody when it names an organization."""
    if len(text) > MOST_SIGNS:
        return []
    clean = unicodedata.normalize("NFC", "".join(sign for sign in text if unicodedata.category(sign) != "Cf"))
    names = [_read(part) for part in SEVERAL.split(APOSTROPHES.sub("", clean).strip())]
    if any(word.text in ORGANIZATION for name in names for word in name.words):
        return []
    people = [name for name in names if name.words]
    return people if len(names) == 1 else [name._replace(is_full=False) for name in people]


def _read(text: str) -> Name:
    cyrillic = bool(CYRILLIC.search(text))
    words = tuple(
        Word(_folded(found[1], cyrillic), len(found[1]) == 1 or bool(found[2] and len(found[1]) == 2))
        for found in WORD.finditer(text)
    )
    is_full = len(words) > 1 and not NOT_OF_A_NAME.search(text) and not any(word.is_initial for word in words)
    return Name(words, is_full)


def _folded(word: str, cyrillic: bool) -> str:
    """Small letters, ё as е; Latin letters of a Cyrillic word as the Cyrillic ones that they look like."""
    alike = word.translate(LOOK_ALIKES)
    if cyrillic and (CYRILLIC.search(word) or not re.search("[^\u0400-\u04ff]", alike)):
        word = alike
    return word.casefold().replace("ё", "е")


# --- Comparing ------------------------------------------------------------------------------------------------------
def _similar(one: Name, other: Name) -> bool:
    """Whether each word of the shorter name has a word of its own in the longer one, which has at most a patronymic more."""
    few, many = sorted((one.words, other.words), key=len)
    if len(few) < 2 or len(many) > MOST_WORDS:
        return False
    if "".join(word.text for word in few) == "".join(word.text for word in many):
        return True  # Нур Султан and Нурсултан
    return _pairs(few, many, known=False)


def _pairs(few: tuple[Word, ...], many: tuple[Word, ...], *, known: bool) -> bool:
    """Pair the words in every way; at least one pair are whole words, and the rest is nothing or a patronymic."""
    if not few:
        return known and _is_patronymic(many)
    for place, candidate in enumerate(many):
        whole = not (few[0].is_initial or candidate.is_initial)
        fits = _alike(few[0].text, candidate.text) if whole else _starts(few[0].text, candidate.text)
        if fits and _pairs(few[1:], many[:place] + many[place + 1 :], known=known or whole):
            return True
    return False


def _is_patronymic(rest: tuple[Word, ...]) -> bool:
    if len(rest) == 2:
        return rest[1].text in SON_OR_DAUGHTER
    return not rest or (len(rest) == 1 and (rest[0].is_initial or _ends_as_patronymic(rest[0].text)))


def _ends_as_patronymic(word: str) -> bool:
    return bool((PATRONYMIC if CYRILLIC.search(word) else PATRONYMIC_IN_LATIN).fullmatch(word))


def _alike(one: str, other: str) -> bool:
    """Whether two words are one in another alphabet or language."""
    if one == other:
        return True
    first, second = bool(CYRILLIC.search(one)), bool(CYRILLIC.search(other))
    if first and second:
        return bool(_keys(one) & _keys(other))
    if not first and not second:
        return _latin_key(one) == _latin_key(other)
    cyrillic, latin = (one, other) if first else (other, one)
    return any(_is_written(form, _plain(latin)) for form in _forms(cyrillic))


def _starts(one: str, other: str) -> bool:
    """Whether the shorter of two words is an initial of the other, in whatever alphabet."""
    short, long = sorted((one, other), key=len)
    if bool(CYRILLIC.search(short)) == bool(CYRILLIC.search(long)):
        return any(_cyrillic_key(form).startswith(_cyrillic_key(short)) for form in forms_of(long))
    if CYRILLIC.search(long):
        return any(_plain(short) in VARIANTS.get(form[0], ()) for form in forms_of(long))
    return any(variant and _plain(long).startswith(variant) for variant in VARIANTS.get(short[0], ()))


def _keys(word: str) -> set[str]:
    return {_cyrillic_key(form) for form in _forms(word)}


def _forms(word: str) -> Iterable[str]:
    """The word in both languages: a given name by the table, a patronymic by the table's name within it."""
    patronymic = PATRONYMIC.fullmatch(word)
    if patronymic is None or not patronymic[1]:
        return forms_of(word)
    woman = word.endswith("на")
    stems = forms_of(f"{patronymic[1]}*")
    return {word, *(stem.removesuffix("*") + ending for stem in stems for ending in ENDINGS[woman])}


# Endings of a man's and a woman's patronymic, which the two languages use after the same stem.
ENDINGS = {
    False: ("ович", "евич", "ьевич", "йович", "ійович", "иевич", "ьович"),
    True: ("овна", "евна", "ьевна", "ївна", "івна", "иевна", "іївна"),
}


def _cyrillic_key(word: str) -> str:
    """A word as both languages would write it: Чайковська is Чайковская."""
    for written, key in IN_CYRILLIC:
        word = word.replace(written, key)
    return re.sub(r"(?<=[сц]к)ая$", "а", word)


def _plain(word: str) -> str:
    """A Latin word without accents."""
    for accent, written in ACCENTS.items():
        word = word.replace(accent, written)
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def _latin_key(word: str) -> str:
    word = _plain(word)
    for written, key in IN_LATIN:
        word = word.replace(written, key)
    return word


def _is_written(cyrillic: str, latin: str) -> bool:
    """Whether the Latin word is a way to write the Cyrillic one; every place is kept once, so that long words stay quick."""
    places: list[set[int]] = [{0}, *(set() for _ in cyrillic)]
    for at, letter in enumerate(cyrillic):
        double = DOUBLES.get(cyrillic[at : at + 2], "").split()
        for place in places[at]:
            places[at + 1] |= {place + len(way) for way in VARIANTS.get(letter, ()) if latin.startswith(way, place)}
            if double:
                places[at + 2] |= {place + len(way) for way in double if latin.startswith(way, place)}
    return len(latin) in places[-1]

"""Tells in which encoding a text file is written: by its mark, by being strict UTF-8, else by how its letters look."""

import codecs
import io
import re
from collections import Counter
from itertools import pairwise
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from premises.registers.cells import Unreadable

CHUNK = 1 << 20
SAMPLE = 1 << 15  # bytes of words with letters outside ASCII
# How much likelier an encoding is before the first letter is seen. KOI8-U is KOI8-R with four more letters: rare, and
# its letters stand where those of windows-1251 do, so one short word tells nothing.
ENCODINGS = {"cp1251": 0, "cp866": 0, "koi8-u": -12}
WORD = re.compile(rb"[\x80-\xff]+")
# How often letters stand in Russian and Ukrainian texts, in points; a sign that is no letter costs more than any gives.
POINTS = {
    letter: points
    for letters, points in (("оаеин", 5), ("трсвл", 4), ("кмдпу", 3), ("яьізбгчй", 2), ("ыхжюшц", 1), ("їєщфэъґё", 0))
    for letter in letters
}
NO_LETTER, BROKEN_CASE = -6, -8  # of a sign that is no letter; of «мАРТ», where a capital follows a small letter


def encoding_of(file: BinaryIO) -> str:
    """Return how the text is encoded: by its mark, else strict UTF-8, else the likeliest of 1251, 866 and KOI8."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample, is_utf8 = _walk(file)
    file.seek(0)
    return "utf-8" if is_utf8 else likeliest(sample)


def _walk(file: BinaryIO) -> tuple[list[bytes], bool]:
    """Read as far as needed: words with letters outside ASCII, and whether the whole file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample: list[bytes] = []
    size, is_utf8 = 0, True
    while chunk := file.read(CHUNK):
        if b"\0" in chunk:
            raise Unreadable(_("This is not a text file: send a CSV or an XLSX."))
        if size < SAMPLE:
            words = WORD.findall(chunk)
            size += sum(map(len, words))
            sample += words
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    return sample, is_utf8 and not decoder.getstate()[0]


def likeliest(words: list[bytes]) -> str:
    """Return the encoding in which these words look most like Russian or Ukrainian.

    >>> likeliest(["Волгодонск".encode("koi8-r")])
    'koi8-u'
    """
    counts = Counter(words[: SAMPLE // 2]).most_common(2000)
    points = {name: sum(_likeness(word.decode(name, "replace")) * n for word, n in counts) for name in ENCODINGS}
    return max(ENCODINGS, key=lambda name: points[name] + ENCODINGS[name])


def _likeness(word: str) -> int:
    points = sum(POINTS.get(sign.lower(), NO_LETTER) for sign in word)
    return points + BROKEN_CASE * sum(one.islower() and two.isupper() for one, two in pairwise(word))


def text_lines(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file as text, its line ends as they stand; call detach() when done."""
    return io.TextIOWrapper(file, encoding=encoding, newline="")

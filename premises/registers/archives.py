"""Takes the one file out of a zip in which a bank sends its register, and refuses what would grow without end."""

import io
import zipfile
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from premises.registers.cells import Unreadable
from premises.registers.sources import BROKEN_ZIP, CHUNK, MAX_FILE, UNPACKED, ZIP, guard_sizes

MOST_FILES = 20
BROKEN = _("The archive is broken.")
IS_ENCRYPTED = 0x1


def is_archive(file: BinaryIO) -> bool:
    """Whether the file is a zip but no workbook; its place is put back to the start."""
    file.seek(0)
    head = file.read(len(ZIP))
    file.seek(0)
    if head != ZIP:
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except BROKEN_ZIP:
        return False
    finally:
        file.seek(0)
    return "[Content_Types].xml" not in names and not any(name.startswith("xl/") for name in names)


def only_file(file: BinaryIO) -> tuple[BinaryIO, str]:
    """Return the one file in an archive and its name, unpacked in memory; anything else is Unreadable."""
    try:
        with zipfile.ZipFile(file) as archive:
            guard_sizes(archive)
            parts = [part for part in archive.infolist() if not part.is_dir() and not _is_hidden(part.filename)]
            if len(parts) != 1 or len(archive.infolist()) > MOST_FILES:
                raise Unreadable(_("The archive must hold exactly one file: send the registers one by one."))
            [part] = parts
            if part.flag_bits & IS_ENCRYPTED:
                raise Unreadable(_("The archive has a password: unpack it and send the register itself."))
            if part.file_size > MAX_FILE:
                raise Unreadable(UNPACKED)
            return _unpacked(archive, part), part.filename.rpartition("/")[2]
    except BROKEN_ZIP:
        raise Unreadable(BROKEN) from None


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> BinaryIO:
    whole = io.BytesIO()
    with archive.open(part) as content:
        while chunk := content.read(CHUNK):
            if whole.tell() + len(chunk) > MAX_FILE:  # the directory of the archive may lie about sizes
                raise Unreadable(UNPACKED)
            whole.write(chunk)
    whole.seek(0)
    return whole

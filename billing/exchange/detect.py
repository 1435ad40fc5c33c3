"""Tells a file of payments by its content and opens it: the one door for every format (pure).

receipts = open_payments(file, profile=profile_of_the_company)
for receipt in receipts: ...
receipts.problems
"""

import re
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange import dbf, gis
from billing.exchange.payments import payments
from billing.exchange.profile import CENTRE, SBERBANK, Profile
from billing.exchange.receipts import Payments, Receipts, whole_problem
from billing.exchange.statement import is_statement, read_statement
from lib.text import search_key
from premises.register import header_key
from premises.registers import archives, cells, sources
from premises.registers.encodings import encoding_of
from premises.registers.tally import ERROR, Problem

TABLE, SBER, BATCHES, DBF, STATEMENT, GIS, GIS_DOCUMENTS, GIS_ACCOUNTS, ARCHIVE = (
    "table", "sberbank", "centre", "dbf", "statement", "gis", "gis_documents", "gis_accounts", "archive"
)  # fmt: skip
WORDS = {
    TABLE: _("table with headers"), SBER: _("register of Sberbank"), BATCHES: _("batches of a settlement centre"),
    DBF: _("DBF"), STATEMENT: _("bank statement 1CClientBankExchange"), GIS: _("payments of ГИС ЖКХ"),
    GIS_DOCUMENTS: _("payment documents of ГИС ЖКХ"), GIS_ACCOUNTS: _("accounts of ГИС ЖКХ"),
}  # fmt: skip
HEAD = 64 << 10
DAY = re.compile(r"\d{2}[-./]\d{2}[-./]\d{4}\s*;")
WITHOUT_HEADER = {SBER: SBERBANK, BATCHES: CENTRE}


def detect(file: BinaryIO) -> str:
    """Return which of the known formats the file has; a register told by its headers is a `table`."""
    if is_statement(file):
        return STATEMENT
    if archives.is_archive(file):
        return ARCHIVE
    file.seek(0)
    if file.read(len(sources.ZIP)) == sources.ZIP:
        return _workbook(file)
    if dbf.is_dbf(file):
        return DBF
    return _text(file)


def facts_of(file: BinaryIO) -> dict[str, str]:
    """What an import keeps of its file's format: the code and the English words to translate."""
    found = format_of(file)
    return {"format": found, "format_words": WORDS.get(found, "")}


def format_of(file: BinaryIO) -> str:
    """Return which format a file or the one file in an archive has; '' for an archive that cannot be opened."""
    try:
        inner = archives.only_file(file)[0] if archives.is_archive(file) else file
        return detect(inner)
    except cells.Unreadable:
        return ""
    finally:
        file.seek(0)


def _workbook(file: BinaryIO) -> str:
    names = {header_key(name) for name in sources.sheet_names(file)}
    known = (
        (gis.PAYMENTS, GIS),
        (gis.DOCUMENTS, GIS_DOCUMENTS),
        (gis.REPAIR, GIS_DOCUMENTS),
        (gis.ACCOUNTS, GIS_ACCOUNTS),
    )
    for sheet, found in known:
        if header_key(sheet) in names:
            return found
    return TABLE


def _text(file: BinaryIO) -> str:
    encoding = encoding_of(file)
    file.seek(0)
    lines = file.read(HEAD).decode(encoding, "replace").splitlines()
    first = next((line for line in lines if line.strip()), "")
    if DAY.match(first):
        return SBER
    if first.startswith(CENTRE.batch_mark) and not any(word in search_key(first) for word in ("account", "счет")):
        return BATCHES
    return TABLE


def open_payments(file: BinaryIO, *, profile: Profile | None = None) -> Payments:
    """Open a file of payments in any known format. The profile says how registers are laid out, the rest needs none."""
    try:
        if archives.is_archive(file):
            file, _name = archives.only_file(file)
        kind = detect(file)
    except cells.Unreadable as broken:
        return Receipts((), [Problem(0, ERROR, "", broken.text, broken.facts)])
    if kind == STATEMENT:
        return read_statement(file)
    if kind == GIS:
        return gis.payments(file)
    if kind in (GIS_DOCUMENTS, GIS_ACCOUNTS):
        return Receipts((), [whole_problem(0, _("This workbook of ГИС ЖКХ has no sheet of payments."))])
    return payments(file, profile=profile or WITHOUT_HEADER.get(kind))

"""Bad files through the room from end to end: a sentence each time, nothing half-done."""

import zipfile
from collections.abc import Callable
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.models import BankDocument, Invoice, LedgerEntry, Payment, StrayPayment
from billing.tests.test_exchange_payments import SBER, SBER_ROWS
from billing.tests.test_exchange_statement import STATEMENT
from billing.tests.test_import_documents import HEAD, HEAT, TOTAL, WATER
from portal.testing import Cast, make_account
from premises.models import ImportRun

Enter = Callable[[User], Client]
pytestmark = pytest.mark.feature("G10")
UPLOAD = reverse("admin:premises_importrun_add")
PAID = "account;date;number;amount\n"


def zipped(*parts: tuple[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return file.getvalue()


def book(*rows: list[object]) -> bytes:
    whole, file = openpyxl.Workbook(), BytesIO()
    for row in rows:
        whole.active.append(row)
    whole.save(file)
    return file.getvalue()


BOMB = zipped(("reg.txt", b"0" * (60 << 20)))
BAD = [
    ("payments", SBER_ROWS, "control line"),
    ("payments", SBER[:-70], "control line"),
    ("payments", SBER.replace("=3;5015,89", "=3;5015,90"), "does not agree"),
    ("payments", SBER.replace(";3680,39;", ";-3680,39;"), "must be between"),
    ("payments", SBER.replace(";3680,39;", ";0,00;"), "must be between"),
    ("payments", SBER.replace(";3680,39;", ";99999999999,00;"), "must be between"),
    ("payments", SBER.replace(";3680,39;", ";3,680.39;"), "which sign"),
    ("payments", SBER.replace("11-03-2019;10-15", "11-03-2099;10-15"), "has not come yet"),
    ("payments", b"\xff\xfe\x00\xd8" + SBER.encode("utf-16-le"), "decoded"),
    ("payments", SBER.encode("cp1251") + b"\0\0", "text file"),
    ("payments", BOMB, "too large"),
    ("payments", zipped(("a.txt", b"1"), ("b.txt", b"2")), "exactly one file"),
    ("payments", BOMB[: len(BOMB) // 2], ""),
    ("payments", book(["account", "date", "number", "amount"], ["10012", "11.03.2019", "1", "=1+1"]), "formula"),
    ("payments", b"", "empty"),
    ("payments", PAID, "no rows"),
    ("payments", "Лицо;Время\n1;2\n", "no such column"),
    ("documents", HEAD + WATER + HEAT + TOTAL.replace("222,00", "222,01"), "add up"),
    ("documents", HEAD + WATER.replace("02.2019", "13.2019"), ""),
    ("documents", HEAD + WATER.replace("02.2019", "02.2088"), "has not begun"),
    ("documents", HEAD + WATER.replace("100,00;;;;10,00", "9999999999999,00;;;;10,00"), ""),
    ("documents", BOMB, "too large"),
    ("statement", STATEMENT.replace("КонецФайла", ""), "cut off"),
    ("statement", BOMB, "too large"),
    ("accounts", BOMB, ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "words"), BAD, ids=[f"{n}-{one[0]}" for n, one in enumerate(BAD)])
def test_a_bad_file_gets_a_sentence_and_writes_nothing(
    cast: Cast, enter: Enter, kind: str, content: str | bytes, words: str
) -> None:
    make_account(cast.house, "17", "10117")
    body = content.encode("cp1251") if isinstance(content, str) else content
    client, file = enter(cast.anna), SimpleUploadedFile("reg.txt", body)
    answer = client.post(UPLOAD, {"organization": cast.company.pk, "kind": kind, "file": file})
    if not body:
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
        return
    run = ImportRun.objects.get()
    assert run.state == "refused", run.report
    sentences = [one.message for one in run.problems if one.level == "error"]
    assert sentences
    assert any(words in one for one in sentences), sentences
    page = client.get(answer["Location"]).content.decode()
    assert "Nothing was imported" in page
    assert client.post(reverse("admin:premises_importrun_import", args=[run.pk])).status_code == 409
    for model in (Payment, StrayPayment, BankDocument, Invoice, LedgerEntry):
        assert not model._default_manager.exists()


def test_the_page_of_a_register_tells_its_format_and_its_totals(cast: Cast, enter: Enter) -> None:
    make_account(cast.house, "17", "10117")
    client, file = enter(cast.anna), SimpleUploadedFile("reg.zip", zipped(("reg.txt", SBER.encode("cp866"))))
    answer = client.post(UPLOAD, {"organization": cast.company.pk, "kind": "payments", "file": file})
    page = client.get(answer["Location"]).content.decode()
    for words in ("register of Sberbank", "to be transferred to the company", "4,955.70", "fees", "60.19",
                  "rows with an unknown account", "will wait until you say whose it is"):  # fmt: skip
        assert words in page, words
    assert str(ImportRun.objects.get().file.name).endswith(".zip")

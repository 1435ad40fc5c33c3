"""A statutory form on a sheet: head, what to pay and how, payer and provider, then the sections in the form's order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from billing.charging.totals import to_pay
from billing.models import Invoice, InvoiceLine
from billing.payment_code import payment_code
from billing.printing import sections
from billing.printing.charges import SAVING_SIZE, Charges, charges, methods
from billing.printing.figures import day, figure, money, month
from billing.printing.labels import Labels, labels_of
from billing.qr.symbol import code_rows
from billing.wording import Wording, wording_of
from lib.paper import Book, Box, Column, Row, Sheet, Style, Table
from lib.paper.sheet import MM, height_of
from lib.paper.table import natural
from lib.paper.text import lines_of, measure
from lib.qr import qr_rows

INK, QUIET, EDGE, PAPER = "0.08 0.09 0.12", "0.29 0.33 0.38", "0.48 0.45 0.40", "0.98 0.973 0.957"
TITLE = Style(size=17, bold=True, leading=1.2)
HEADING = Style(size=10.5, bold=True, leading=1.25)
TEXT, BOLD, SMALL = Style(size=9.2), Style(size=9.2, bold=True), Style(size=8.2, colour=QUIET)
LEAD, DUE = Style(size=11.5, bold=True), Style(size=12.5, bold=True)
SUM_SIZE, UNIT = 26.0, Style(size=1.001, bold=True)
CODE = Style(size=11.5, bold=True, spacing=0.5)
TABLE, TABLE_HEAD = Style(size=8.4), Style(size=7.2, bold=True, leading=1.2)
CODE_SIDE, CODES_WIDTH = 34 * MM, 128.0
ALWAYS = frozenset({"details", "charges"})  # the sections that every form has
NUMBERED = re.compile(r"^\d+\. ")


@dataclass(frozen=True)
class Cabinet:
    """What is printed of the cabinet: where its code leads, the address to type and the code in groups."""

    url: str
    address: str
    groups: str = ""


@dataclass
class Form:
    """One document being drawn."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]
    cabinet: Cabinet

    def __post_init__(self) -> None:
        self.words: Wording = wording_of(self.invoice.form, self.invoice.kind)
        self.labels: Labels = labels_of(self.invoice.form)
        self.charges: Charges = charges(self.invoice, self.lines, self.words, self.labels)

    @property
    def title(self) -> str:
        return f"{self.words.title} № {self.invoice.number}"

    def draw(self, book: Book, *, bookmark: str = "") -> None:
        """Add the document to the book, on pages of its own."""
        payer = self.invoice.payer
        label = f"{self.title} · {self.words.account_number}: {payer.get('account_number', '')}"
        book.fitted(self._draw, size=self.charges.size, label=label, bookmark=bookmark, more=self._saved)

    @cached_property
    def smaller(self) -> Charges:
        """The table of services in the letters with which a page is saved."""
        if self.charges.style.size <= SAVING_SIZE:
            return self.charges
        return charges(self.invoice, self.lines, self.words, self.labels, largest=SAVING_SIZE)

    def _saved(self, wanted: float) -> float:
        """How many points lower the table of services is with those; nothing where it cannot be as many as are wanted."""
        if self.services.spare(SAVING_SIZE) < wanted:
            return 0.0
        return self.services.height(self.sheet) - self.smaller.table().height(self.sheet)

    def _draw(self, sheet: Sheet) -> None:
        self.sheet, self.headings = sheet, 0
        self._head()
        self._panel()
        payer = [self._payer(), self._provider()]
        self._heading(self.words.payer_section, min(box.height(sheet.width / 2) for box in payer))
        sheet.columns(payer, shares=[7, 6])
        for section in self.labels.sections:
            self.tail = self._beware_height() if section == self.last_section else 0.0
            getattr(self, f"_{section}")()
        self._beware()

    @property
    def last_section(self) -> str:
        """The section that ends the form: what stands under it stays with its last rows."""
        also = ALWAYS | ({"recalculations"} if self.invoice.lacks_reason else set())
        drawn = [name for name in self.labels.sections if name in also or getattr(self.invoice, name)]
        return drawn[-1]

    def _head(self) -> None:
        invoice, words, labels, sheet = self.invoice, self.words, self.labels, self.sheet
        sheet.text("H1", (self.title, TITLE), after=1)
        sheet.text("P", (words.purpose, TEXT), after=1)
        facts = [f"{words.issued}: {day(invoice.issued_on)}"] if invoice.issued_on else []
        facts += [f"{labels.document_id}: {invoice.document_id}"] if invoice.document_id else []
        if facts:
            sheet.text("P", (" · ".join(facts), SMALL), after=1)
        sheet.strokes([(sheet.left, sheet.y + 3, sheet.left + sheet.width, sheet.y + 3)], INK, 1.4)
        sheet.gap(9)

    def _panel(self) -> None:
        """The one thing everybody looks for: how much, until when, and the two codes."""
        sheet, pad, wide = self.sheet, 8.0, CODES_WIDTH
        code = self.pay_code
        side = CODE_SIDE + 3
        left = sheet.width - 2 * (wide + pad) - 3 * pad
        sums, pay, cabinet = self._sums(left), self._pay(bool(code)), self._cabinet()
        under_pay = side if code else 0.0
        height = 2 * pad + max(sums.height(left), under_pay + pay.height(wide), side + cabinet.height(wide))
        top, first = sheet.y, sheet.left + left + 3 * pad
        second = first + wide + pad
        sheet.fill(sheet.left, top, left + 2 * pad, height, PAPER)
        sheet.write_box(sums, sheet.left + pad, top + pad, left)
        if code:
            sheet.code(code, first, top + pad, CODE_SIDE, self.words.pay_code)
        sheet.write_box(pay, first, top + pad + under_pay, wide)
        sheet.code(self.cabinet_code, second, top + pad, CODE_SIDE, self.words.cabinet_code)
        sheet.write_box(cabinet, second, top + pad + side, wide)
        sheet.frame(sheet.left, top, sheet.width, height, EDGE, 0.8)
        sheet.skip(height)
        sheet.gap(2)

    @cached_property
    def pay_code(self) -> Sequence[bytes]:
        """The modules of the code that pays; none where the bank details are not complete."""
        code = payment_code(self.invoice)
        return code_rows(code) if code else ()

    @cached_property
    def cabinet_code(self) -> Sequence[bytes]:
        return qr_rows(self.cabinet.url)

    def _sums(self, width: float) -> Box:
        invoice, words, labels, box = self.invoice, self.words, self.labels, Box()
        box.add((f"{words.period} {month(invoice.period, words.language)}", LEAD), after=3)
        box.add((words.payable, TEXT), after=0)
        due = f"{money(to_pay(invoice.payable))}\u00a0{words.currency}"
        box.add((due, Style(size=min(SUM_SIZE, width / measure(due, UNIT)), bold=True, leading=1.15)), after=1)
        if invoice.payable < 0:
            box.add((labels.nothing_due, BOLD))
        elif invoice.due_on:
            box.add((f"{words.due} {day(invoice.due_on)}", DUE))
        box.add(("", TEXT), after=2)
        if invoice.opening is not None and invoice.opening < 0:
            box.add((f"{labels.advance}: ", TEXT), (f"{money(-invoice.opening)}\u00a0{words.currency}", BOLD))
        elif invoice.opening is not None:
            box.add((f"{words.opening}: ", TEXT), (f"{money(invoice.opening)}\u00a0{words.currency}", BOLD))
        box.add((f"{labels.accrued}: ", TEXT), (f"{money(invoice.charged)}\u00a0{words.currency}", BOLD))
        for name, amount in (
            (labels.penalty, invoice.penalty or None), (labels.vat, invoice.vat), (labels.fees, invoice.fees or None), (labels.subsidy, invoice.subsidy or None),
            (words.paid, invoice.paid),
        ):  # fmt: skip
            if amount is not None:
                box.add((f"{name}: ", TEXT), (f"{money(amount)}\u00a0{words.currency}", BOLD))
        if invoice.paid_upto:
            box.add((f"{words.paid_upto} {day(invoice.paid_upto)}", SMALL))
        return box

    def _pay(self, has_code: bool) -> Box:
        box = Box()
        if has_code:
            box.add((self.words.pay_code, LEAD), after=1)
            box.add((self.words.pay_code_note, SMALL))
        elif self.invoice.payable > 0:
            box.add((self.words.no_code, TEXT))
        return box

    def _cabinet(self) -> Box:
        words, box = self.words, Box()
        box.add((words.cabinet_code, LEAD), after=1)
        box.add((words.cabinet_enter if self.cabinet.groups else words.cabinet_note, SMALL), after=1)
        box.add((self.cabinet.address, Style(size=8.2, bold=True)), after=1)
        if self.cabinet.groups:
            box.add((self.cabinet.groups, CODE), after=1)
            box.add((words.cabinet_terms, Style(size=7.4, colour=QUIET)))
        return box

    def _payer(self) -> Box:
        words, payer, box = self.words, self.invoice.payer, Box()
        box.add((f"{words.payer}: ", TEXT), (payer.get("name") or words.absent, BOLD))
        address = payer.get("address", "").replace("кв. ", "кв.\u00a0")
        box.add((f"{words.address}: {address}", TEXT))
        numbers = [f"ЕЛС {payer['els']}"] if payer.get("els") else []
        numbers += [f"ИЖКУ {payer['zhku']}"] if payer.get("zhku") else []
        box.add(
            (f"{words.account_number}: ", TEXT), (str(payer.get("account_number", "")), BOLD),
            ("".join(f", {number}" for number in numbers), TEXT),
        )  # fmt: skip
        if payer.get("area_total"):
            whole, own = (
                figure(Decimal(payer.get(name) or payer["area_total"]), 2) for name in ("area_total", "area_account")
            )
            box.add((f"{words.area}: {whole}\u00a0м², {words.area_account}: {own}\u00a0м²", TEXT))
        people = ((words.residents, payer.get("residents")), (words.registered, payer.get("registered")))
        counts = (f"{name}:\u00a0{counted(count, words)}" for name, count in people)
        box.add((", ".join(counts), TEXT))
        return box

    def _provider(self) -> Box:
        words, provider, box = self.words, self.invoice.provider, Box()
        box.add((f"{words.provider}: ", TEXT), (provider.get("name", ""), BOLD))
        if provider.get("tax_id"):
            box.add((f"{words.tax_id} {provider['tax_id']}", TEXT))
        if provider.get("address"):
            box.add((provider["address"], TEXT))
        phone, dispatch = provider.get("phone"), provider.get("dispatch_phone")
        if phone:
            box.add((f"{words.phone}: {whole(phone)}", TEXT))
        if dispatch and dispatch != phone:
            box.add((f"{words.dispatch}: {whole(dispatch)}", BOLD))
        if provider.get("hours"):
            box.add((f"{words.hours}: {provider['hours']}", TEXT))
        contacts = [provider[name] for name in ("email", "site") if provider.get(name)]
        if contacts:
            box.add((" · ".join(contacts), TEXT))
        return box

    def _details(self) -> None:
        """Where the money goes."""
        table = self._recipient()
        self._heading(self.words.details_section, table)
        table.draw(self.sheet)

    def _charges(self) -> None:
        """The services; in 43/пр the recipient belongs to this section."""
        sheet = self.sheet
        table = self.services = (self.smaller if sheet.is_small else self.charges).table()
        marks = [f"({mark}) — {text}" for mark, text in methods(self.lines, self.words)]
        notes = ("; ".join(marks), SMALL)
        tail = self.tail + (height_of(lines_of((notes,), sheet.width)) + 4 * sheet.air if marks else 0.0)
        if "details" not in self.labels.sections:
            self._details()
            self._heading(self.words.table_section, table, tail=tail, is_part=True)
        else:
            self._heading(self.words.table_section, table, tail=tail)
        table.draw(sheet, after=2, tail=tail)
        if marks:
            sheet.text("P", notes)

    def _recipient(self) -> Table:
        invoice, words, sheet = self.invoice, self.words, self.sheet
        account = str(invoice.payer.get("account_number", ""))
        number = min(
            max(0.14, natural("", [account], TABLE, TABLE_HEAD) / sheet.width), 0.24
        )  # not torn, if it can be helped
        shares = (0.19, 0.5 - number, number, 0.18, 0.13)
        accrued = words.accrued_with_penalty if invoice.penalty else words.accrued_for_period
        heads = (words.recipient, words.bank_details, words.account_number, words.services, accrued)
        columns = [
            Column(head, sheet.width * share, right=index == 4)
            for index, (head, share) in enumerate(zip(heads, shares, strict=True))
        ]
        cells = [
            str(invoice.requisites.get("recipient", "")), bank(invoice.requisites, words),
            account, words.all_services, money(invoice.charged),
        ]  # fmt: skip
        return Table(columns, [Row(cells)], TABLE, TABLE_HEAD)

    def _readings(self) -> None:
        if self.invoice.readings:
            self._block(self.labels.readings, sections.readings(self.sheet, self.invoice, self.labels))
        elif self.words.readings_section:
            self._heading(self.labels.readings, TEXT.size * TEXT.leading)
            self.sheet.text("P", (self._why_unread(), TEXT))

    def _why_unread(self) -> str:
        """Why there are no readings: the company sent none with its register, or the portal had none to charge by."""
        methods = {line.method for line in self.lines} | {line.method_common for line in self.lines}
        if self.invoice.run_id:
            return self.words.averaged if "O" in methods else self.words.unread
        return self.words.no_readings_of_meters if "M" in methods else self.words.no_readings

    def _reference(self) -> None:
        if self.invoice.reference:
            self._block(self.labels.reference, sections.reference(self.sheet, self.invoice, self.labels))

    def _instalments(self) -> None:
        if self.invoice.instalments:
            self._block(self.labels.instalments, sections.instalments(self.sheet, self.invoice, self.labels))

    def _recalculations(self) -> None:
        if self.invoice.recalculations:
            table = sections.recalculations(self.sheet, self.invoice, self.labels, self.words.language)
            self._block(self.labels.recalculations, table)
        elif self.invoice.lacks_reason:
            self._heading(self.labels.recalculations, TEXT.size * TEXT.leading + self.tail)
            self.sheet.text("P", (self.labels.no_reason, TEXT))

    def _block(self, heading: str, table: Table) -> None:
        self._heading(heading, table, tail=self.tail)
        table.draw(self.sheet, tail=self.tail)

    def _heading(self, text: str, below: Table | float, *, tail: float = 0.0, is_part: bool = False) -> None:
        """A section's name, on the page on which its table begins (or its text, so many points high).

        A form without numbers of its own is numbered in its order; `is_part` is a heading inside of a section.
        """
        sheet, tag, style, gap = self.sheet, "H2", HEADING, 7.0
        if is_part:
            tag, style, gap = "H3", BOLD, 2.0
        else:
            self.headings += 1
            if self.invoice.form == Invoice.Form.UA:
                text = f"{self.headings}. {NUMBERED.sub('', text)}"
        above = (gap + 3) * sheet.air + height_of(lines_of(((text, style),), sheet.width))
        if isinstance(below, float):
            sheet.need(above + below)
        elif not below.begins_here(sheet, above=above, tail=tail):
            sheet.new_page()
        sheet.gap(gap)
        sheet.text(tag, (text, style), after=3)

    def _beware_height(self) -> float:
        return height_of(lines_of(((self.words.beware, SMALL),), self.sheet.width)) + 12 * self.sheet.air

    def _beware(self) -> None:
        sheet = self.sheet
        sheet.need(self._beware_height())
        sheet.gap(4)
        sheet.strokes([(sheet.left, sheet.y, sheet.left + sheet.width, sheet.y)], EDGE)
        sheet.gap(4)
        sheet.text("P", (self.words.beware, SMALL), after=0)


def bank(details: dict[str, str], words: Wording) -> str:
    """Bank details in one line, in the form's words; what was not given says so."""

    def value(name: str) -> str:
        return details.get(name) or words.absent

    parts = [f"{words.tax_id}\u00a0{value('tax_id')}"]
    parts += [f"{words.kpp}\u00a0{details['kpp']}"] if details.get("kpp") else []
    parts += [f"{words.account}\u00a0{value('account')}"]
    if words.language == "ru":
        parts += [f"{words.bank} {value('bank')}", f"{words.bic}\u00a0{value('bic')}"]
        parts += [f"{words.corr_account}\u00a0{value('corr_account')}"]
    elif details.get("bank"):
        parts += [details["bank"]]
    return ", ".join(parts)


def counted(people: object, words: Wording) -> str:
    """How many people, in one piece; what was not given says so."""
    return words.absent if people is None else f"{people}\u00a0{words.people}"


def whole(phone: str) -> str:
    """A number that is not torn over two lines."""
    return phone.replace(" ", "\u00a0")

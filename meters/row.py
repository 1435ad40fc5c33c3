"""One row of the council's matrix as it was typed: texts become entries, what is found becomes notes under the row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import User
from lib.money import format_money
from meters.actions import MetersAreBusy, NotAcceptable, Outcome, Result, WindowIsClosed, look_at, submit
from meters.consumption import Doubt
from meters.examining import Entry, Finding
from meters.forms.fields import DayField, sentence
from meters.matrix import Cell, Confirm, Note, Round, Row
from meters.models import Meter, Source
from meters.models.meter import Zones
from meters.prices import prices_of
from meters.resources import Unit
from meters.sheet import Prices, cost_of
from meters.typed import Unreadable, read_value
from meters.wording import amount_words, doubt_words, value_words

DAY = "taken_on"


@dataclass(frozen=True)
class Saved:
    """What became of a row. `notes` are said under it; `is_saved` says whether anything was written."""

    is_saved: bool
    notes: list[Note]


def save_row(row: Row, data: QueryDict, now: Round, *, by: User, at: datetime) -> Saved:
    """Read the row, have it judged and enter it; what was typed stays in the row when it is not."""
    _keep(row, data)
    try:
        day = DayField(today=now.today).clean(data.get(DAY, ""))
    except forms.ValidationError as bad:
        return Saved(False, [Note("bad", bad.messages[0], f"day{row.key}")])
    entries, notes = _entries(row, data, day)
    if not entries and not notes:
        return _nothing_new(row)
    try:
        if notes:
            return Saved(False, notes + _found(row, look_at(entries, source=Source.COUNCIL, at=at), now))
        outcomes = submit(entries, source=Source.COUNCIL, by=by, at=at)
    except NotAcceptable as wrong:
        return Saved(False, _found(row, wrong.findings, now))
    except WindowIsClosed as closed:
        return Saved(False, [Note("bad", str(closed.message))])
    except MetersAreBusy as busy:
        return Saved(False, [Note("warn", " ".join((_("Nothing is saved yet."), str(busy.message))))])
    return Saved(True, _done(row, outcomes, now))


def _nothing_new(row: Row) -> Saved:
    """Nothing was typed, or only what counts already."""
    same = [cell for cell in row.filled if cell.slots[0].typed]
    if not same:
        return Saved(False, [Note("bad", _("Nothing is written in this row yet."), _first_slot(row))])
    facts = [{"source": cell.source, "when": cell.when} for cell in same]
    words = [_("the same value is there already (%(source)s, %(when)s).") % fact for fact in facts]
    return Saved(True, [Note("ok", _named(cell, text)) for cell, text in zip(same, words, strict=True)])


def _keep(row: Row, data: QueryDict) -> None:
    for cell in row.filled:
        for slot in cell.slots:
            slot.typed = data.get(slot.name, "").strip()[:40]


def _entries(row: Row, data: QueryDict, day: date) -> tuple[list[Entry], list[Note]]:
    """The meters with something new; a text that is no reading becomes a note at its field."""
    entries, notes = [], []
    for cell in row.filled:
        if not any(slot.typed for slot in cell.slots):
            continue
        values, wrong = _values(cell)
        notes += wrong
        if not wrong and values != cell.counts:
            entries.append(_entry(cell.meter, values, day, data))
    return entries, notes


def _values(cell: Cell) -> tuple[Zones, list[Note]]:
    values: list[Decimal] = []
    notes = []
    for slot in cell.slots:
        try:
            values.append(
                read_value(
                    slot.typed, int_digits=cell.meter.int_digits, decimals=cell.meter.decimals, serial=cell.meter.serial
                )
            )
        except Unreadable as bad:
            slot.error = sentence(bad)
            notes.append(Note("bad", _named(cell, slot.error, slot.label), slot.name))
    return tuple(values), notes


def _entry(meter: Meter, values: Zones, day: date, data: QueryDict) -> Entry:
    """What was ticked counts only for the values beside which it was ticked."""
    said, _sep, doubts = data.get(f"c{meter.pk}", "").partition("|")
    return Entry(
        meter, values, day, passed_zero=data.get(f"p{meter.pk}") == _token(values),
        confirmed=frozenset(doubts.split()) if said == _token(values) else frozenset(),
    )  # fmt: skip


def _token(values: Zones) -> str:
    """Typed values as a check box beside them names them."""
    return "/".join(f"{value:f}" for value in values)


def _found(row: Row, findings: Iterable[Finding], now: Round) -> list[Note]:
    """What is wrong or doubtful, each at its meter."""
    cells = {cell.meter.pk: cell for cell in row.filled}
    found = list(findings)
    prices = prices_of([row.account]) if any(one.doubts for one in found) else {}
    notes = []
    for one in found:
        cell = cells[one.entry.meter.pk]
        if one.error:
            notes.append(_at(cell, str(one.error)))
            continue
        if one.lowered:
            notes.append(_lower(cell, one, now))
        if one.doubts and Doubt.LOWER not in one.doubts:
            notes.append(_doubted(cell, one, prices))
    return notes


def _at(cell: Cell, text: str, confirm: Confirm | None = None) -> Note:
    """A note at a meter; the field is marked unless what is asked has been ticked already."""
    slot = cell.slots[0]
    if confirm is None or not confirm.is_ticked:
        slot.error = text
    return Note("warn" if confirm else "bad", _named(cell, text), slot.name, confirm)


def _lower(cell: Cell, found: Finding, now: Round) -> Note:
    """Less than before: mistyped, passed zero (only where that can be), or another meter, which is the company's to enter."""
    before = " / ".join(slot.previous for slot in cell.slots)
    text = _("Less than before (%(before)s). Look at the digits once more.") % {"before": before}
    tell = _("If the meter was replaced, tell the company: %(company)s, %(phone)s.") % company_of(now)
    return _at(cell, f"{text} {tell}", _passed_zero(cell, found))


def company_of(now: Round) -> dict[str, str]:
    """Whom to ask about what the council may not change."""
    company = now.house.organization
    return {"company": company.short_name, "phone": company.phone or company.dispatch_phone}


def _passed_zero(cell: Cell, found: Finding) -> Confirm | None:
    if found.rolled is None:
        return None
    label = _("The counter passed zero: %(volume)s were used") % {"volume": _volume(cell.meter, found.rolled)}
    return Confirm(f"p{cell.meter.pk}", _token(found.entry.values), label, found.entry.passed_zero)


def _doubted(cell: Cell, found: Finding, prices: Prices) -> Note:
    doubts = sorted(found.doubts)
    words = doubt_words(doubts)
    if found.suggestion is not None:
        words.append(_("Perhaps %(value)s?") % {"value": value_words((found.suggestion,), cell.meter)})
    if found.volume is not None:
        words.append(_makes(cell.meter, found.volume, prices))
    token = f"{_token(found.entry.values)}|{' '.join(doubts)}"
    yes = Confirm(f"c{cell.meter.pk}", token, _("Yes, it shows this"), not found.unconfirmed)
    return _at(cell, " ".join(words), yes)


def _makes(meter: Meter, volume: Decimal, prices: Prices) -> str:
    """What was used, and about what it costs where a tariff is known: the slip of a finger shows in money."""
    cost = cost_of(meter, volume, prices)
    if cost is None:
        return _("It makes %(volume)s.") % {"volume": _volume(meter, volume)}
    money = format_money(cost.amount, cost.currency, get_language() or "en")
    return _("It makes %(volume)s, about %(cost)s.") % {"volume": _volume(meter, volume), "cost": money}


def _volume(meter: Meter, volume: Decimal) -> str:
    return f"{amount_words(volume)} {Unit(meter.unit).label}"


def _named(cell: Cell, text: str, zone: str = "") -> str:
    """«Cold water 1, kitchen: …»"""
    name = ", ".join(part for part in (cell.title, cell.meter.place, zone) if part)
    return f"{name}: {text}"


def _first_slot(row: Row) -> str:
    return next((cell.slots[0].name for cell in row.filled if not cell.closed), "")


def _done(row: Row, outcomes: Sequence[Outcome], now: Round) -> list[Note]:
    """That it is saved, what of it is not used for charges, and whose value it met."""
    cells = {cell.meter.pk: cell for cell in row.filled}
    saved = [one for one in outcomes if one.result != Result.OUTRANKED]
    notes = []
    if saved:
        text = ngettext("Saved: %(count)d reading.", "Saved: %(count)d readings.", len(saved)) % {"count": len(saved)}
        notes.append(Note("ok", text))
    for one in outcomes:
        if not one.reading.is_billable:
            stored = _("Stored, not used for charges: the verification has expired")
            notes.append(Note("warn", _named(cells[one.entry.meter.pk], stored)))
    for one in outcomes:
        text = _met(one, cells[one.entry.meter.pk], now)
        if text:
            notes.append(Note("warn", _named(cells[one.entry.meter.pk], text)))
    return notes


def _met(outcome: Outcome, cell: Cell, now: Round) -> str:
    """A sentence about the reading that this one met: somebody else's, or the council's own that counts still."""
    rival = outcome.rival
    if rival is None or (rival.source == Source.COUNCIL and outcome.result == Result.ACCEPTED):
        return ""
    facts = {
        "value": value_words(rival.values, cell.meter),
        "when": now.clock(rival.created_at),
        "source": Source(rival.source).label,
    }
    if outcome.result == Result.ACCEPTED:
        return (
            _("A resident had sent %(value)s, %(when)s. Now yours counts; both are kept, the resident is told.") % facts
        )
    said = _("%(source)s: %(value)s, %(when)s. That counts, yours is kept beside it.") % facts
    ask = _("If it is wrong, ask %(company)s: %(phone)s.") % company_of(now)
    return f"{said} {ask}"

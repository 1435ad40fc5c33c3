"""The form of readings: all meters of one account or of several, and what is asked about what was filled in.

An answer to a doubt («yes, the meter shows this») carries the values it was given for: other values are asked about anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.photos import PhotoField
from meters.consumption import Doubt, quantum
from meters.examining import Entry, Finding
from meters.forms.fields import DayField, DialField, sentence, too_large_sentence, zone_labels
from meters.models import Meter, ReadingDraft
from meters.models.meter import Zones
from meters.sheet import Cost, Group, Row
from meters.templatetags.meters import dial
from meters.typed import Unreadable, read_value
from meters.wording import doubt_words

ZERO = "zero"  # in an answer: the counter passed zero
CONFIRMABLE = frozenset(str(doubt) for doubt in Doubt if doubt != Doubt.LOWER)


@dataclass(frozen=True)
class Choice:
    """One answer to a doubt."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True)
class Question:
    """What a page asks about a doubtful reading before it is saved."""

    finding: Finding
    doubts: Sequence[str]
    volume: Decimal | None
    usual: Decimal | None
    cost: Cost | None
    choices: Sequence[Choice]
    is_lower: bool
    new_values: str  # what a new meter would show: goes into the form about a replaced one

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it for these values."""
        return bool(self.finding.unconfirmed)


@dataclass(frozen=True)
class Zone:
    """The field of one zone, with the digits of its last value as the drum shows them."""

    field: BoundField
    whole: str
    part: str


@dataclass(frozen=True)
class Card:
    """One meter on the page: its row, its fields, and what is asked about it."""

    row: Row
    zones: Sequence[Zone]
    photo: BoundField
    is_drawn: bool
    question: Question | None
    lost_photo: bool  # a browser never keeps a chosen file


@dataclass(frozen=True)
class Sheet:
    """The cards of one account."""

    group: Group
    cards: Sequence[Card]
    is_drafted: bool  # begins with what was kept as a draft, and may be sent today

    @property
    def has_fields(self) -> bool:
        return any(card.is_drawn for card in self.cards)


def value_name(row: Row, zone: int) -> str:
    return f"value_{row.key}_{zone + 1}"


def photo_name(row: Row) -> str:
    return f"photo_{row.key}"


def answer_name(row: Row) -> str:
    return f"say_{row.key}"


def written(values: Zones, meter: Meter) -> str:
    """The values as an answer names them."""
    return "/".join(f"{value.quantize(quantum(meter.decimals)):f}" for value in values)


def last_value(row: Row, zone: int) -> str:
    """«Last value 124,500, 20 October 2026»."""
    facts = {
        "value": dial(row.known.previous[zone], row.meter),
        "day": date_format(row.known.previous_on, "j E Y"),
    }
    return (_("Last value %(value)s, %(day)s") if row.known.before else _("At installation %(value)s, %(day)s")) % facts


def digits(row: Row, zone: int) -> tuple[str, str]:
    """The last value as the drum shows it: before the comma with zeros in front, and after it."""
    text = f"{row.known.previous[zone]:.{row.meter.decimals}f}"
    whole, _point, part = text.partition(".")
    return whole.zfill(row.meter.int_digits), part


def drafts_of(group: Group) -> list[ReadingDraft]:
    """The drafts of an account's meters for which something may be entered."""
    return [row.draft for row in group.rows if row.draft and row.takes_values]


def with_suggestion(values: Zones, suggestion: Decimal, meter: Meter) -> Zones:
    """The values with the suggestion in place of the zone whose comma was left out."""
    shifted = [any(value.scaleb(-places) == suggestion for places in range(1, meter.decimals + 1)) for value in values]
    place = shifted.index(True)
    return (*values[:place], suggestion, *values[place + 1 :])


class ReadingsForm(forms.Form):
    """Fields are named by the meters of `groups` alone: a name that belongs to another's meter is never read."""

    def __init__(
        self, groups: Sequence[Group], data: QueryDict | None = None, files: Any = None, *, too_large: bool = False
    ) -> None:
        self.groups, self.too_large = groups, too_large
        self.places = {row.key: (group, row) for group in groups for row in group.rows}
        self.entries: list[Entry] = []
        self._findings: dict[str, Finding] = {}
        self.posted = self._with_suggestions(QueryDict() if data is None else data)
        super().__init__(None if data is None else self.posted, files)
        for _group, row in self.places.values():
            self._add(row)
        today = max(group.today for group in groups)
        self.fields["taken_on"] = DayField(today=today, label=gettext_lazy("Day when you looked at the meters"))
        drafts = [draft for group in groups if group.is_taken is self.takes for draft in drafts_of(group)]
        days = [draft.taken_on for draft in drafts if draft.taken_on]
        if days:
            self.initial["taken_on"] = f"{max(days):%d.%m.%Y}"

    def _with_suggestions(self, data: QueryDict) -> QueryDict:
        """What was posted, with each chosen suggestion in place of the text for which it was made."""
        data = data.copy()
        for _group, row in self.places.values():
            for answer in data.getlist(answer_name(row)):
                given, _bar, meant = answer.partition("|use=")
                values = read_values([data.get(value_name(row, zone), "") for zone in range(row.meter.zones)], row)
                if meant and values and given == written(values, row.meter):
                    for zone, text in enumerate(meant.split("/")):
                        data[value_name(row, zone)] = text
        return data

    def _add(self, row: Row) -> None:
        for zone, zone_label in enumerate(zone_labels(row.meter)):
            name = value_name(row, zone)
            label = _("Value now, %(zone)s") % {"zone": zone_label} if zone_label else _("Value now")
            self.fields[name] = DialField(label=label, help_text=last_value(row, zone))
            if row.draft and zone < len(row.draft.typed):
                self.initial[name] = row.draft.typed[zone]
        self.fields[photo_name(row)] = PhotoField(required=False, label=gettext_lazy("Photo of the meter"))

    def clean(self) -> dict[str, Any]:
        """Make an entry of every filled meter that is taken today, where all of its zones can be read."""
        values: dict[str, Any] = super().clean() or {}
        filled = [(group, row) for group, row in self.places.values() if self._is_filled(group, row)]
        if self.too_large:
            self.add_error(None, too_large_sentence())
        elif not filled:
            self.add_error(None, _("Nothing is filled in. Write the value of at least one meter."))
        for group, row in filled:
            entry = self._entry(row) if group.is_taken else None
            if entry:
                self.entries.append(entry)
        return values

    def typed(self, row: Row) -> list[str]:
        """The text of each zone."""
        return [self.posted.get(value_name(row, zone), "").strip() for zone in range(row.meter.zones)]

    def drafts(self, *, taken_today: bool) -> list[tuple[Meter, list[str], Any]]:
        """What was typed for the meters that are taken today, or for the others: to be kept as drafts.

        A field that was drawn and left empty is there with nothing: what was kept of it is to be forgotten.
        """
        day = self.cleaned_data.get("taken_on")
        found = [row for group, row in self.places.values() if group.is_taken is taken_today and row.takes_values]
        return [(row.meter, self.typed(row), day) for row in found if value_name(row, 0) in self.posted]

    @property
    def waits_until(self) -> date | None:
        """The first day on which something new that cannot be sent today may be sent; None where there is nothing new."""
        late = [(group, row) for group, row in self.places.values() if not group.is_taken and row.takes_values]
        kept = {row.key: list(row.draft.typed) if row.draft else [] for _group, row in late}
        return min(
            (group.opens for group, row in late if any(self.typed(row)) and self.typed(row) != kept[row.key]),
            default=None,
        )

    def _is_filled(self, group: Group, row: Row) -> bool:
        return any(self.typed(row)) or (group.is_taken and photo_name(row) in self.files)

    def _entry(self, row: Row) -> Entry | None:
        for zone, text in enumerate(self.typed(row)):
            try:
                read_text(text, row)
            except Unreadable as bad:
                is_gap = not text and row.meter.zones > 1
                self.add_error(
                    value_name(row, zone), _("Fill in every zone of this meter.") if is_gap else sentence(bad)
                )
        values, taken_on = read_values(self.typed(row), row), self.cleaned_data.get("taken_on")
        if values is None or taken_on is None:
            return None
        flags = self._flags(row, values)
        return Entry(
            row.meter, values, taken_on, passed_zero=ZERO in flags, confirmed=flags & CONFIRMABLE,
            photo=self.cleaned_data.get(photo_name(row)) or None, only_own=row.is_limited,
        )  # fmt: skip

    def _flags(self, row: Row, values: Zones) -> frozenset[str]:
        """What the person has answered for exactly these values."""
        answers = [answer.partition("|") for answer in self.posted.getlist(answer_name(row))]
        given = written(values, row.meter)
        return frozenset(flag for to, _bar, flags in answers if to == given for flag in flags.split(","))

    def judge(self, findings: Iterable[Finding]) -> None:
        """Take what was found: errors go beside their fields, doubts become questions."""
        for one in findings:
            _group, row = self.places[one.entry.meter.public_id.hex]
            if one.error:
                self.add_error(value_name(row, 0), str(one.error))
            elif one.doubts or one.lowered:
                self._findings[row.key] = one

    # --- What the page draws, once everything is known ---------------------------------------------------------------

    @property
    def takes(self) -> bool:
        """Whether readings of any account are taken today; else what is typed becomes a draft."""
        return any(group.is_taken for group in self.groups)

    @cached_property
    def sheets(self) -> list[Sheet]:
        return [
            Sheet(
                group,
                [self._card(group, row) for row in group.rows],
                is_drafted=not self.is_bound and group.is_taken and bool(drafts_of(group)),
            )
            for group in self.groups
        ]

    @property
    def cards(self) -> list[Card]:
        return [card for sheet in self.sheets for card in sheet.cards]

    @property
    def has_fields(self) -> bool:
        """Whether there is anything to fill in."""
        return any(sheet.has_fields for sheet in self.sheets)

    @property
    def asks(self) -> bool:
        """Whether something waits for an answer."""
        return any(card.question and card.question.is_open for card in self.cards)

    def _card(self, group: Group, row: Row) -> Card:
        finding = self._findings.get(row.key)
        return Card(
            row=row,
            zones=[Zone(self[value_name(row, zone)], *digits(row, zone)) for zone in range(row.meter.zones)],
            photo=self[photo_name(row)],
            is_drawn=row.takes_values or any(self.typed(row)),
            question=self._question(row, finding) if finding else None,
            lost_photo=photo_name(row) in self.files,
        )

    def _question(self, row: Row, finding: Finding) -> Question:
        is_lower = Doubt.LOWER in finding.doubts
        volume = finding.rolled if is_lower else finding.volume
        return Question(
            finding=finding,
            doubts=sentences(finding),
            volume=volume,
            usual=row.usual,
            cost=row.cost(volume),
            choices=self._choices(row, finding),
            is_lower=is_lower,
            new_values=written(finding.entry.values, row.meter).replace("/", " "),
        )

    def _choices(self, row: Row, finding: Finding) -> list[Choice]:
        given = written(finding.entry.values, row.meter)
        answers: list[tuple[str, str]] = []
        if finding.suggestion is not None:
            meant = written(with_suggestion(finding.entry.values, finding.suggestion, row.meter), row.meter)
            label = _("No, I meant %(value)s") % {"value": dial(finding.suggestion, row.meter)}
            answers.append((f"{given}|use={meant}", label))
        if finding.lowered and finding.doubts <= {Doubt.LOWER}:
            if finding.rolled is not None:
                answers.append((f"{given}|{ZERO}", _("Yes, the counter passed zero and began anew")))
        elif Doubt.LOWER not in finding.doubts:
            flags = finding.doubts | ({ZERO} if finding.entry.passed_zero else set())
            answers.append((f"{given}|{','.join(sorted(flags))}", _("Yes, the meter shows this")))
        posted = self.posted.getlist(answer_name(row))
        return [Choice(value, label, value in posted) for value, label in answers]


def sentences(finding: Finding) -> list[str]:
    """Why the value is doubted; a comma left out explains everything else."""
    return doubt_words([Doubt.GLUED] if finding.suggestion is not None else finding.doubts)


def read_text(text: str, row: Row) -> Decimal:
    """The value of one zone; raises Unreadable."""
    return read_value(text, int_digits=row.meter.int_digits, decimals=row.meter.decimals, serial=row.meter.serial)


def read_values(texts: Sequence[str], row: Row) -> Zones | None:
    """The values of all zones, or None where one cannot be read."""
    try:
        return tuple(read_text(text, row) for text in texts)
    except Unreadable:
        return None

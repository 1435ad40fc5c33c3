"""Looks at readings before they are saved: what is impossible, what looks wrong, what was used. Nothing is written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meters import consumption
from meters.consumption import Doubt
from meters.history import Known, volume
from meters.models import Drop, Meter, MeterState, Source, SubmissionWindow
from meters.models.meter import Zones
from meters.resources import Resource

FLATS = frozenset({Source.OWNER, Source.COUNCIL})  # those who walk and look, within the window
ACCOUNTABLE = frozenset({Source.CONTROLLED, Source.COMPANY, Source.SUPPLIER})


@dataclass(frozen=True)
class Entry:
    """One reading as somebody wants to enter it: a value per zone of one meter, and the day it was taken."""

    meter: Meter
    values: Zones
    taken_on: date
    passed_zero: bool = False
    confirmed: frozenset[str] = frozenset()  # the doubts the person has seen and stands by
    photo: "ContentFile[bytes] | None" = None
    note: str = ""
    period: date | None = None  # only for sources that are not bound to the window
    only_own: bool = False  # the person's link is limited: the place of another person's reading is not taken


@dataclass(frozen=True)
class Finding:
    """What was found about one entry. `error` stops it, `doubts` ask for a confirmation."""

    entry: Entry
    known: Known
    error: str | Promise = ""
    doubts: frozenset[str] = frozenset()
    volume: Decimal | None = None  # used since the last reading, × ratio, in the meter's unit
    rolled: Decimal | None = None  # what was used if the counter passed zero
    suggestion: Decimal | None = None  # the value with its comma put back
    lowered: bool = field(default=False)

    @property
    def is_wrong(self) -> bool:
        """Whether no confirmation helps: an error, or a value below the last one that nothing explains."""
        return bool(self.error) or Doubt.LOWER in self.doubts

    @property
    def unconfirmed(self) -> frozenset[str]:
        return self.doubts - self.entry.confirmed

    @property
    def drop(self) -> str:
        """Why the value may be lower than the one before."""
        if not self.lowered:
            return ""
        return Drop.ROLLOVER if self.entry.passed_zero else Drop.ACT


def examine(
    entries: Iterable[Entry],
    known: Mapping[int, Known],
    *,
    source: str,
    today: date,
    rules: Mapping[int, SubmissionWindow],
    water: Mapping[tuple[int, str], Decimal] | None = None,
) -> list[Finding]:
    """Judge each entry by itself, then the entries of one account together. Pure: everything it needs is given.

    `known` is what history.known_of returned, `rules` are the rules of each house by its id, `water` what the other water
    meters of the accounts used in the period, by (account id, resource).
    """
    findings = [_examine(one, known[one.meter.pk], source, today, rules[one.meter.house_id]) for one in entries]
    return _compare_water(findings, water or {})


def _examine(entry: Entry, known: Known, source: str, today: date, rules: SubmissionWindow) -> Finding:
    error = _device_error(entry, source, rules) or _day_error(entry, known, source, today) or _value_error(entry, known)
    if error:
        return Finding(entry, known, error)
    meter, doubts, rolled = entry.meter, set(), Decimal(0)
    suggestion: Decimal | None = None
    fits_rollover = True
    for zone, value in enumerate(entry.values):
        past = known.past(zone)
        verdict = consumption.judge(
            dial_of(meter), past, value, on=entry.taken_on, people=_people(meter), passed_zero=entry.passed_zero
        )
        doubts |= {str(doubt) for doubt in verdict.doubts}
        suggestion = suggestion or verdict.suggestion
        if value < known.previous[zone]:
            fits_rollover = fits_rollover and verdict.rolled is not None
            rolled += verdict.rolled or 0
        else:
            rolled += (value - known.previous[zone]) * meter.ratio
    lowered = any(value < before for value, before in zip(entry.values, known.previous, strict=True))
    finding = Finding(
        entry, known, doubts=frozenset(doubts), rolled=rolled if lowered and fits_rollover else None,
        suggestion=suggestion, lowered=lowered,
    )  # fmt: skip
    return _judge_lowered(finding, source)


def _judge_lowered(finding: Finding, source: str) -> Finding:
    """A lower value passes only as a rollover that fits, or as the correction of an act."""
    entry, known = finding.entry, finding.known
    doubts, error = finding.doubts, finding.error
    if finding.lowered and entry.passed_zero:
        doubts -= {Doubt.LOWER}
        if finding.rolled is None and source != Source.CONTROLLED:
            error = _(
                "Too much would have been used for the counter to have passed zero. Check the value or ask the company."
            )
    elif finding.lowered and source == Source.CONTROLLED:
        doubts -= {Doubt.LOWER}
    drop = Drop.ROLLOVER if entry.passed_zero else Drop.ACT if finding.lowered else ""
    used = [
        volume(before, value, entry.meter, drop=drop)
        for before, value in zip(known.previous, entry.values, strict=True)
    ]
    shown = None if Doubt.LOWER in doubts else sum(used, Decimal(0))
    return Finding(entry, known, error, doubts, shown, finding.rolled, finding.suggestion, finding.lowered)


def dial_of(meter: Meter) -> consumption.Dial:
    """The face of a meter, for plausibility."""
    return consumption.Dial(
        meter.resource, meter.int_digits, meter.decimals, meter.ratio, meter.serial, meter.unit,
        house_wide=meter.account_id is None,
    )  # fmt: skip


def _people(meter: Meter) -> int | None:
    """How many live there, where the register says so; nobody lives in a house meter."""
    return meter.account.residents if meter.account else None


def _device_error(entry: Entry, source: str, rules: SubmissionWindow) -> str | Promise:
    """A removed, broken or unverified meter, as each source may or may not read it."""
    meter, state = entry.meter, entry.meter.state_on(entry.taken_on)
    if entry.taken_on < meter.installed_on:
        return _("On this day the meter was not installed yet. Check the date.")
    if state == MeterState.REMOVED and not (entry.taken_on == meter.removed_on and source in ACCOUNTABLE):
        return _("This meter has been removed. Readings are taken of the new one.")
    if state == MeterState.BROKEN and source not in ACCOUNTABLE:
        return _("The meter is marked as broken. Ask the company to replace it.")
    if state == MeterState.EXPIRED and source in FLATS and not rules.takes_expired:
        return _(
            "The verification of this meter has expired, and the company does not take its readings. Order a verification."
        )
    return ""


def _day_error(entry: Entry, known: Known, source: str, today: date) -> str | Promise:
    if entry.taken_on > today:
        return _("This day has not come yet. Write the day when you looked at the meter.")
    if known.before and entry.taken_on < known.previous_on:
        return _("The last reading was taken later than this day. Check the date.")
    if known.before and entry.taken_on == known.previous_on and source in FLATS:
        return _("On this day the last reading was taken already. Write the day when you looked at the meter now.")
    return ""


def _value_error(entry: Entry, known: Known) -> str | Promise:
    meter, limit = entry.meter, consumption.capacity(entry.meter.int_digits)
    if len(entry.values) != meter.zones:
        return _("Fill in every zone of this meter.")
    if any(value < 0 or value >= limit for value in entry.values):
        return _("The meter has fewer digits before the comma. Check the value.")
    if any(value != value.quantize(consumption.quantum(meter.decimals)) for value in entry.values):
        return _("The meter has fewer digits after the comma. Check the value.")
    after = known.after
    if after and not after.drop and any(mine > later for mine, later in zip(entry.values, after.values, strict=False)):
        return _("A later reading is lower than this value. Check the value or correct the later reading first.")
    return ""


def _compare_water(findings: Sequence[Finding], water: Mapping[tuple[int, str], Decimal]) -> list[Finding]:
    """Hot water far above cold in one flat: the hot reading is doubted, where the cold one is known."""
    totals: dict[tuple[int, str], Decimal] = defaultdict(Decimal, water)
    for one in findings:
        totals[one.entry.meter.account_id or 0, one.entry.meter.resource] += one.volume or 0
    odd = {
        account
        for account, resource in list(totals)
        if account and resource == Resource.HOT and (account, Resource.COLD) in totals
        and consumption.hot_over_cold(totals[account, Resource.HOT], totals[account, Resource.COLD])
    }  # fmt: skip
    return [_with_hot_doubt(one) if one.entry.meter.account_id in odd else one for one in findings]


def _with_hot_doubt(finding: Finding) -> Finding:
    if finding.error or finding.entry.meter.resource != Resource.HOT:
        return finding
    return Finding(
        finding.entry, finding.known, finding.error, finding.doubts | {Doubt.HOT_OVER_COLD}, finding.volume,
        finding.rolled, finding.suggestion, finding.lowered,
    )  # fmt: skip

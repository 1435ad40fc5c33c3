"""Some houses of a run, calculated: rows to be written, totals, what somebody should look at."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.calculating.draft import Draft, Impossible, Reduction
from billing.calculating.heat_year import note_old_mean, settle_year
from billing.calculating.known import Known, read
from billing.calculating.late import late_readings
from billing.calculating.lines import HouseLines, by_house
from billing.calculating.penalties import Late, penalties_of
from billing.calculating.plan import Plan, Supply
from billing.calculating.pools import Shared
from billing.calculating.reductions import merged
from billing.calculating.volumes import sheet_of, words
from billing.charging.exact import NOTHING
from billing.models import Service
from billing.models.circumstance import MOST
from meters.resources import FACTS

AHEAD = 12  # months paid ahead: more is hardly meant
KEPT = 120  # of each kind of anomaly in one run: the rest is only counted
MONEY = ("accrued", "excess", "recalculated", "benefit", "fine")
Anomaly = dict[str, Any]


@dataclass
class Found:
    """What some houses come to. `claimed` are recalculations that waited and are charged now."""

    accounts: list[int] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)
    claimed: list[int] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    penalties: list[Late] = field(default_factory=list)
    sheets: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    named: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)

    def note(self, account: int, what: str, **facts: Any) -> None:
        """Name an account that somebody should look at; of many alike the first are kept."""
        if set(facts) == {"service"}:  # one row for each account, whatever the number of its services
            known = self.named.get((account, what))
            if known is not None:
                if facts["service"] not in known["service"].split(", "):
                    known["service"] += f", {facts['service']}"
                return
            self.named[account, what] = facts
        self.counts[what] += 1
        if self.counts[what] <= KEPT:
            self.anomalies.append({"account": account, "what": what, "facts": facts})


@dataclass(frozen=True)
class Task:
    """What a run asks of every chunk."""

    plan: Plan
    is_correction: bool
    upto: date  # the last day of a penalty
    issued: dict[date, datetime]


def calculate_houses(task: Task, houses: Collection[int]) -> Found:
    """Calculate all accounts of some houses, in a constant number of queries. Raises Impossible for wrong figures of one."""
    plan = task.plan
    known = read(plan, houses, is_correction=task.is_correction)
    found = Found([account.pk for account in known.accounts])

    def note(account: int, what: str, supply: Supply) -> None:
        found.note(account, what.replace(" ", "_"), service=supply.service.name)

    for house, accounts in by_house(known.accounts).items():
        lines = HouseLines(plan, known, house, note)
        lines.make(accounts)
        found.drafts += lines.drafts
        found.reductions += lines.reductions
        found.shared += lines.shared
    if not task.is_correction:
        found.reductions += late_readings(plan, known, task.issued) + settle_year(plan, known, found.note)
        note_old_mean(plan, known, found.note)
        here = known.stays.keys() | known.waiting.keys()  # who left long ago is here for the settlement of heat alone
        places = {account.pk: account.unit.house_id for account in known.accounts if account.pk in here}
        found.penalties = penalties_of(plan, places, places, task.upto)
    found.reductions = merged(found.reductions)
    found.sheets = _sheets(known)
    _spread(found, known, plan)
    _guard(found)
    if not task.is_correction:
        _look(found, known)
    return found


def _guard(found: Found) -> None:
    """Raise Impossible where the tables could not hold what an account came to."""
    for draft in found.drafts:
        if not draft.is_possible:
            raise Impossible(draft.account)
    rest = [(one.account, one.amount) for one in found.reductions]
    rest += [(one.account, one.amount) for one in found.penalties]
    for account, amount in rest:
        if abs(amount) > MOST:
            raise Impossible(account)


def _sheets(known: Known) -> list[tuple[int, list[dict[str, Any]]]]:
    rows, said = [], words()
    for account in known.stays:
        used = [known.used[account, resource] for resource in FACTS]
        if sheet := sheet_of(used, said):
            rows.append((account, sheet))
    return rows


def _spread(found: Found, known: Known, plan: Plan) -> None:
    """Put recalculations into the lines of their services; a service without a line gets one of its own."""
    services = dict(plan.services)
    sums: dict[tuple[int, int], Decimal] = defaultdict(lambda: NOTHING)
    for one in found.reductions:
        sums[one.account, one.service] += one.amount
    for rows in known.waiting.values():
        for row in rows:
            sums[row.account_id, row.service_id] += row.amount
            services.setdefault(row.service_id, row.service)
            found.claimed.append(row.pk)
    if not sums:
        return
    for draft in found.drafts:
        draft.recalculated = sums.pop((draft.account, draft.service.pk), NOTHING)
    for (account, service), amount in sums.items():
        found.drafts.append(Draft(account, services[service], recalculated=amount))


def _look(found: Found, known: Known) -> None:
    """Compare each account with its documents of the month before; name lines below zero."""
    now: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for draft in found.drafts:
        total = draft.total
        now[draft.account] += total
        if total < 0:
            found.note(draft.account, "negative", service=draft.service.name, amount=str(total))
    for account in known.stays:
        left = known.balances.get(account, NOTHING)
        if now[account] > 0 and left + AHEAD * now[account] < 0:
            found.note(account, "overpaid", balance=str(left), now=str(now[account]))
        before, amount = known.last_month.get(account, NOTHING), now[account]
        if before <= 0:
            continue
        what = "nothing" if amount == 0 else "more" if amount > 2 * before else "less" if 2 * amount < before else ""
        if what:
            found.note(account, what, before=str(before), now=str(amount))


def totals_of(found: Found) -> dict[str, Any]:
    """The totals of a chunk, as they are kept in the run."""
    services: dict[str, dict[str, Any]] = {}
    whole: dict[str, Any] = dict.fromkeys((*MONEY, "total"), NOTHING)
    seen: dict[str, set[int]] = defaultdict(set)
    for draft in found.drafts:
        code = draft.service.code
        row = services.get(code)
        if row is None:
            row = services[code] = _empty(draft.service)
        values = (draft.base, draft.excess, draft.recalculated, draft.benefit, draft.fine)
        for name, value in zip(MONEY, values, strict=True):
            if value:
                row[name] += value
        row["total"] += draft.total
        seen[code].add(draft.account)
    for code, row in services.items():
        row["accounts"] = len(seen[code])
        for name in (*MONEY, "total"):
            whole[name] += row[name]
    charged = {draft.account for draft in found.drafts}
    whole |= {"penalty": sum((one.amount for one in found.penalties), NOTHING), "accounts": len(found.accounts),
              "charged": len(charged), "documents": _documents(found), "services": services, "anomalies": dict(found.counts)}  # fmt: skip
    return whole


def _documents(found: Found) -> int:
    """How many documents the chunk will be issued as."""
    papers = {(one.account, one.service.kind, one.service.requisites_id) for one in found.drafts}
    sections = {(account, kind) for account, kind, _details in papers}
    return len(papers) + len({(one.account, one.section) for one in found.penalties} - sections)


def _empty(service: Service) -> dict[str, Any]:
    return {"name": service.name, "unit": service.unit, "position": service.position, "kind": service.kind,
            "accounts": 0} | dict.fromkeys((*MONEY, "total"), NOTHING)  # fmt: skip


def added(before: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Totals with those of one more chunk; money is kept as text."""
    whole = dict(before)
    for key, value in more.items():
        known = whole.get(key)
        if isinstance(value, dict):
            whole[key] = added(known or {}, value)
        elif isinstance(value, Decimal):
            whole[key] = str(Decimal(known or NOTHING) + value)
        elif isinstance(value, int) and key != "position":
            whole[key] = (known or 0) + value
        else:
            whole[key] = value
    return whole


def kept(before: Iterable[Anomaly], more: Iterable[Anomaly], most: int = 1000) -> list[Anomaly]:
    """Anomalies with those of one more chunk: of each kind the first, all together at most a thousand."""
    rows = list(before)
    counts = Counter(row["what"] for row in rows)
    for row in more:
        if counts[row["what"]] < KEPT and len(rows) < most:
            counts[row["what"]] += 1
            rows.append(row)
    return rows

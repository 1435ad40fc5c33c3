"""Taking a register of accounts back: what it brought goes while nobody uses it, what it changed becomes what it was."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from accounts.models import User
from premises.models import House, ImportRun, Ownership, PersonalAccount, Unit
from premises.models.imports import NotUndoable
from premises.registers import Tally

MOST_CHANGES = 5000  # rows whose former values are kept with the import


@dataclass
class Before:
    """What an import changed, as it was and as it became; kept as text in ImportRun.before."""

    accounts: dict[str, dict[str, list[Any]]] = field(default_factory=dict)  # number → field → [old, new]
    units: dict[str, dict[str, list[Any]]] = field(default_factory=dict)  # id → field → [old, new]
    ended: list[list[Any]] = field(default_factory=list)  # id of a share, its old and its new last day
    count: int = 0

    def account(self, key: str, names: Sequence[str], old: Sequence[Any], new: Sequence[Any]) -> None:
        self._keep(self.accounts, key, names, old, new)

    def unit(self, pk: int, names: Sequence[str], old: Sequence[Any], new: Sequence[Any]) -> None:
        self._keep(self.units, str(pk), names, old, new)

    def shares(self, rows: Iterable[tuple[int, date | None]], until: date) -> None:
        """Shares of owners that end."""
        for pk, old in rows:
            self.count += 1
            if self.count <= MOST_CHANGES:
                self.ended.append([pk, _text(old), _text(until)])

    def _keep(self, kept: Any, key: str, names: Sequence[str], old: Sequence[Any], new: Sequence[Any]) -> None:
        self.count += 1
        if self.count <= MOST_CHANGES:
            changes = zip(names, old, new, strict=True)
            kept[key] = {name: [_text(was), _text(now)] for name, was, now in changes if was != now}

    def as_json(self) -> dict[str, Any]:
        if not self.count:
            return {}
        if self.count > MOST_CHANGES:
            return {"count": self.count}
        return {"count": self.count, "accounts": self.accounts, "units": self.units, "ended": self.ended}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def undo_accounts(run: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
    """Take the register back as a whole, or refuse and say what stands in the way. See premises.registers.Undoer."""
    if ImportRun.objects.of_same_register(run).applied().filter(applied_at__gt=run.applied_at).exists():
        raise NotUndoable(gettext("A later register of accounts was imported. Take that one back first."))
    if run.before.get("count", 0) > MOST_CHANGES:
        text = gettext(
            "The import changed %(count)s accounts and flats, too many to keep what they were. Import a corrected file."
        )
        raise NotUndoable(text % {"count": run.before["count"]})
    accounts, units, houses = (
        model._default_manager.filter(source=run) for model in (PersonalAccount, Unit, House)
    )  # fmt: skip
    shares = Ownership.objects.filter(source=run)
    count = len(
        accounts.select_for_update().values_list("pk")
    )  # whoever points at one of them now waits, and then fails
    for rows in (units, houses):
        len(rows.select_for_update().values_list("pk"))
    found = [
        *_uses(accounts), *_uses(units, but={PersonalAccount: accounts, Ownership: shares}), *_uses(houses, but={Unit: units}),
    ]  # fmt: skip
    if touched := shares.exclude(user=None, until=None).count():
        found.append(
            ngettext("%(count)s share of an owner", "%(count)s shares of owners", touched) % {"count": touched}
        )
    if found:
        text = gettext(
            "Nothing was taken back, because this belongs to what the import brought: %(what)s. Import a corrected file."
        )
        raise NotUndoable(text % {"what": ", ".join(found)})
    for brought in (shares, accounts, units, houses):
        brought._raw_delete(brought.db)  # nothing points at them: that was just asked, row by locked row
    _restore(run)
    tally.rows = count
    tally.total(_("Accounts taken back"), count)


def _uses(rows: QuerySet[Any], but: dict[Any, QuerySet[Any]] | None = None) -> Iterator[str]:
    """What points at these rows, in words: any model of any app; `but` are rows that go together with them."""
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        model: Any = relation.related_model
        pointing = model._base_manager.filter(**{f"{relation.field.name}__in": rows.order_by()})
        if but and model in but:
            pointing = pointing.exclude(pk__in=but[model].order_by())
        if count := pointing.count():
            yield f"{model._meta.verbose_name_plural} ({count})"


def _restore(run: ImportRun) -> None:
    """Give accounts, flats and shares their former values, if nobody changed them since."""
    kept = run.before
    accounts = PersonalAccount.objects.filter(
        organization=run.organization, number_search__in=kept.get("accounts", ())
    ).select_for_update()
    _give_back(accounts, kept.get("accounts", {}), "number_search")
    _give_back(Unit.objects.filter(pk__in=kept.get("units", ())).select_for_update(), kept.get("units", {}), "pk")
    ended = {str(pk): {"until": [old, new]} for pk, old, new in kept.get("ended", ())}
    _give_back(Ownership.objects.filter(pk__in=ended).select_for_update(), ended, "pk")


def _give_back(rows: QuerySet[Any], kept: dict[str, dict[str, list[Any]]], key: str) -> None:
    found = {str(getattr(row, key)): row for row in rows}
    changed, names = len(kept) - len(found), set[str]()
    for name, row in found.items():
        for attribute, (old, new) in kept[name].items():
            read = row._meta.get_field(attribute).to_python
            if getattr(row, attribute) != read(new):
                changed += 1
                break
            setattr(row, attribute, read(old))
            names.add(attribute)
    if changed:
        text = ngettext(
            "Nothing was taken back: %(count)s row that the import changed was changed again since then. Import a corrected file.",
            "Nothing was taken back: %(count)s rows that the import changed were changed again since then. "
            "Import a corrected file.",
            changed,
        )  # fmt: skip
        raise NotUndoable(text % {"count": changed})
    if names:
        rows.model._default_manager.bulk_update(found.values(), sorted(names), batch_size=500)

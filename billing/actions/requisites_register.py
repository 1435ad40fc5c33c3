"""Importing a register of bank details: each row becomes a change that a second person approves, never more."""

from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.actions.requisites import ask_change, is_there
from billing.exchange.requisites import requisites
from billing.models import Requisites, RequisitesChange
from billing.payment_code import russian_problems, ukrainian_problems
from premises.models import ImportRun, Organization
from premises.register import Row
from premises.registers import Tally
from premises.registers.tally import ERROR, Problem

NOBODY = _("A change of bank details is asked by a person: import this register in the staff room.")
WAITS = _("Another change of these details waits already: decide on it first.")
THERE = _("The company has these bank details already: ask for a change of that row.")
ASKED = _("A second person must approve these details before they are in force.")
UKRAINIAN, RUSSIAN = ukrainian_problems, russian_problems


def import_requisites(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """Walk through the register (an Importer of premises.registers); with `write` also ask for what differs."""
    register, rows = requisites(file, problems_of(run.organization))
    tally.name_columns(register)
    tally.note(register.problems)
    if run.by is None:
        tally.note([Problem(0, ERROR, "", NOBODY)])
    for row in rows:
        tally.rows += 1
        if row.is_good:
            _take(run, row, tally, write=write, at=at)
        tally.note(row.problems)
    tally.total(_("changes that a second person must approve"), tally.created + tally.updated)


def problems_of(organization: Organization) -> Callable[[dict[str, str]], list[str]]:
    """Which fields a bank of the company's country would refuse."""
    return UKRAINIAN if organization.country == Organization.Country.UKRAINE else RUSSIAN


def _take(run: ImportRun, row: Row, tally: Tally, *, write: bool, at: datetime) -> None:
    kind = row.values["kind"]
    words = {name: row.values.get(name) or "" for name in Requisites.WORDS}
    main = Requisites.objects.filter(organization=run.organization, kind=kind, is_main=True).first()
    waiting = RequisitesChange.objects.filter(
        organization=run.organization, kind=kind, requisites=main,
        state__in=(RequisitesChange.State.ASKED, RequisitesChange.State.APPROVED),
    ).first()  # fmt: skip
    if (main and words == {name: getattr(main, name) for name in Requisites.WORDS}) or (
        waiting and waiting.values == words
    ):
        tally.unchanged += 1
    elif waiting:
        row.refuse("kind", WAITS)
    elif is_there(run.organization, words, kind=kind, but=main):
        row.refuse("account", THERE)
    else:
        tally.updated += main is not None
        tally.created += main is None
        row.warn("account", ASKED)
        if write and not tally.errors and run.by is not None:
            ask_change(run.organization, words, kind=kind, requisites=main, by=run.by, at=at)

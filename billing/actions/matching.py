"""Holds the transfers of bank statements against the registers whose money they bring, whichever came first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.translation import get_language, ngettext

from billing.exchange.statement import Expected, Order, pairs
from billing.models import BankDocument
from lib.money import format_number
from premises.models import ImportRun, Organization

Kept = Mapping[str, str]  # an item of ImportRun.facts["transfers"]


def match_transfers(organization: Organization, of_this: Iterable[tuple[int, Kept]] = ()) -> int:
    """Mark the open transfers that equal a register, each with that register; return how many.

    `of_this` are transfers of a register that is being imported right now. The caller holds the organization's lock. A
    transfer of another sum than its register's stays open.
    """
    waiting = BankDocument.objects.filter(organization=organization, state=BankDocument.State.OPEN)
    documents = {document.pk: document for document in waiting}
    if not documents:
        return 0
    registers = dict(_expected([*of_this, *_registers(organization)]))
    count = 0
    for expected, order in pairs(registers, [_order(document) for document in documents.values()]):
        if expected.transferred != order.amount:
            continue
        document = documents[order.line]
        document.state, document.register_id = BankDocument.State.MATCHED, registers[expected]
        document.save(update_fields=["state", "register"])
        count += 1
    return count


def freed_transfers(run: ImportRun) -> Iterator[str]:
    """Say which transfers of the bank wait again when this register of payments is taken back (an Aftermath)."""
    mine = BankDocument.objects.filter(register=run, state=BankDocument.State.MATCHED)
    found = mine.aggregate(count=Count("pk"), sum=Sum("amount"))
    if not found["count"]:
        return
    yield ngettext(
        "A transfer of the bank statement, %(sum)s, equals this register. It will stand under «What does not fit» until a "
        "register of this sum is imported again.",
        "%(count)s transfers of the bank statement, %(sum)s in all, equal this register. They will stand under «What does "
        "not fit» until a register of their sums is imported again.",
        found["count"],
    ) % {"count": found["count"], "sum": format_number(found["sum"], get_language() or "en", 2)}


def _registers(organization: Organization) -> Iterator[tuple[int, Kept]]:
    """What the imported registers promised and no transfer has brought yet."""
    runs = ImportRun.objects.filter(
        organization=organization, kind=ImportRun.Kind.PAYMENTS, facts__has_key="transfers"
    ).applied()
    matched: dict[int, Counter[Decimal]] = {}
    done = BankDocument.objects.filter(organization=organization, state=BankDocument.State.MATCHED)
    for run, amount in done.values_list("register", "amount"):
        matched.setdefault(run, Counter())[amount] += 1
    for run, facts in runs.order_by("applied_at", "pk").values_list("pk", "facts"):
        brought = matched.get(run, Counter())
        for one in facts["transfers"]:
            if brought[Decimal(one["sum"])] > 0:
                brought[Decimal(one["sum"])] -= 1
            else:
                yield run, one


def _expected(kept: Iterable[tuple[int, Kept]]) -> Iterator[tuple[Expected, int]]:
    for number, (run, one) in enumerate(kept):
        yield Expected(
            str(number), Decimal(one["sum"]), one["register"], _day(one["on"]), one["order"], _day(one["order_on"])
        ), run  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _order(document: BankDocument) -> Order:
    """The document as the statement stated it; its id stands for the line."""
    return Order(
        document.pk, document.number, document.on, document.amount, payer="", payer_account=document.payer_account,
        payer_tax_id="", recipient_account=document.payee_account, purpose=document.purpose,
    )  # fmt: skip

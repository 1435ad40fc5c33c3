"""Access letters: ordered by a manager or the council's chair, made by the worker, taken once."""

import logging
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from celery import current_app
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.digests import digest
from accounts.models import User
from lib.errors import Refusal
from lib.text import account_key
from notifications.actions import notify
from premises import letter_codes
from premises.letters_pdf import Draft, render_letters
from premises.models import AccessLetter, House, LetterBatch, PersonalAccount
from premises.notices import LETTERS_READY

log = logging.getLogger("premises.letters")
State = LetterBatch.State
TASK = "premises.tasks.make_letters"


class LettersAreGone(Refusal):
    """The file was taken once or thrown away after a day; its secrets are nowhere else."""

    status = 410


@transaction.atomic
def order_letters(house: House, accounts: Sequence[PersonalAccount], *, by: User, at: datetime) -> LetterBatch:
    """Ask the worker for letters for these accounts of the house; the old ones stay valid until the new ones exist."""
    batch = LetterBatch.objects.create(house=house, by=by, created_at=at, nudged_at=at)
    batch.accounts.set(accounts)
    transaction.on_commit(partial(nudge, batch.pk))
    return batch


def nudge(batch_id: int) -> None:
    """Wake the worker; if the broker is away, the sweep finds the row."""
    try:
        current_app.send_task(TASK, [batch_id], queue="bulk", ignore_result=True)
    except Exception:
        log.warning("the broker did not hear of batch %s; the sweep will", batch_id)


def make_letters(batch: LetterBatch, *, at: datetime) -> None:
    """Make the secrets, the PDF and then, in one transaction, the digests; older letters of these accounts are void.

    Safe to run twice: of two workers the first to finish wins, and the other's secrets are thrown away unseen.
    """
    if batch.state != State.QUEUED:
        return
    accounts = batch.accounts.select_related("organization", "unit__house__organization")
    drafts = [draft(account) for account in sorted(accounts, key=_by_flat)]
    pdf = render_letters(batch.house, drafts, days=AccessLetter.LIFETIME.days)
    letters = [_letter(one, batch.by, at) for one in drafts]
    _keep(batch, letters, pdf, at=at)


def draft(account: PersonalAccount) -> Draft:
    """New secrets for one account."""
    return Draft(account, letter_codes.new_password(), letter_codes.new_code())


@transaction.atomic
def write_letters(letters: Sequence[AccessLetter], *, at: datetime) -> None:
    """Write letters down; the older ones of the same accounts are void from now on."""
    ids = [letter.account_id for letter in letters]
    list(PersonalAccount.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    AccessLetter.objects.filter(account_id__in=ids, voided_at__isnull=True).update(voided_at=at)
    AccessLetter.objects.bulk_create(letters)


@transaction.atomic
def take_letters(batch: LetterBatch, *, at: datetime) -> bytes:
    """Return the PDF and delete the file: it may be taken once. Raises LettersAreGone."""
    batch = LetterBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != State.READY or at > (batch.kept_until or at):
        raise LettersAreGone(_("This file was downloaded once or thrown away after a day. Issue the letters anew."))
    with batch.file.open("rb") as file:
        pdf: bytes = file.read()
    _throw_away(batch, State.TAKEN)
    return pdf


def throw_away_stale(*, at: datetime) -> int:
    """Delete the files that nobody took within a day; return how many."""
    stale = list(LetterBatch.objects.stale(at))
    for batch in stale:
        with transaction.atomic():
            _throw_away(batch, State.EXPIRED)
    return len(stale)


def nudge_late(*, at: datetime) -> int:
    """Wake the worker again for batches that wait too long; return how many."""
    late = LetterBatch.objects.filter(state=State.QUEUED, nudged_at__lte=at - LetterBatch.LATE)
    ids = list(late.values_list("pk", flat=True))
    late.filter(pk__in=ids).update(nudged_at=at)
    for batch_id in ids:
        nudge(batch_id)
    return len(ids)


@transaction.atomic
def _keep(batch: LetterBatch, letters: Sequence[AccessLetter], pdf: bytes, *, at: datetime) -> None:
    batch = LetterBatch.objects.select_for_update(of=("self",)).select_related("by").get(pk=batch.pk)
    if batch.state != State.QUEUED:
        return
    write_letters(letters, at=at)
    batch.file.save(f"{batch.public_id}.pdf", ContentFile(pdf), save=False)
    batch.state, batch.ready_at = State.READY, at
    batch.save(update_fields=["file", "state", "ready_at"])
    notify(
        LETTERS_READY, subject=f"letters:{batch.public_id}", at=at, user=batch.by,
        context={"house": str(batch.house)}, url=reverse("letter_batch", args=[batch.public_id]),
    )  # fmt: skip


def _letter(one: Draft, by: User, at: datetime) -> AccessLetter:
    number = one.account.number
    return AccessLetter(
        account=one.account, login=number, login_search=account_key(number), password_hash=make_password(one.password),
        code_digest=digest("letter", one.code), issued_by=by, issued_at=at, expires_at=at + AccessLetter.LIFETIME,
    )  # fmt: skip


def _throw_away(batch: LetterBatch, state: str) -> None:
    """Forget the file in the row first; the file itself goes when that is committed."""
    storage, name = batch.file.storage, batch.file.name or ""
    batch.file, batch.state = "", state
    batch.save(update_fields=["file", "state"])
    transaction.on_commit(lambda: storage.delete(name))


def _by_flat(account: PersonalAccount) -> tuple[int, str]:
    """«2» before «17» before «17а»; what has no number comes last."""
    label = account.unit.label
    digits = re.match(r"\d+", label)
    return (int(digits[0]) if digits else 10**9, label)

"""What residents tell about meters, and what the company answers."""

from datetime import date, datetime

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters.actions.telling import tell_managers, tell_reporter
from meters.models import Meter, MeterReport, Reading

State = MeterReport.State


class ToldAlready(Refusal):
    """The same person told the same of this meter, and the company has not answered yet."""


def report(
    meter: Meter,
    kind: str,
    *,
    by: User,
    at: datetime,
    on: date,
    text: str = "",
    values: str = "",
    new_serial: str = "",
    new_values: str = "",
    reading: Reading | None = None,
    photo: "ContentFile[bytes] | None" = None,
) -> MeterReport:
    """Tell the company something about a meter; its managers are told. Raises ToldAlready."""
    told = MeterReport(
        meter=meter, kind=kind, reading=reading, values=values, on=on, new_serial=new_serial, new_values=new_values,
        text=text, by=by, created_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            if photo:
                told.photo.save(photo.name or "photo.jpg", photo, save=False)
            told.save()
            tell_managers(told, at=at)
    except IntegrityError:
        raise ToldAlready(_("You have told this already. The company will answer in your notices.")) from None
    return told


@transaction.atomic
def answer_report(told: MeterReport, *, accepted: bool, answer: str, by: User, at: datetime) -> MeterReport:
    """Close a report; what it asks for (another reading, a replacement) is entered by its own action. The person is told."""
    held = MeterReport.objects.select_for_update().get(pk=told.pk)
    held.close(State.ACCEPTED if accepted else State.REFUSED, answer=answer, by=by, at=at)
    tell_reporter(held, at=at)
    return held

"""Forgets what is personal about a person who deleted their profile."""

from django.db import transaction
from django.db.models.fields.files import FieldFile

from accounts.models import User
from meters.models import MeterReport, Reading, ReadingDraft


@transaction.atomic
def forget_person(user: User) -> None:
    """Remove drafts and photos, and the person's own words; readings stay: bills were made of them."""
    ReadingDraft.objects.filter(user=user).delete()
    readings = Reading.objects.filter(author=user).exclude(photo="")
    reports = MeterReport.objects.filter(by=user).exclude(photo="")
    files: list[FieldFile] = [row.photo for row in [*readings.only("photo"), *reports.only("photo")]]
    readings.update(photo="")
    MeterReport.objects.filter(by=user).update(photo="", text="")
    transaction.on_commit(lambda: _delete(files), robust=True)


def _delete(files: list[FieldFile]) -> None:
    for file in files:
        file.storage.delete(str(file.name))

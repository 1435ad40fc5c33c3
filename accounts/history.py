"""The History of the staff room keeps what rows were called; a deleted person's name goes from there, too."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from accounts.models import User


def forget_name(user: User, rows: "QuerySet[Any]") -> None:
    """In the entries about these rows the public id stands in the place of what named the person."""
    keys = [str(pk) for pk in rows.values_list("pk", flat=True)]
    kind = ContentType.objects.get_for_model(rows.model)
    LogEntry.objects.filter(content_type=kind, object_id__in=keys).update(object_repr=str(user.public_id))

"""What residents change about their flat themselves."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from premises.models import Unit, UnitEdit

EDITABLE = ("contact_phone", "intercom")


@transaction.atomic
def change_flat(unit: Unit, *, contact_phone: str, intercom: str, by: User, at: datetime) -> UnitEdit | None:
    """Write the contact phone (E.164 or empty) and the intercom note; remember who and when. Nothing changed → None."""
    new = {"contact_phone": contact_phone, "intercom": intercom}
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    changed = [name for name in EDITABLE if getattr(unit, name) != new[name]]
    if not changed:
        return None
    for name in changed:
        setattr(unit, name, new[name])
    unit.save(update_fields=changed)
    return UnitEdit.objects.create(unit=unit, by=by, at=at, fields=", ".join(changed))

"""Of refused changes the column of the approver held who refused: it moves. Who had approved before is not known any more.

A change that fitted no more when its hour came was refused by nobody; it was approved just a day before that hour.
"""

from datetime import timedelta

from django.db import migrations
from django.db.models import F, Q

DELAY = timedelta(hours=24)


def move(apps, schema_editor):
    for name in ("RequisitesChange", "ProviderChange", "PartnerChange"):
        refused = apps.get_model("billing", name).objects.filter(state="refused")
        by_somebody = refused.filter(Q(effective_at=None) | ~Q(effective_at=F("decided_at") + DELAY))
        by_somebody.update(
            stopped_by=F("decided_by"), stopped_at=F("decided_at"), decided_by=None, decided_at=None, effective_at=None
        )
        refused.filter(stopped_at=None).update(stopped_at=F("effective_at"), effective_at=None)


class Migration(migrations.Migration):

    dependencies = [
        ("billing", "0023_who_approved_stays_beside_who_stopped"),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
    ]

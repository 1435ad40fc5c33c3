"""A document is known by the recipient's bank account, too: two accounts of one name are two documents, never one sum."""

from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_call_units_and_figures_by_their_names")]

    # The new key only adds a column to the old one: rows that are there already fit.
    operations = [
        migrations.RemoveConstraint(model_name="invoice", name="one_document_per_period_and_recipient"),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                models.F("account"), models.F("period"), models.F("kind"), models.F("recipient"),
                Coalesce(KeyTextTransform("account", "requisites"), models.Value("")),
                name="one_document_per_period_and_recipient",
                condition=models.Q(("voided_at__isnull", True)),
            ),
        ),
    ]  # fmt: skip

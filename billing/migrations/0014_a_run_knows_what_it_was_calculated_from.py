"""A run keeps one word for the tables it was calculated from, so that it is not issued once they have changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_a_document_names_one_bank_account")]

    operations = [
        migrations.AddField(
            model_name="billingrun", name="seal", field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]  # fmt: skip

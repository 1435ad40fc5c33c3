from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_a_run_knows_what_it_was_calculated_from")]

    operations = [
        migrations.AddField(
            model_name="providerevent", name="asked_at", field=models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            model_name="refund", name="asked_at", field=models.DateTimeField(editable=False, null=True)
        ),
    ]  # fmt: skip

"""What issued months credited of each subsidy: the next run credits what is missing."""

from django.db import migrations, models

# The document of the subsidy's own month credited it, where there was one; everything else waits.
CREDITED = """
UPDATE billing_subsidy AS one SET credited = given.total FROM (
    SELECT account_id, period, SUM(subsidy) AS total FROM billing_invoice
    WHERE run_id IS NOT NULL AND voided_at IS NULL AND subsidy <> 0 GROUP BY account_id, period
) AS given WHERE given.account_id = one.account_id AND given.period = one.period
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_a_line_prints_each_tariff_of_its_month")]

    operations = [
        migrations.AddField(
            model_name="subsidy",
            name="credited",
            field=models.DecimalField(decimal_places=2, default=0, editable=False, max_digits=13, verbose_name="credited"),
        ),
        migrations.RunSQL(CREDITED, migrations.RunSQL.noop),
    ]

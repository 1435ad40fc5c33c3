"""Acts of reconciliation and print files of houses are written down among the files that were taken."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0017_a_subsidy_knows_what_was_credited")]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="what",
            field=models.CharField(
                choices=[
                    ("debtors", "Debtors"),
                    ("anomalies", "What to look at"),
                    ("balances", "Balances with names"),
                    ("sberbank", "Debts for Sberbank"),
                    ("feed", "Debts and meters for a payment service"),
                    ("showcase", "Debts for the pension fund («Вітрина-1201»)"),
                    ("documents", "Payment documents of the month, line by line"),
                    ("gis", "Payment documents of the month for ГИС ЖКХ"),
                    ("act", "Act of reconciliation"),
                    ("prints", "Print file of a house"),
                ],
                max_length=40,
                verbose_name="file",
            ),
        ),
    ]

"""From which day imported debts bear a penalty here; how large a sum somebody may type for one account."""

from decimal import Decimal

from django.contrib.postgres.operations import AddConstraintNotValid
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models
from django.db.models import Q

MOST = Decimal("99999999.99")


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_name_what_staff_read_of_online_payments")]

    operations = [
        migrations.AddField(
            model_name="billingterms",
            name="penalty_since",
            field=models.DateField(
                blank=True, null=True, verbose_name="imported debts bear a penalty from",
                help_text="Empty: from the first day of the first month that was closed here",
            ),  # fmt: skip
        ),
        migrations.AlterField(
            model_name="recalculation",
            name="amount",
            field=models.DecimalField(
                decimal_places=2, max_digits=13, verbose_name="amount",
                validators=[MinValueValidator(-MOST), MaxValueValidator(MOST)],
            ),  # fmt: skip
        ),
        migrations.AlterField(
            model_name="subsidy",
            name="amount",
            field=models.DecimalField(
                decimal_places=2, max_digits=13, verbose_name="amount",
                validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(MOST)],
            ),  # fmt: skip
        ),
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
                ],
                max_length=40,
                verbose_name="file",
            ),
        ),
        # Rows that are there already may stay: their run names the account.
        AddConstraintNotValid(
            model_name="recalculation",
            constraint=models.CheckConstraint(condition=Q(amount__range=(-MOST, MOST)), name="recalculation_is_possible"),
        ),
        AddConstraintNotValid(
            model_name="subsidy",
            constraint=models.CheckConstraint(condition=Q(amount__lte=MOST), name="subsidy_is_possible"),
        ),
    ]

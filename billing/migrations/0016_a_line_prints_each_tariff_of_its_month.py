"""A line whose month has several tariffs keeps what each comes to; the names of its columns are for the staff, too."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_the_reconciliation_remembers_its_last_try"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="invoiceline",
            options={
                "ordering": ["position"],
                "verbose_name": "line of the document",
                "verbose_name_plural": "lines of the document",
            },
        ),
        migrations.AddField(
            model_name="charge",
            name="parts",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="parts",
            field=models.JSONField(default=list, verbose_name="by tariffs"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="accrued",
            field=models.DecimalField(decimal_places=2, max_digits=13, verbose_name="accrued"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="accrued_common",
            field=models.DecimalField(
                decimal_places=2, default=0, max_digits=13, verbose_name="accrued for common use"
            ),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="balance",
            field=models.DecimalField(decimal_places=2, max_digits=13, null=True, verbose_name="debt or advance"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="benefit",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=13, verbose_name="benefit"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="code",
            field=models.CharField(blank=True, max_length=30, verbose_name="code"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="coefficient",
            field=models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name="coefficient"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="excess",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=13, verbose_name="raised coefficient"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="fine",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=13, verbose_name="fine of the provider"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="group",
            field=models.CharField(blank=True, max_length=100, verbose_name="group"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="billing.invoice",
                verbose_name="payment document",
            ),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="method",
            field=models.CharField(blank=True, max_length=1, verbose_name="method"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="method_common",
            field=models.CharField(blank=True, max_length=1, verbose_name="method of common use"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="payable",
            field=models.DecimalField(decimal_places=2, max_digits=13, verbose_name="to pay"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="penalty",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=13, verbose_name="penalty"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="position",
            field=models.PositiveSmallIntegerField(verbose_name="position"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="recalculated",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=13, verbose_name="recalculated"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="service",
            field=models.CharField(max_length=200, verbose_name="service"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="tariff",
            field=models.DecimalField(decimal_places=6, max_digits=13, null=True, verbose_name="tariff"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="unit",
            field=models.CharField(blank=True, max_length=20, verbose_name="unit"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="volume",
            field=models.DecimalField(decimal_places=7, max_digits=16, null=True, verbose_name="volume"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="volume_common",
            field=models.DecimalField(decimal_places=7, max_digits=16, null=True, verbose_name="volume of common use"),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="warnings",
            field=models.JSONField(default=list, verbose_name="checks that it does not pass"),
        ),
    ]

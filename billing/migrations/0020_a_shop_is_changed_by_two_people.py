"""Where online payments go is changed by two people, a day apart, as bank details are."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

FEE = {
    "max_digits": 5,
    "decimal_places": 2,
    "validators": [
        django.core.validators.MinValueValidator(Decimal(0)),
        django.core.validators.MaxValueValidator(Decimal(20)),
    ],
}


def employee(name, **words):
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name=name,
        **words,
    )


def company():
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="premises.organization",
        verbose_name="company",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0019_call_the_unit_of_a_line_by_its_name"),
        ("premises", "0008_what_an_import_brought_knows_it"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField("requisiteschange", "organization", company()),
        migrations.CreateModel(
            name="ProviderChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waits for a second person"),
                            ("approved", "Approved, not in force yet"),
                            ("applied", "In force"),
                            ("refused", "Refused"),
                        ],
                        default="asked",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="asked")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("effective_at", models.DateTimeField(blank=True, null=True, verbose_name="in force from")),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "provider",
                    models.CharField(
                        choices=[("sandbox", "Sandbox bank (for trying out)"), ("yookassa", "ЮKassa")],
                        max_length=10,
                        verbose_name="provider",
                    ),
                ),
                ("shop_id", models.CharField(blank=True, max_length=60, verbose_name="shop id")),
                ("secret", models.BinaryField(null=True)),
                ("wallet_fee", models.DecimalField("fee of a wallet, %", default=Decimal(0), **FEE)),
                ("card_fee", models.DecimalField("fee of a card, %", default=Decimal(1), **FEE)),
                ("asked_by", employee("asked by")),
                ("decided_by", employee("decided by", blank=True)),
                ("organization", company()),
            ],
            options={
                "verbose_name": "change of the payment provider",
                "verbose_name_plural": "changes of payment providers",
                "ordering": ["-asked_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(state__in=["asked", "approved"]),
                        fields=["organization"],
                        name="one_waiting_change_of_provider",
                        violation_error_message="A change of these details waits already. Decide on it first.",
                    ),
                    models.CheckConstraint(
                        condition=Q(decided_by__isnull=True) | Q(state="refused") | ~Q(decided_by=F("asked_by")),
                        name="provider_needs_a_second_person",
                        violation_error_message="Somebody else must approve what you asked for.",
                    ),
                ],
            },
        ),
    ]

"""A large sum that is entered by hand counts once a second person has confirmed it; what is there already counts as it is."""

import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0024_move_who_stopped_a_change_to_its_own_column'),
        ('premises', '0008_what_an_import_brought_knows_it'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='billingterms',
            name='alone_upto',
            field=models.DecimalField(decimal_places=2, default=Decimal('1000'), help_text='Recalculations and subsidies entered by hand; above it a second person confirms them. 0: every one', max_digits=13, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='one person alone enters sums up to'),
        ),
        migrations.AddField(
            model_name='recalculation',
            name='confirmed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by'),
        ),
        migrations.AddField(
            model_name='recalculation',
            name='needs_second',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='subsidy',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='employee'),
        ),
        migrations.AddField(
            model_name='subsidy',
            name='confirmed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by'),
        ),
        migrations.AddField(
            model_name='subsidy',
            name='needs_second',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddConstraint(
            model_name='recalculation',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('by__isnull', False), models.Q(('confirmed_by', models.F('by')), _negated=True)), _connector='OR'), name='recalculation_is_confirmed_by_another', violation_error_message='Somebody else must confirm what you entered.'),
        ),
        migrations.AddConstraint(
            model_name='subsidy',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), models.Q(('by__isnull', False), models.Q(('confirmed_by', models.F('by')), _negated=True)), _connector='OR'), name='subsidy_is_confirmed_by_another', violation_error_message='Somebody else must confirm what you entered.'),
        ),
    ]

"""Where residents of a partner's site are sent with their money is changed by two people, a day apart, as bank details are."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0021_say_how_fiscal_cheques_are_made'),
        ('premises', '0008_what_an_import_brought_knows_it'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PartnerChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('asked', 'Waits for a second person'), ('approved', 'Approved, not in force yet'), ('applied', 'In force'), ('refused', 'Refused')], default='asked', max_length=8, verbose_name='state')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('effective_at', models.DateTimeField(blank=True, null=True, verbose_name='in force from')),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('title', models.CharField(max_length=100, verbose_name='name')),
                ('url', models.URLField(validators=[django.core.validators.RegexValidator('^https://', 'The address begins with https://.')], verbose_name='address')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='what to enter there')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('link', models.ForeignKey(blank=True, help_text='Empty: a new one', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='changes', to='billing.partnerlink', verbose_name="partner's site")),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='premises.organization', verbose_name='company')),
            ],
            options={
                'verbose_name': "change of a partner's site",
                'verbose_name_plural': "changes of partners' sites",
                'ordering': ['-asked_at', '-pk'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'approved'])), fields=('organization',), name='one_waiting_change_of_partners', violation_error_message='A change of these details waits already. Decide on it first.'), models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), ('state', 'refused'), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='partner_needs_a_second_person', violation_error_message='Somebody else must approve what you asked for.')],
            },
        ),
    ]

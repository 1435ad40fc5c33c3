import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('premises', '0003_shares_add_up_to_one'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='queued_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undone_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='taken back'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='taken back by'),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='kind',
            field=models.CharField(choices=[('accounts', 'Register of personal accounts'), ('documents', 'Register of payment documents'), ('payments', 'Register of payments'), ('meters', 'Register of meters'), ('readings', 'Register of readings')], max_length=10, verbose_name='register'),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='state',
            field=models.CharField(choices=[('checking', 'Is being checked'), ('checked', 'Checked, can be imported'), ('refused', 'Has errors'), ('applying', 'Is being imported'), ('applied', 'Imported'), ('undone', 'Taken back')], max_length=10, verbose_name='state'),
        ),
    ]

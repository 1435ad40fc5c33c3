"""What ЮKassa needs to know for the fiscal cheques of a shop, and what the cheque of a payment said."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0020_a_shop_is_changed_by_two_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='paymentintent',
            name='cheque',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='provideraccount',
            name='cheque_tax_system',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'general'), (2, 'simplified, income'), (3, 'simplified, income less costs'), (4, 'imputed income'), (5, 'agricultural'), (6, 'patent')], help_text="Only where the company's cash register asks for it.", null=True, verbose_name='tax system in cheques'),
        ),
        migrations.AddField(
            model_name='provideraccount',
            name='cheque_vat',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'no VAT'), (2, '0 %'), (3, '10 %'), (4, '20 %'), (5, '10/110'), (6, '20/120'), (7, '5 %'), (8, '7 %'), (9, '5/105'), (10, '7/107'), (11, '22 %'), (12, '22/122')], help_text='ЮKassa only: with a rate it makes the fiscal cheque of each payment. Empty: cheques are made elsewhere.', null=True, verbose_name='VAT in cheques'),
        ),
        migrations.AddField(
            model_name='providerchange',
            name='cheque_tax_system',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'general'), (2, 'simplified, income'), (3, 'simplified, income less costs'), (4, 'imputed income'), (5, 'agricultural'), (6, 'patent')], help_text="Only where the company's cash register asks for it.", null=True, verbose_name='tax system in cheques'),
        ),
        migrations.AddField(
            model_name='providerchange',
            name='cheque_vat',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'no VAT'), (2, '0 %'), (3, '10 %'), (4, '20 %'), (5, '10/110'), (6, '20/120'), (7, '5 %'), (8, '7 %'), (9, '5/105'), (10, '7/107'), (11, '22 %'), (12, '22/122')], help_text='ЮKassa only: with a rate it makes the fiscal cheque of each payment. Empty: cheques are made elsewhere.', null=True, verbose_name='VAT in cheques'),
        ),
    ]

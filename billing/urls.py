"""Addresses of bills and payments; the account is always in the address."""

from django.conf import settings
from django.urls import path

from billing.views import bank, bills, gateway, paying, payments

urlpatterns = [
    path("a/<uuid:account_id>/bills/", bills.bills, name="bills"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/", bills.bill, name="bill"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/pdf/", bills.bill_pdf, name="bill_pdf"),
    path("a/<uuid:account_id>/payments/", payments.payments, name="payments"),
    path("a/<uuid:account_id>/pay/", paying.pay, name="pay"),
    path("a/<uuid:account_id>/pay/<uuid:intent_id>/", paying.intent, name="pay_intent"),
    path("a/<uuid:account_id>/pay/<uuid:intent_id>/go/", paying.pay_go, name="pay_go"),
    path("gateway/pay/<slug:provider>/", gateway.pay_notice, name="pay_notice"),
]
if settings.DEV_PAGES:
    urlpatterns += [path("bank/<uuid:token>/", bank.bank, name="bank")]

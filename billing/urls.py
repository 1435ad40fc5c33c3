"""Addresses of bills and payments; the account is always in the address."""

from django.conf import settings
from django.urls import path

from billing.views import bank, bills, gateway, paying, payments, receipts, statement, tariffs

urlpatterns = [
    path("a/<uuid:account_id>/bills/", bills.bills, name="bills"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/", bills.bill, name="bill"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/pdf/", bills.bill_pdf, name="bill_pdf"),
    path("a/<uuid:account_id>/payments/", payments.payments, name="payments"),
    path("a/<uuid:account_id>/pay/", paying.pay, name="pay"),
    path("a/<uuid:account_id>/pay/<uuid:intent_id>/", paying.intent, name="pay_intent"),
    path("a/<uuid:account_id>/pay/<uuid:intent_id>/go/", paying.pay_go, name="pay_go"),
    path("a/<uuid:account_id>/pay/<uuid:intent_id>/cancel/", paying.pay_cancel, name="pay_cancel"),
    path("gateway/pay/<slug:provider>/", gateway.pay_notice, name="pay_notice"),
    path("a/<uuid:account_id>/payments/<int:payment_id>/", payments.payment, name="payment"),
    path("a/<uuid:account_id>/statement/", statement.statement_page, name="statement"),
    path("a/<uuid:account_id>/statement/<slug:kind>/", statement.statement_file, name="statement_file"),
    path("a/<uuid:account_id>/services/", tariffs.services, name="services"),
    path("a/<uuid:account_id>/receipts/", receipts.receipts, name="receipts"),
    path("receipts/stop/<slug:token>/", receipts.receipts_stop, name="receipts_stop"),
]
if settings.DEV_PAGES:
    urlpatterns += [path("bank/<uuid:token>/", bank.bank, name="bank")]

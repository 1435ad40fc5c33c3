"""Addresses of bills and payments; the account is always in the address."""

from django.urls import path

from billing.views import bills, payments

urlpatterns = [
    path("a/<uuid:account_id>/bills/", bills.bills, name="bills"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/", bills.bill, name="bill"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/pdf/", bills.bill_pdf, name="bill_pdf"),
    path("a/<uuid:account_id>/payments/", payments.payments, name="payments"),
]

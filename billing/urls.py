"""Addresses of bills and payments; the account is always in the address."""

from django.urls import path

from billing import views

urlpatterns = [
    path("a/<uuid:account_id>/bills/", views.bills, name="bills"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/", views.bill, name="bill"),
    path("a/<uuid:account_id>/bills/<uuid:invoice_id>/pdf/", views.bill_pdf, name="bill_pdf"),
    path("a/<uuid:account_id>/payments/", views.payments, name="payments"),
]

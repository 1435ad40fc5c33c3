"""Requisites, frozen payment documents, payments and the ledger."""

from billing.models.invoice import Invoice, InvoiceLine
from billing.models.ledger import LedgerEntry, Payment
from billing.models.requisites import Requisites

__all__ = ["Invoice", "InvoiceLine", "LedgerEntry", "Payment", "Requisites"]

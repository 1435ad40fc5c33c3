"""Reference data, charges, frozen payment documents, payments, the ledger, paying online."""

from billing.models.agreed import AgreedChange, FitsNoMore
from billing.models.by_hand import ByHand
from billing.models.circumstance import Absence, AccountFact, Benefit, QualityCase, Recalculation, Subsidy
from billing.models.export import Export
from billing.models.invoice import Invoice, InvoiceLine
from billing.models.ledger import LedgerEntry, Payment
from billing.models.online import (
    PaymentIntent,
    ProviderAccount,
    ProviderChange,
    ProviderEvent,
    Refund,
    SandboxPayment,
)
from billing.models.partner import PartnerChange, PartnerLink
from billing.models.receipts import BankDocument, ReceiptSubscription, StrayPayment
from billing.models.requisites import Requisites, RequisitesChange
from billing.models.rule import LegalRule
from billing.models.run import (
    BillingRun,
    BillingTerms,
    Charge,
    ChargeSheet,
    CommonUse,
    DocumentCounter,
    PenaltyCharge,
    PrintBatch,
)
from billing.models.service import HouseFact, HouseService, Service, ServiceNorm, Supplier, Tariff

__all__ = [
    "Absence",
    "AccountFact",
    "AgreedChange",
    "BankDocument",
    "Benefit",
    "BillingRun",
    "BillingTerms",
    "ByHand",
    "Charge",
    "ChargeSheet",
    "CommonUse",
    "DocumentCounter",
    "Export",
    "FitsNoMore",
    "HouseFact",
    "HouseService",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "LegalRule",
    "PartnerChange",
    "PartnerLink",
    "Payment",
    "PaymentIntent",
    "PenaltyCharge",
    "PrintBatch",
    "ProviderAccount",
    "ProviderChange",
    "ProviderEvent",
    "QualityCase",
    "Recalculation",
    "ReceiptSubscription",
    "Refund",
    "Requisites",
    "RequisitesChange",
    "SandboxPayment",
    "Service",
    "ServiceNorm",
    "StrayPayment",
    "Subsidy",
    "Supplier",
    "Tariff",
]

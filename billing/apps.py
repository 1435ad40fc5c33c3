from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Money")

    def ready(self) -> None:
        from billing import notices, receivers  # noqa: F401  (declares the kinds, listens)
        from billing.actions.documents import import_documents
        from billing.actions.matching import freed_transfers
        from billing.actions.payments import import_payments
        from billing.actions.requisites_register import import_requisites
        from billing.actions.rules import load_defaults
        from billing.actions.statements import import_statement
        from billing.actions.taking_back import undo_documents, undo_payments
        from billing.exchange.gis_accounts import open_accounts
        from billing.prices import tariffs
        from meters import prices
        from premises.registers import declare, declare_reader

        declare("documents", import_documents, undo=undo_documents)
        declare("payments", import_payments, undo=undo_payments, aftermath=freed_transfers)
        declare("statement", import_statement, undo=undo_payments)
        declare("requisites", import_requisites)
        declare_reader("accounts", open_accounts)
        prices.declare(tariffs)
        post_migrate.connect(load_defaults, sender=self, dispatch_uid="billing.rules")

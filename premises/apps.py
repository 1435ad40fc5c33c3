from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PremisesConfig(AppConfig):
    name = "premises"
    verbose_name = _("Houses and accounts")

    def ready(self) -> None:
        from premises import notices, receivers  # noqa: F401 declares the kinds, listens
        from premises.actions.registers import import_accounts
        from premises.actions.undo_accounts import undo_accounts
        from premises.models import ImportRun
        from premises.registers import declare

        declare(ImportRun.Kind.ACCOUNTS, import_accounts, undo=undo_accounts)

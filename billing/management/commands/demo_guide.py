"""`manage.py demo_guide`: load the guide's company, account, documents and payments; running it again changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.demo_guide import load_guide


class Command(BaseCommand):
    help = "Load the account 10117 of the guide from demo/guide."

    def handle(self, *args: Any, **options: Any) -> None:
        company = load_guide(at=timezone.now())
        self.stdout.write(
            f"{company.name}: {company.accounts.count()} account(s), {company.invoices.count()} documents"
        )

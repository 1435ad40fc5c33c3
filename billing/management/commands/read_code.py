"""Says what a scanned payment code asks for: `echo 'ST00012|…' | manage.py read_code`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.qr.payment import NotAPaymentCode
from billing.qr.reading import read_payment_code


class Command(BaseCommand):
    """Read the text of one payment code from the standard input."""

    help = "Read the text of a payment code from the standard input and print its fields."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = read_payment_code(sys.stdin.buffer.read())
        except NotAPaymentCode as wrong:
            raise CommandError(str(wrong)) from None
        amount = "" if code.amount is None else f"{code.amount} {code.currency}"
        self.stdout.write(f"{code.format}, {code.encoding}: {code.recipient}, {code.account}, {amount}".rstrip(", "))
        for name, value in code.fields.items():
            if value:
                self.stdout.write(f"  {name}: {value}")

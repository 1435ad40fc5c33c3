"""manage.py reset_factor <e-mail or phone>"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import addresses
from accounts.factors import resets
from accounts.models import User
from lib.errors import Refusal
from lib.text import in_fours


class Command(BaseCommand):
    """The way in for a superuser who lost their second factor and has no colleague: whoever runs the server."""

    help = "Take away an employee's second factor and print the one-time code that lets them set up a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the employee's e-mail or phone")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address = addresses.parse(options["address"], settings.PHONE_COUNTRIES).value
            user = User.objects.with_address(address).get()
            code = resets.reset(user, by=None, reason="manage.py reset_factor", at=timezone.now())
        except User.DoesNotExist:
            raise CommandError("Nobody has this e-mail or phone.") from None
        except (addresses.BadAddress, Refusal) as refusal:
            raise CommandError(str(refusal.message)) from None
        self.stdout.write(f"The code, for 24 hours: {'-'.join(in_fours(code))}")
        self.stdout.write("Sign in with a code to the phone or e-mail, then enter this one.")

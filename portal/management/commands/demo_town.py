"""Builds the demo town once: the guide's account and two made-up companies with two years of bills."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from portal import demo
from portal.town.build import build_town


class Command(BaseCommand):
    help = "Builds the demo town; does nothing when it stands already. Only in the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo town is not for production: its sign-ins are known to everybody.")
        if User.objects.filter(email=demo.SUPERUSER).exists():
            return
        self.stdout.write("Building the demo town: two companies, 300 flats, two years of bills. About half a minute…")
        with transaction.atomic():
            build_town(today=timezone.localdate(), at=timezone.now())

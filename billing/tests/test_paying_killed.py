"""A worker that is killed with the provider's answer in its hands: nothing half-done, and one credit within 12 minutes."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import timezone

from billing.actions.hearing import hear
from billing.actions.paying import go_on
from billing.actions.reconciling import reconcile
from billing.models import LedgerEntry, Payment, PaymentIntent, SandboxPayment
from billing.providers.sandbox import decide
from billing.testing import make_intent, make_till
from portal.features import ROOT
from portal.testing import make_cast, surroundings

# Does what the worker does, and holds still after the rows are written and before they are committed.
WORKER = """
import sys, time, django
django.setup()
from django.utils import timezone
from billing.actions import paying
from billing.actions.hearing import look_into
from billing.models import ProviderEvent
def hold(*args, **kwargs):
    print("held", flush=True)
    time.sleep(60)
paying.notify = hold
look_into(ProviderEvent.objects.get(pk=int(sys.argv[1])), at=timezone.now())
"""


@pytest.mark.feature("B14")
@pytest.mark.django_db(transaction=True)
def test_kill_9_between_the_answer_and_the_commit() -> None:
    cast = make_cast()
    make_till(cast.company)
    intent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    decide(UUID(intent.provider_id), SandboxPayment.State.SUCCEEDED, at=timezone.now())
    body = json.dumps({"object": {"id": intent.provider_id}}).encode()
    event = hear("sandbox", body, at=timezone.now(), nudge=lambda pk: None)
    assert event

    command = [sys.executable, "-c", WORKER, str(event.pk)]
    worker = subprocess.Popen(command, cwd=ROOT, env=surroundings(), stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "held"
    worker.send_signal(signal.SIGKILL)
    worker.wait()

    assert not Payment.objects.filter(intent=intent).exists()
    for minutes in (12, 22, 32):
        reconcile(at=timezone.now() + timedelta(minutes=minutes))
    assert PaymentIntent.objects.get(pk=intent.pk).state == "paid"
    assert Payment.objects.filter(intent=intent).count() == 1
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-100.00")

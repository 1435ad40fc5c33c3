"""The Celery app and the timetable of everything that runs by the clock."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_after_setup, setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logs(**kwargs: Any) -> None:
    """Connected, it keeps Celery from writing logs its own way: ours are redacted."""


@worker_init.connect
@beat_init.connect
def refuse_fakes(**kwargs: Any) -> None:
    """Neither worker nor scheduler starts in a production that is not real."""
    from portal.checks import refuse_to_start

    refuse_to_start()


@celeryd_after_setup.connect
def cut_the_print_faces(instance: Any, **kwargs: Any) -> None:
    """The worker that prints has its fonts before it forks: the first bill of a day is as quick as the next."""
    if app.conf.task_default_queue in instance.app.amqp.queues.consume_from:
        from lib.paper.faces import face

        for name in ("text", "bold"):
            _ = face(name).packed


# THE timetable: name → task, how often (seconds or crontab).
app.conf.beat_schedule = {
    # In the urgent queue: a full bulk queue must not keep the sweep from finding a code.
    "post room: re-queue what is due": {
        "task": "notifications.tasks.sweep",
        "schedule": 10.0,
        "options": {"queue": "urgent", "expires": 30},
    },
    "post room: forget receivers": {
        "task": "notifications.tasks.forget_receivers",
        "schedule": crontab(hour=3, minute=40),
    },
    "people: forget old codes, tries and sessions": {
        "task": "accounts.tasks.forget_old",
        "schedule": crontab(hour=3, minute=20),
    },
    "letters: throw away untaken ones, find unheard ones": {"task": "premises.tasks.sweep_letters", "schedule": 60.0},
    "links: compare verified persons with the registers of owners": {
        "task": "premises.tasks.prove_owners",
        "schedule": crontab(hour=1, minute=40),
    },
    "imports: take up what a killed worker left": {
        "task": "premises.tasks.sweep_imports",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bills: take up runs that a killed worker left": {
        "task": "billing.tasks.sweep_runs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bills: look for print files that were asked for and lost": {
        "task": "billing.tasks.sweep_prints",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bills: look for PDFs that were asked for and lost": {
        "task": "billing.tasks.sweep_pdfs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bank details, payment providers: put approved changes in force": {
        "task": "billing.tasks.apply_requisites",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "payments: ask about those that still wait": {
        "task": "billing.tasks.reconcile_payments",
        "schedule": 600.0,
        "options": {"expires": 580},
    },
    "payments: forget old notifications": {
        "task": "billing.tasks.forget_notifications",
        "schedule": crontab(hour=3, minute=50),
    },
    # Every hour: each house has its own morning, and what was said is not said again.
    "readings: remind of windows and verifications": {
        "task": "meters.tasks.remind",
        "schedule": crontab(minute=5),
        "options": {"queue": "bulk", "expires": 3000},
    },
    "readings: estimate closed months, forget old drafts": {
        "task": "meters.tasks.close_months",
        "schedule": crontab(hour=2, minute=20),
    },
}

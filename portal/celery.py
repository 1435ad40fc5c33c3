"""The Celery app and the timetable of everything that runs by the clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# THE timetable: name → task, how often (seconds or crontab).
app.conf.beat_schedule = {
    "post room: re-queue what is due": {"task": "notifications.tasks.sweep", "schedule": 10.0},
}

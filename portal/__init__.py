"""Settings, addresses, the home page, the timetable and the state of health of the portal."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]

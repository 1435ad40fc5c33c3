"""The entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from portal.celery import app  # noqa: E402  (the settings must be there first)
from portal.checks import refuse_to_start  # noqa: E402

refuse_to_start()
# A page that wakes the worker waits less for a silent broker than the worker itself may.
app.conf.broker_transport_options = app.conf.broker_transport_options | {"socket_timeout": 0.9}

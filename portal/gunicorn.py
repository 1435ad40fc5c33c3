"""The web server's configuration: gunicorn with threads, for slow clients."""

import os

from django.conf import settings

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = 4
preload_app = True  # loaded once and shared: less memory, an earlier first page
timeout = 60
graceful_timeout = 20
max_requests, max_requests_jitter = 5000, 500
control_socket_disable = True
# No address of the reader, no query string, no referrer: none of them belongs in a log.
access_log_format = "%(m)s %(U)s %(s)s %(b)s bytes %(M)s ms"
accesslog = "-" if os.environ.get("ACCESS_LOG") else None
_error = {"handlers": [], "propagate": True}
_access = {"handlers": [], "propagate": True, "level": "INFO" if accesslog else "ERROR"}
logconfig_dict = {**settings.LOGGING, "loggers": {"gunicorn.error": _error, "gunicorn.access": _access}}

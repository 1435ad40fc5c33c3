"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from portal import health

handler500 = "portal.errors.server_error"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("status/", health.status, name="status"),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("", include("premises.urls")),
]

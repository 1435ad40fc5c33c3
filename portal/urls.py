"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from portal import health
from portal.sign_in import entry_password

handler500 = "portal.errors.server_error"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("status/", health.status, name="status"),
    path("in/password/", entry_password, name="entry_password"),
    path("admin/", admin.site.urls),
    path("", include("billing.urls")),
    path("", include("notifications.urls")),
    path("", include("premises.urls")),
    path("", include("accounts.urls")),
]

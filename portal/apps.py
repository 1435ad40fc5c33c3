"""The portal itself as a Django app, and the staff's admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  (registers the deployment checks)


class StaffAdminConfig(AdminConfig):
    """Django's admin with the portal's own site class."""

    default_site = "portal.staff_site.StaffSite"

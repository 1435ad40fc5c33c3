"""The company staff's workplace: Django's admin, entered through the portal's own entry page."""

from django.contrib.admin import AdminSite


class StaffSite(AdminSite):
    """Stock admin in the portal's look."""

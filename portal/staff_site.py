"""The company staff's workplace: Django's admin, entered through the portal's own entry page."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts import sessions
from premises.admin_scope import is_chief, jobs_of

# Tables of libraries that nobody works with by hand: rights come from jobs, addresses and sessions from the portal.
NOBODYS = {"auth", "account", "socialaccount", "usersessions", "mfa", "sites"}


class StaffSite(AdminSite):
    """Stock admin in the portal's words: one door in, one door out, and only what the employee's job shows."""

    site_header = site_title = _("Staff room")
    index_title = _("What would you like to do?")
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person works here now: marked as staff and with a live job, or the superuser."""
        if not (request.user.is_active and getattr(request.user, "is_staff", False)):
            return False
        return is_chief(request) or bool(jobs_of(request))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page needs. Not the list of all tables: only the side bar shows it, and it is a third of a page's time."""
        return {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": self.has_permission(request),
            "is_popup": False,
            "is_nav_sidebar_enabled": self.enable_nav_sidebar,
            "log_entries": self.get_log_entries(request),
        }

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send a stranger to the entry page; for a resident this place does not exist."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index", current_app=self.name)
        if request.user.is_authenticated:
            return redirect("admin:index")
        query = QueryDict(mutable=True)
        query[REDIRECT_FIELD_NAME] = wanted
        return HttpResponseRedirect(f"{reverse('entry')}?{query.urlencode(safe='/')}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out here as everywhere else: by POST, to the first page."""
        return _sign_out(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The password is changed in the profile, with a code."""
        return redirect("profile_password")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave out the tables of libraries."""
        several = model_or_iterable if isinstance(model_or_iterable, list | tuple | set) else [model_or_iterable]
        ours = [model for model in several if model._meta.app_label not in NOBODYS]
        super().register(ours, admin_class, **options)


@require_POST
def _sign_out(request: HttpRequest) -> HttpResponse:
    sessions.sign_out(request)
    return HttpResponseRedirect("/")

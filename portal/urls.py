"""Every address of the portal."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from portal import accounts_page, dev, flat_page, health, home, public
from portal.sign_in import entry_password

urlpatterns = [
    path("", public.landing, name="landing"),
    path("help/phones/", public.phones, name="phones"),
    path("home/", home.home, name="home"),
    path("accounts/", accounts_page.accounts, name="accounts"),
    path("a/<uuid:public_id>/", home.account_home, name="account_home"),
    path("a/<uuid:public_id>/flat/", flat_page.flat, name="flat"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("status/", health.status, name="status"),
    path("accessibility/", TemplateView.as_view(template_name="portal/accessibility.html"), name="accessibility"),
    path("in/password/", entry_password, name="entry_password"),
    path("admin/", admin.site.urls),
    path("", include("billing.urls")),
    path("", include("meters.urls")),
    path("", include("notifications.urls")),
    path("", include("premises.urls")),
    path("", include("accounts.urls")),
]
if settings.DEV_PAGES:
    urlpatterns += [path("dev/ui/", dev.gallery, name="gallery")]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.forbidden"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"

"""Addresses of the post room."""

from django.urls import path

from notifications import views
from notifications.gateways import twilio_status

urlpatterns = [
    path("notices/", views.inbox, name="inbox"),
    path("notices/read/", views.read_all, name="notices_read"),
    path("notices/<uuid:public_id>/", views.notice, name="notice"),
    path("stop/<slug:token>/", views.stop, name="opt_out"),
    path("gateway/twilio/status/", twilio_status, name="twilio_status"),
    path("dev/tray/", views.tray, name="tray"),
]

"""Addresses of entry, profile and legal texts."""

from django.conf import settings
from django.urls import path, re_path

from accounts.views import (
    confirming,
    contacts,
    entry,
    erasing,
    factor,
    identity,
    identity_door,
    identity_sandbox,
    look,
    password,
    places,
    profile,
    texts,
)

urlpatterns = [
    path("in/", entry.entry, name="entry"),
    path("in/code/", entry.entry_code, name="entry_code"),
    path("in/again/", entry.entry_again, name="entry_again"),
    path("in/check/", entry.human_check, name="human_check"),
    path("in/welcome/", entry.welcome, name="welcome"),
    path("in/with/<slug:service>/", identity_door.identity_begin, name="identity_begin"),
    path("in/with/<slug:provider_id>/back/", identity_door.openid_connect_callback, name="openid_connect_callback"),
    path("in/not-me/", identity.identity_forget, name="identity_forget"),
    path("in/join/", identity.identity_join, name="identity_join"),
    path("factor/", factor.factor, name="factor"),
    path("factor/set-up/", factor.factor_enrol, name="factor_enrol"),
    path("factor/set-up/app/", factor.factor_app, name="factor_app"),
    path("factor/codes/", factor.factor_codes, name="factor_codes"),
    path("profile/factors/", factor.factors, name="factors"),
    path("profile/factors/codes/", factor.factor_codes_new, name="factor_codes_new"),
    path("out/", entry.sign_out, name="sign_out"),
    path("look/", look.look, name="look"),
    path("agreement/", texts.agreement, name="agreement"),
    path("consent/", texts.consent_text, name="consent_text"),
    path("consent/identity/", texts.identity_text, name="identity_text"),
    path("privacy/", texts.privacy, name="privacy"),
    path("profile/", profile.profile, name="profile"),
    path("profile/names/", profile.profile_names, name="profile_names"),
    path("profile/look/", profile.profile_look, name="profile_look"),
    path("profile/phone/", contacts.profile_phone, name="profile_phone"),
    path("profile/email/", contacts.profile_email, name="profile_email"),
    path("profile/contact/code/", contacts.contact_code, name="contact_code"),
    path("profile/contact/again/", contacts.contact_again, name="contact_again"),
    re_path(r"^profile/(?P<field>phone|email)/remove/$", contacts.contact_remove, name="contact_remove"),
    path("profile/password/", password.profile_password, name="profile_password"),
    path("profile/password/remove/", password.password_remove, name="password_remove"),
    path("profile/consents/", profile.profile_consents, name="profile_consents"),
    path("profile/sessions/", places.session_list, name="sessions"),
    path("profile/sessions/<int:pk>/end/", places.session_end, name="session_end"),
    path("profile/sessions/end-others/", places.sessions_end_others, name="sessions_end_others"),
    path("profile/identity/", identity.identities, name="identities"),
    path("profile/identity/<int:pk>/disconnect/", identity.identity_unlink, name="identity_unlink"),
    path("profile/confirm/", confirming.confirm, name="confirm"),
    path("profile/confirm/code/", confirming.confirm_code, name="confirm_code"),
    path("profile/confirm/again/", confirming.confirm_again, name="confirm_again"),
    path("profile/confirm/password/", confirming.confirm_password, name="confirm_password"),
    path("profile/delete/", erasing.profile_delete, name="profile_delete"),
]
if settings.DEV_PAGES:
    urlpatterns += [
        path("sandbox/identity/<slug:service_id>/authorize/", identity_sandbox.authorize, name="sandbox_identity"),
        path("sandbox/identity/<slug:service_id>/token/", identity_sandbox.token, name="sandbox_identity_token"),
        path(
            "sandbox/identity/<slug:service_id>/userinfo/", identity_sandbox.userinfo, name="sandbox_identity_userinfo"
        ),
        path("sandbox/identity/<slug:service_id>/keys/", identity_sandbox.keys, name="sandbox_identity_keys"),
        path(
            "sandbox/identity/<slug:service_id>/.well-known/openid-configuration",
            identity_sandbox.discovery,
            name="sandbox_identity_discovery",
        ),
    ]

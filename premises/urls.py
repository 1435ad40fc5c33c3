"""Addresses of accounts, links, flats and letters."""

from django.urls import path
from django.views.generic import RedirectView

from premises.views import accounts, dispute, flat, letters, linking, upgrade

urlpatterns = [
    path("accounts/add/", linking.account_add, name="account_add"),
    path("accounts/add/password/", linking.link_password, name="link_password"),
    path("accounts/add/address/", linking.link_address, name="link_address"),
    path("accounts/add/address/check/", linking.link_check, name="link_check"),
    path("accounts/add/address/<uuid:house_id>/", linking.link_flat, name="link_flat"),
    path("accounts/add/code/", linking.link_code, name="link_code"),
    path("accounts/add/ask/", linking.link_ask, name="link_ask"),
    path("accounts/issued/", linking.link_issued, name="link_issued"),
    path("q/", RedirectView.as_view(pattern_name="link_code"), name="link_by_hand"),  # printed on bills
    path("q/<str:code>/", linking.link_qr, name="link_qr"),
    path("links/<uuid:link_id>/dispute/", dispute.link_dispute, name="link_dispute"),
    path("d/<str:token>/", dispute.contact_dispute, name="contact_dispute"),  # sent by SMS
    path("a/<uuid:public_id>/unlink/", accounts.unlink, name="unlink"),
    path("a/<uuid:public_id>/upgrade/", upgrade.link_upgrade, name="link_upgrade"),
    path("a/<uuid:public_id>/upgrade/send/", upgrade.upgrade_send, name="upgrade_send"),
    path("a/<uuid:public_id>/upgrade/code/", upgrade.upgrade_code, name="upgrade_code"),
    path("a/<uuid:public_id>/upgrade/ask/", upgrade.upgrade_ask, name="upgrade_ask"),
    path("a/<uuid:public_id>/upgrade/owner/", upgrade.upgrade_owner, name="upgrade_owner"),
    path("a/<uuid:public_id>/flat/edit/", flat.flat_edit, name="flat_edit"),
    path("council/<uuid:house_id>/letters/", letters.council_letters, name="council_letters"),
    path("council/<uuid:house_id>/letters/check/", letters.letters_check, name="letters_check"),
    path("council/<uuid:house_id>/letters/issue/", letters.letters_issue, name="letters_issue"),
    path("council/letters/<uuid:batch_id>/", letters.letter_batch, name="letter_batch"),
    path("council/letters/<uuid:batch_id>/file/", letters.letter_batch_file, name="letter_batch_file"),
]

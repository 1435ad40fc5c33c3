"""What django-allauth asks about second factors: how secrets are sealed, and what a phone shows as our name."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.translation import gettext as _

from accounts.models import User
from notifications.sealing import seal, unseal


class FactorAdapter(DefaultMFAAdapter):
    """Secrets are sealed with FIELD_KEY; no mail of the library leaves, our notices do."""

    def encrypt(self, text: str) -> str:
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text.encode())

    def get_totp_issuer(self) -> str:
        return _("Resident portal")

    def get_totp_label(self, user: Any) -> str:
        return self._get_user_identifier(user)

    def _get_user_identifier(self, user: User) -> str:
        return user.email or user.phone or str(user.public_id)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": _("Resident portal")}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        shown = user.get_full_name() or self._get_user_identifier(user)
        return entity | {
            "id": user.public_id.bytes,
            "display_name": shown,
        }  # the id is no address: a key carries it openly

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our notices tell the person (accounts/notices.py)."""

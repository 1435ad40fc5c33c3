"""What django-allauth asks about our people. Its pages are not served: we use its authentication and session list."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.browser import ip_of
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Phones and e-mails of our User: stored only when proved by a code, so always verified."""

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=phone).first()

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        raise NotImplementedError("a phone is stored by accounts.actions.change_contact only")

    def set_phone_verified(self, user: User, phone: str) -> None:
        """A stored phone is a proved one."""

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        raise NotImplementedError("codes leave through accounts.codes only")

    send_unknown_account_sms = send_account_already_exists_sms = send_verification_code_sms

    def get_client_ip(self, request: HttpRequest) -> str:
        return ip_of(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """Nothing stands between a proof and the session: the second factor is asked by accounts/factors on every page."""
        return []

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say what happened in their own words."""

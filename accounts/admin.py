"""People in the admin: for superusers only. Addresses are masked in the list; what was agreed to is read, never written."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.factors.admin_reset import ResetMixin
from accounts.models import Consent, User
from accounts.proved import EndsSessionsMixin
from accounts.rights import Rights, change_rights
from lib.phones import masked_email, masked_phone


class SuperusersOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nobody else sees that these tables exist."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ResetMixin, EndsSessionsMixin, SuperusersOnly):
    """Find a person; open or close their way in. Names and addresses are theirs to change.

    Nobody changes their own rights; whoever's rights change is signed out everywhere.
    """

    list_display = ["__str__", "masked_phone", "masked_email", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["phone", "email", "last_name", "first_name"]
    fields = [
        "last_name", "first_name", "patronymic", "phone", "email", "language", "date_joined", "erased_at",
        "is_active", "is_staff", "is_superuser",
    ]  # fmt: skip
    readonly_fields = [
        "last_name", "first_name", "patronymic", "phone", "email", "language", "date_joined", "erased_at",
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        is_fixed = obj is not None and (obj.pk == request.user.pk or obj.erased_at is not None)
        return [*self.readonly_fields, "is_active", "is_staff", "is_superuser"] if is_fixed else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Through our action: it locks, guards, ends the sessions and tells."""
        change_rights(obj, Rights.of(obj), by=cast(User, request.user), at=timezone.now())

    @admin.display(description=_("phone"))
    def masked_phone(self, user: User) -> str:
        return masked_phone(user.phone) if user.phone else "—"

    @admin.display(description=_("e-mail"))
    def masked_email(self, user: User) -> str:
        return masked_email(user.email) if user.email else "—"


@admin.register(Consent)
class ConsentAdmin(SuperusersOnly):
    """Who agreed to what, when and how it was proved."""

    list_display = ["purpose", "version", "language", "channel", "given_at", "revoked_at"]
    list_filter = ["purpose", "channel"]
    date_hierarchy = "given_at"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

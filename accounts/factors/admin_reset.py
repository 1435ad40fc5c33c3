"""The superuser's page that resets an employee's second factor, reached from the employee's page in the staff room."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.confirm import confirmed_recently
from accounts.factors import resets
from accounts.models import User
from accounts.once import once
from accounts.people import person, posted
from lib.errors import Refusal
from lib.text import in_fours
from notifications.sealing import seal, unseal

CODE = "factor_reset_code"  # in the superuser's session, sealed, until it is shown


class ResetForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200,
        help_text=_("For example: the phone was lost, identity card checked in the office."),
        error_messages={"required": _("Write why the second factor is reset.")},
    )  # fmt: skip


class ResetMixin:
    """Two pages of the user admin: the question with its reason, and the code, shown once."""

    change_form_template: Any = "admin/accounts/user/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view: Any = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [
            path("<int:pk>/reset-factor/", view(self.reset_factor), name="accounts_user_reset_factor"),
            path("<int:pk>/reset-factor/code/", view(self.reset_code), name="accounts_user_reset_code"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def reset_factor(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, then take the factors away."""
        user = self._employee(request, pk)
        return confirmed_recently(once(self._ask))(request, user)

    def _ask(self, request: HttpRequest, user: User) -> HttpResponse:
        form, status = ResetForm(posted(request)), 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    code = resets.reset(user, by=person(request), reason=form.cleaned_data["reason"], at=timezone.now())
                except Refusal as refusal:
                    form.add_error(None, str(refusal.message))
                else:
                    request.session[CODE] = [user.pk, seal(code).decode()]
                    return redirect("admin:accounts_user_reset_code", user.pk)
        return self._drawn(request, "reset", user, form=form, status=status)

    def reset_code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The code to hand over, once."""
        user = self._employee(request, pk)
        whose, sealed = request.session.pop(CODE, (0, ""))
        code = "-".join(in_fours(unseal(sealed.encode()))) if whose == user.pk else ""
        return self._drawn(request, "reset_code", user, code=code)

    def _employee(self, request: HttpRequest, pk: int) -> User:
        if not self.has_change_permission(request) or pk == request.user.pk:  # type: ignore[attr-defined]
            raise Http404  # nobody resets their own
        user: User = get_object_or_404(User, pk=pk, is_staff=True)
        return user

    def _drawn(
        self, request: HttpRequest, template: str, user: User, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        site: Any = self.admin_site  # type: ignore[attr-defined]
        context = {**site.each_context(request), "opts": User._meta, "original": user, **more}
        response = render(request, f"admin/accounts/user/{template}.html", context, status=status)
        response["Cache-Control"] = "no-store"
        return response

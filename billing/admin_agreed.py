"""The page of a change that two people agree on: asked for in a form, then read, approved, refused or stopped."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.proved import ProvedMixin
from billing.actions.agreeing import approve_change, refuse_change
from billing.models import AgreedChange
from meters.admin_base import DeskAdmin
from premises.admin_scope import ACCOUNTANT, ADD, MANAGER, VIEW

APPROVE = "approve"
Compared = tuple[Any, Any, Any]  # the name of a detail, its new value, the old one


class AgreedAdmin(ProvedMixin, DeskAdmin):
    """Who asked for what, who approved it, since when it is in force. A class says how its row is asked for and compared.

    Whoever asks or approves has just proved that it is them: a session that was left open changes nothing.
    """

    may = {MANAGER: {VIEW, ADD, APPROVE}, ACCOUNTANT: {VIEW, ADD, APPROVE}}
    change_form_template = "admin/billing/agreed/decide.html"
    list_filter = ("state", "organization")
    list_select_related = ("organization", "asked_by", "decided_by", "stopped_by")
    sortable_by = ("asked_at",)
    STEPS: ClassVar[tuple[str, ...]] = ("state", "asked_by", "asked_at", "decided_by", "stopped_by", "effective_at")
    NEW: ClassVar[tuple[str, ...]] = ()  # the fields of the form
    SHOWN: ClassVar[tuple[str, ...]] = (
        "organization", "what_changes", "state", "asked_by", "asked_at", "decided_by", "decided_at", "effective_at",
    )  # fmt: skip
    STOPPED: ClassVar[tuple[str, ...]] = ("stopped_by", "stopped_at")
    PRESENT: ClassVar[type[models.Model]]  # the model of the row whose details a form may begin with
    present: ClassVar[str] = ""  # how an address names that row
    COPIED: ClassVar[tuple[str, ...]] = ()  # what of it the form takes over
    advice: ClassVar[Any] = ""  # what to compare before one approves

    def compared(self, change: Any) -> Iterator[Compared]:
        """Every detail, new and old; the old value None where there is nothing to compare with."""
        raise NotImplementedError

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return self.NEW
        return (*self.SHOWN, *self.STOPPED) if obj.state == AgreedChange.State.REFUSED else self.SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The present details, when their change is asked for."""
        initial = super().get_changeform_initial_data(request)
        own = self.scoped(request, self.PRESENT._default_manager.all(), ADD)
        chosen = request.GET.get(self.present, "")
        row = own.filter(pk=chosen).first() if chosen.isascii() and chosen.isdigit() else None
        if row is None:
            return {name: value for name, value in initial.items() if name != self.present}
        words = {name: getattr(row, name) for name in self.COPIED}
        return initial | words | {"organization": row.organization_id, self.present: row.pk}

    @admin.display(description=_("details"))
    def what_changes(self, change: AgreedChange) -> str:
        """The new words, each beside the old one where it differs."""
        rows = []
        for label, new, old in self.compared(change):
            was = gettext("was: %(old)s") % {"old": old or "—"}
            rows.append(f"{label}: {new or '—'}" + (f" ({was})" if old is not None and old != new else ""))
        return "\n".join(rows)

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.own_page(f"<int:pk>/{word}/", view, word)
            for word, view in (("approve", self.approve_view), ("refuse", self.refuse_view))
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row: AgreedChange | None = kwargs.get("obj")
        if row is not None:
            allowed = row.state in AgreedChange.WAITING and self._allowed(request, APPROVE, row)
            is_asked = row.state == AgreedChange.State.ASKED
            context["may_approve"] = allowed and is_asked and row.asked_by_id != request.user.pk
            context["may_refuse"] = allowed
            context["own"] = is_asked and row.asked_by_id == request.user.pk
            context["advice"] = self.advice
        return super().render_change_form(request, context, *args, **kwargs)

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The second person agrees (POST); one who has not confirmed lately does so on the page of the change."""
        row = self._posted(request, pk)
        if not sessions.is_fresh(request, at=timezone.now()):
            return self._back(pk)
        approved = approve_change(row, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, gettext("Approved. The details are in force from %(hour)s.") % {
            "hour": timezone.localtime(approved.effective_at).strftime("%d.%m.%Y %H:%M")
        })  # fmt: skip
        return self._back(pk)

    def refuse_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing changes (POST)."""
        row = self._posted(request, pk)
        refuse_change(row, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, gettext("Refused. The details stay as they were."))
        return self._back(pk)

    def _posted(self, request: HttpRequest, pk: int) -> AgreedChange:
        if request.method != "POST":
            raise Http404
        row: AgreedChange = self.own_row(request, pk, APPROVE)
        return row

    def _back(self, pk: int) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", pk)

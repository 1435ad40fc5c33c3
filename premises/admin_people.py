"""The staff's pages of people: links, requests to link, letters, council seats and owners.

Links change only through our actions, so that each change is told and remembered; nothing here shows a secret of a letter.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.proved import ProvedMixin
from lib.errors import Refusal
from premises import actions
from premises.admin_scope import ALL, CHANGE, LOOK, MANAGER, VIEW, KeyedForm, ScopedAdmin, ScopedInline
from premises.models import (
    AccessLetter,
    AccountLink,
    AccountLinkEvent,
    ConnectCode,
    CouncilSeat,
    LinkRequest,
    Ownership,
    PersonalAccount,
)

Do = Callable[[Any], object]


def apply(request: HttpRequest, rows: QuerySet[Any], do: Do) -> None:
    """Do it to each chosen row; a refusal of one is said and stops none of the others."""
    done = 0
    for row in rows:
        try:
            do(row)
            done += 1
        except Refusal as refusal:
            messages.warning(request, f"{row}: {refusal.message}")
    if done:
        messages.success(
            request, ngettext("%(count)d row is done.", "%(count)d rows are done.", done) % {"count": done}
        )


class ReasonForm(ActionForm):
    """Beside the choice of an action: the reason that is told to the person."""

    reason = forms.CharField(label=_("Reason, told to the person"), required=False, max_length=200)


class DayForm(ActionForm):
    """Beside the choice of an action: the day of the deed."""

    day = forms.DateField(label=_("Day of the deed"), required=False, widget=forms.DateInput({"type": "date"}))


class EventInline(ScopedInline):
    """What happened to the link, line by line."""

    model = AccountLinkEvent
    organization_path = "link__account__organization"
    may = {MANAGER: LOOK}
    fields = readonly_fields = ("at", "what", "grade", "state", "by", "note")
    max_num = 0
    show_change_link = False


@admin.register(AccountLink)
class AccountLinkAdmin(ScopedAdmin):
    """Who is linked to which account. Approve, refuse and end links with the actions of the list."""

    organization_path = "account__organization"
    may = {MANAGER: LOOK}
    list_display = ("account", "unit", "user", "grade", "state", "method", "disputed_at", "created_at")
    list_filter = ("state", "grade", "method", ("disputed_at", admin.EmptyFieldListFilter))
    list_select_related = ("account__unit__house", "user")
    search_fields = ("account__number_search",)
    search_names = ("user__last_name", "user__first_name")
    search_help_text = _("Account number or last name")
    ordering = ("-changed_at", "-pk")
    fields = ("account", "user", "grade", "state", "method", "created_at", "changed_at", "disputed_at", "reason")
    inlines = (EventInline,)
    action_form = ReasonForm
    actions = ("confirm", "confirm_owner", "refuse", "revoke")

    @admin.display(description=_("unit"))
    def unit(self, link: AccountLink) -> str:
        return link.account.place

    @admin.action(description=_("Confirm (papers or dispute checked)"), permissions=["view"])
    def confirm(self, request: HttpRequest, links: QuerySet[AccountLink]) -> None:
        self._approve(request, links, AccountLink.Grade.CONFIRMED)

    @admin.action(description=_("Confirm as owner (title document checked)"), permissions=["view"])
    def confirm_owner(self, request: HttpRequest, links: QuerySet[AccountLink]) -> None:
        self._approve(request, links, AccountLink.Grade.OWNER)

    @admin.action(description=_("Refuse a link that waits (reason needed)"), permissions=["view"])
    def refuse(self, request: HttpRequest, links: QuerySet[AccountLink]) -> None:
        waiting = links.filter(state=AccountLink.State.PENDING)
        self._end(request, waiting, actions.refuse)

    @admin.action(description=_("End the link (reason needed)"), permissions=["view"])
    def revoke(self, request: HttpRequest, links: QuerySet[AccountLink]) -> None:
        self._end(request, links, actions.revoke)

    def _approve(self, request: HttpRequest, links: QuerySet[AccountLink], grade: str) -> None:
        now = timezone.now()
        apply(request, links, lambda link: actions.approve(link, grade=grade, by=request.user, at=now))  # type: ignore[arg-type]

    def _end(self, request: HttpRequest, links: QuerySet[AccountLink], end: Callable[..., object]) -> None:
        reason, now = request.POST.get("reason", "").strip(), timezone.now()
        if not reason:
            messages.error(request, _("Write the reason beside the action: it is told to the person."))
            return
        apply(request, links, lambda link: end(link, reason=reason, by=request.user, at=now))


class AnswerForm(KeyedForm):
    """Link to an account of the house, or refuse with an answer; never both."""

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        account, answer = answers.get("account"), (answers.get("answer") or "").strip()
        if self.errors:
            return answers
        if bool(account) == bool(answer):
            raise forms.ValidationError(_("Choose an account to link, or write an answer to refuse."))
        if account and account.unit.house_id != self.instance.house_id:
            self.add_error("account", _("This account is in another house."))
        return answers


@admin.register(LinkRequest)
class LinkRequestAdmin(ScopedAdmin):
    """«None of the ways fits»: choose the account and save, or write why not and save."""

    organization_path = "house__organization"
    may = {MANAGER: {VIEW, CHANGE}}
    form = AnswerForm
    list_display = ("house", "unit_label", "user", "state", "created_at")
    list_filter = ("state", "house")
    list_select_related = ("house", "user")
    search_fields = ("unit_label", "house__address_search")
    autocomplete_fields = ("account",)
    fields = ("house", "unit_label", "user", "message", "link", "state", "created_at", "account", "answer")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        facts = ("house", "unit_label", "user", "message", "link", "state", "created_at")
        return facts if obj and obj.state == LinkRequest.State.NEW else (*facts, "account", "answer")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == LinkRequest.State.NEW)

    def save_model(self, request: HttpRequest, obj: LinkRequest, form: Any, change: bool) -> None:
        """Answer through our action, so that the person is told."""
        user, now = request.user, timezone.now()
        if obj.account is not None:
            actions.accept_request(obj, obj.account, by=user, at=now)  # type: ignore[arg-type]
        else:
            actions.refuse_request(obj, answer=obj.answer, by=user, at=now)  # type: ignore[arg-type]


@admin.register(AccessLetter)
class AccessLetterAdmin(ScopedAdmin):
    """When letters were issued, by whom and whether they were used; their secrets are on paper only."""

    organization_path = "account__organization"
    may = {MANAGER: LOOK}
    list_display = ("account", "issued_at", "issued_by", "expires_at", "password_used_at", "code_uses", "voided_at")
    list_select_related = ("account", "issued_by")
    search_fields = ("login_search",)
    ordering = ("-issued_at", "-pk")
    fields = ("account", "issued_at", "issued_by", "expires_at", "password_used_at", "code_uses", "voided_at")


@admin.register(ConnectCode)
class ConnectCodeAdmin(ScopedAdmin):
    """When the code on an account's newest bill was issued and how often it was used; the code itself is on paper only."""

    organization_path = "account__organization"
    may = {MANAGER: LOOK}
    list_display = ("account", "month", "issued_at", "expires_at", "code_uses", "voided_at")
    list_select_related = ("account",)
    search_fields = ("account__number_search",)
    ordering = ("-issued_at", "-pk")
    fields = ("account", "month", "issued_at", "expires_at", "code_uses", "voided_at")
    actions = ("end",)

    @admin.action(description=_("End the code: the bill at hand links nobody any more"), permissions=["view"])
    def end(self, request: HttpRequest, codes: QuerySet[ConnectCode]) -> None:
        now = timezone.now()
        apply(request, codes.select_related("account"), lambda code: self._end(request, code, now))

    def _end(self, request: HttpRequest, code: ConnectCode, at: datetime) -> None:
        if actions.end_connect_code(code.account, at=at):
            self.log_change(request, code, _("Ended"))


@admin.register(CouncilSeat)
class CouncilSeatAdmin(ProvedMixin, ScopedAdmin):
    """Terms on house councils, as the meetings' protocols set them."""

    organization_path = "house__organization"
    may = {MANAGER: ALL}
    list_display = ("house", "user", "is_chair", "since", "until", "protocol")
    list_filter = ("is_chair", "house")
    list_select_related = ("house", "user")
    search_fields = ("house__address_search",)
    search_names = ("user__last_name", "user__first_name")
    autocomplete_fields = ("house",)
    fields = ("house", "user", "is_chair", "since", "until", "protocol")


@admin.register(Ownership)
class OwnershipAdmin(ScopedAdmin):
    """Owners and their shares; together at most one per unit."""

    organization_path = "unit__house__organization"
    may = {MANAGER: ALL}
    list_display = ("unit", "owner", "numerator", "denominator", "is_joint", "since", "until")
    list_select_related = ("unit__house",)
    search_fields = ("unit__house__address_search",)
    search_names = ("owner",)
    autocomplete_fields = ("unit",)
    fields = ("unit", "owner", "user", "numerator", "denominator", "is_joint", "document", "since", "until")


@admin.action(description=_("New owner: end links and letters older than the day of the deed"), permissions=["change"])
def close_older_links(modeladmin: ScopedAdmin, request: HttpRequest, accounts: QuerySet[PersonalAccount]) -> None:
    """The flat was sold: everybody who was linked before that day loses access, and older letters are void."""
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        messages.error(request, _("Choose the day of the deed beside the action."))
        return
    now = timezone.now()
    own = modeladmin.scoped(request, accounts, CHANGE)
    apply(request, own, lambda one: actions.close_links_before(one, day, by=request.user, at=now))  # type: ignore[arg-type]

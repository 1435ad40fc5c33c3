"""The tray of payments whose account nobody knows, and the bank statement's documents, in the staff room."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.once import once
from billing.actions.strays import credit_stray, guesses, reopen_stray, return_stray
from billing.models import BankDocument, StrayPayment
from lib.errors import Refusal
from lib.text import account_key, search_key
from meters.admin_base import DeskAdmin
from premises.admin_scope import ACCOUNTANT, LOOK, MANAGER, VIEW, ScopedAdmin
from premises.models import PersonalAccount

DECIDE = "decide"
MOST_FOUND = 20


class WhoseForm(forms.Form):
    """The number of the account whose money it is."""

    account = forms.CharField(label=_("Number of the account"), max_length=40)

    def __init__(self, data: Any, own: QuerySet[PersonalAccount]) -> None:
        super().__init__(data)
        self.own = own

    def clean_account(self) -> PersonalAccount:
        found = self.own.filter(number_search=account_key(self.cleaned_data["account"])).first()
        if found is None:
            raise forms.ValidationError(_("The company has no account with this number."))
        return found


class ReturnForm(forms.Form):
    """Why the money went back."""

    reason = forms.CharField(
        label=_("Why it was returned"), min_length=5, max_length=200,
        help_text=_("For example: the payer asked for it, letter of 12 March."),
    )  # fmt: skip


@admin.register(StrayPayment)
class StrayPaymentAdmin(DeskAdmin):
    """Payments that wait; the page of each asks whose it is."""

    may = {MANAGER: {VIEW, DECIDE}, ACCOUNTANT: {VIEW, DECIDE}}
    list_display = ("number", "paid_on", "amount", "account_text", "payer", "address", "state", "source")
    list_filter = ("state", "kind", "paid_on", "organization")
    list_select_related = ("source",)
    search_fields = ("number", "operation", "account_text", "payer", "address", "purpose")
    search_help_text = _("Number of the payment, account, payer, address or purpose")
    search_names = ("payer", "address", "purpose")
    sortable_by = ("paid_on", "amount")
    fields = (
        "organization", "paid_on", "amount", "kind", "account_text", "payer", "address", "purpose", "period", "number",
        "operation", "channel", "source", "state", "payment", "reason", "decided_by", "decided_at",
    )  # fmt: skip
    SHOWN = fields[1:13]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Whose is it? GET shows what the payer wrote and who fits; POST decides, once."""
        stray: StrayPayment | None = self.get_object(request, object_id)
        if stray is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_view_permission(request, stray):
            raise PermissionDenied
        return once(self._whose)(request, stray)

    def _whose(self, request: HttpRequest, stray: StrayPayment) -> HttpResponse:
        own = PersonalAccount.objects.filter(organization=stray.organization_id)
        may_decide = self._allowed(request, DECIDE, stray)
        verb = request.POST.get("verb", "") if request.method == "POST" else ""
        whose = WhoseForm(request.POST if verb == "credit" else None, own)
        back = ReturnForm(request.POST if verb == "return" else None)
        if verb and not may_decide:
            raise PermissionDenied
        by: Any = request.user
        done, refusal = "", None
        try:
            if verb == "credit" and whose.is_valid():
                account = whose.cleaned_data["account"]
                credit_stray(stray, account, by=by, at=timezone.now())
                done = gettext("The payment is credited to account %(number)s.") % {"number": account.number}
            elif verb == "return" and back.is_valid():
                return_stray(stray, reason=back.cleaned_data["reason"], by=by, at=timezone.now())
                done = gettext("The payment is marked as returned to the payer.")
            elif verb == "reopen":
                reopen_stray(stray, by=by, at=timezone.now())
                done = gettext("The decision is taken back: the payment waits again.")
        except Refusal as no:
            refusal = no
            stray.refresh_from_db()  # somebody may have decided meanwhile
        if done:
            messages.success(request, done)
            return redirect(request.path)
        is_open = stray.state == StrayPayment.State.OPEN
        typed = request.GET.get("q", "").strip()[:100]
        context = {
            "title": str(stray), "original": stray, "rows": self._rows(stray), "may_decide": may_decide, "whose": whose,
            "back": back, "is_open": is_open, "q": typed,
            "guesses": guesses(stray) if is_open and may_decide else [],
            "found": _found(own, typed) if typed and is_open and may_decide else [],
            "may_reopen": may_decide and stray.state in (StrayPayment.State.LINKED, StrayPayment.State.RETURNED),
            "refusal": refusal,
        }  # fmt: skip
        status = refusal.status if refusal else 422 if whose.errors or back.errors else 200
        return self.drawn(request, "straypayment/whose", status=status, **context)

    def _rows(self, stray: StrayPayment) -> list[tuple[str, Any]]:
        """What the source wrote, in words, without what it left out."""
        found = []
        for name in self.SHOWN:
            field: Any = StrayPayment._meta.get_field(name)
            value = getattr(stray, f"get_{name}_display", lambda name=name: getattr(stray, name))()
            if name == "period" and value:
                value = f"{value:%m.%Y}"
            if value not in ("", None):
                found.append((field.verbose_name, value))
        return found


def _found(own: QuerySet[PersonalAccount], typed: str) -> list[PersonalAccount]:
    """Accounts that have every typed word in the number, the address, the flat or the holder's name."""
    for word in search_key(typed).split():
        own = own.filter(
            Q(number_search__contains=account_key(word)) | Q(unit__house__address_search__contains=word)
            | Q(unit__label_search=word) | Q(holder__icontains=word)
        )  # fmt: skip
    return list(own.select_related("unit__house").order_by("number_search")[:MOST_FOUND])


@admin.register(BankDocument)
class BankDocumentAdmin(ScopedAdmin):
    """The bank statement, line by line, and the register that each transfer equals."""

    may = {MANAGER: LOOK, ACCOUNTANT: LOOK}
    list_display = ("number", "on", "amount", "purpose", "now", "register", "organization")
    list_filter = ("state", "on", "organization")
    list_select_related = ("register", "organization")
    search_fields = ("number", "purpose", "payer_account")
    sortable_by = ("on", "amount")
    fields = (
        "organization", "number", "on", "amount", "payer_account", "payee_account", "purpose", "now", "register",
        "source",
    )  # fmt: skip
    readonly_fields = ("now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankDocument]:
        rows: Any = super().get_queryset(request)
        return cast(QuerySet[BankDocument], rows.with_strays())

    @admin.display(description=_("state"), ordering="state")
    def now(self, document: Any) -> str:
        """A single payment of nobody is not credited while it waits in the tray, nor when it went back."""
        if document.state != BankDocument.State.CREDITED or document.stray_state in (None, StrayPayment.State.LINKED):
            return str(document.get_state_display())
        return str(StrayPayment.State(document.stray_state).label)

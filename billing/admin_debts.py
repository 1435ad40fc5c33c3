"""The account of a debtor in the staff room: the act of reconciliation, and which payment covers which document."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.confirm import confirm_first
from billing import freezing
from billing.act_pdf import draw_act
from billing.actions.exporting import note_export
from billing.admin_collecting import ReasonForm
from billing.debts import debt_of
from billing.reconciling import act, covers, table_head, table_rows
from billing.statement_pdf import age_lines
from billing.views.statement import months_asked
from lib.tables import download
from meters.admin_base import EXPORT, DeskAdmin
from premises.admin_scope import VIEW, is_chief
from premises.models import PersonalAccount


class ActForm(ReasonForm):
    """Why somebody's act of reconciliation is taken along, and as which file."""

    file = forms.ChoiceField(label=_("File"), choices=[("pdf", "PDF"), ("xlsx", "XLSX")])


class ReconcilingMixin(DeskAdmin):
    """One account: its papers, its money, and what is left unpaid."""

    def reconciling_pages(self) -> list[URLPattern]:
        return [self.own_page("account/<int:pk>/", self.account_view, "account")]

    def account_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The act of chosen months on the page; POST takes it along as PDF or XLSX, with a reason, after a confirmation."""
        self.allowed_or_404(request, VIEW)
        accounts = self.scoped(request, PersonalAccount.objects.select_related("unit__house", "organization"), VIEW)
        account: PersonalAccount | None = accounts.filter(pk=pk).first()
        if account is None:
            raise Http404
        picker = months_asked(request.GET, account)
        found = act(account, picker.span.first, picker.span.last)
        may_take = is_chief(request) or account.organization_id in self.organizations(request, EXPORT)
        ask = self.confirm_first(request) if may_take else ""
        if request.method == "POST" and ask:
            return confirm_first(request, request.get_full_path())
        now = timezone.now()
        today, form = account.organization.day(now), ActForm()
        if request.method == "POST" and may_take:
            form = ActForm(request.POST)
            if form.is_valid():
                kind, span = form.cleaned_data["file"], f"{picker.span.first:%Y-%m} {picker.span.last:%Y-%m}"
                note_export(
                    account.organization, "act", rows=len(found.lines), reason=form.cleaned_data["reason"],
                    query=f"{account.number} {span} {kind}", by=request.user, at=now,  # type: ignore[arg-type]
                )  # fmt: skip
                name = f"reconciliation-{span.replace(' ', '-')}"
                if kind == "xlsx":
                    return download("xlsx", name, table_head(), table_rows(found))
                return _pdf(draw_act(account, found, today=today), name)
        debt = debt_of(account, today)
        context: dict[str, Any] = {
            "title": gettext("Account %(number)s: documents and payments") % {"number": account.number},
            "account": account, "address": freezing.address(account.unit), "currency": account.organization.currency, "act": found, "picker": picker,
            "debt": debt, "ages": age_lines(debt), "may_take": may_take, "ask": ask, "reason": form,
            "sections": [(section, list(covers(section))) for section in found.sections],
        }  # fmt: skip
        return self.drawn(request, "ledgerentry/account", status=422 if form.errors else 200, **context)


def _pdf(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["Cache-Control"] = "no-store"
    return response

"""How the company collects its money, in the staff room: months, houses, debtors by age, and what does not fit."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.confirm import confirm_first
from billing.actions.exporting import note_export
from billing.collecting import BOUNDS, Rows, age_names, debtors, months_of, older_than, totals
from billing.models import BankDocument, BillingRun, Export, PaymentIntent, ProviderEvent, StrayPayment
from lib.tables import Row, download
from lib.text import account_key
from meters.admin_base import EXPORT, DeskAdmin
from premises.admin_scope import LOOK, MANAGER, VIEW, ScopedAdmin, is_chief
from premises.models import House, Organization

MONTHS_SHOWN = 13
PER_PAGE = 50
AGES = (
    _("not payable yet"), _("up to 30 days"), _("31–90 days"), _("91–180 days"), _("181–365 days"), _("over a year"),
)  # fmt: skip


class ChoiceForm(forms.Form):
    """Which company; asked only of those who work for several."""

    organization = forms.ModelChoiceField(Organization.objects.none(), label=_("Company"), empty_label=None)

    def __init__(self, data: QueryDict, companies: QuerySet[Organization]) -> None:
        super().__init__(data if "organization" in data else {"organization": companies.first()})
        self.fields["organization"].queryset = companies  # type: ignore[attr-defined]
        if len(companies) == 1:
            self.fields["organization"].widget = forms.HiddenInput()


class DebtorsForm(ChoiceForm):
    """Which debtors: of a house, by how long they owe, or one account."""

    house = forms.ModelChoiceField(House.objects.none(), label=_("House"), required=False, empty_label=_("all houses"))
    over = forms.TypedChoiceField(
        label=_("Owes for more than"), required=False, coerce=int, empty_value=None,
        choices=lambda: [("", _("any time")), ("0", _("overdue")), *[(str(days), _("%s days") % days) for days in BOUNDS]],
    )  # fmt: skip
    q = forms.CharField(label=_("Account or flat"), required=False, max_length=40)

    def __init__(self, data: QueryDict, companies: QuerySet[Organization], houses: QuerySet[House]) -> None:
        super().__init__(data, companies)
        self.fields["house"].queryset = houses  # type: ignore[attr-defined]

    def of(self, organization: Organization, today: date) -> Rows:
        """The debtors that are wanted."""
        rows = debtors(organization, today=today)
        wanted = self.cleaned_data
        if wanted.get("house"):
            rows = rows.filter(account__unit__house=wanted["house"])
        if wanted.get("over") is not None:
            rows = older_than(rows, wanted["over"])
        if words := wanted.get("q"):
            rows = rows.filter(
                Q(account__number_search__startswith=account_key(words)) | Q(label__iexact=words.strip())
            )
        return rows


class ReasonForm(forms.Form):
    """Why a file with people's debts is taken."""

    reason = forms.CharField(
        label=pgettext_lazy("of a file", "What for"),
        max_length=200,
        min_length=5,
        help_text=_("It is kept with your name and the number of rows."),
    )
    file = forms.ChoiceField(label=_("File"), choices=[("xlsx", "XLSX"), ("csv", "CSV")])


class CollectingMixin(DeskAdmin):
    """Pages over the whole book of a company."""

    def collecting_pages(self) -> list[URLPattern]:
        return [
            self.own_page("collections/", self.collections_view, "collections"),
            self.own_page("debtors/", self.debtors_view, "debtors"),
            self.own_page("mismatches/", self.mismatches_view, "mismatches"),
        ]

    def _companies(self, request: HttpRequest, right: str = VIEW) -> QuerySet[Organization]:
        return self.scoped(request, Organization.objects.filter(accounts__isnull=False).distinct(), right)

    def collections_view(self, request: HttpRequest) -> HttpResponse:
        """What was charged and paid by months, what is owed by age and by house, how the months are closed."""
        self.allowed_or_404(request, VIEW)
        form = ChoiceForm(request.GET, self._companies(request))
        context: dict[str, Any] = {"title": _("Collections"), "form": form}
        if not form.is_valid():
            return self.drawn(request, "ledgerentry/collections", status=422 if form.data else 200, **context)
        company: Organization = form.cleaned_data["organization"]
        today = company.day(timezone.now())
        owing = debtors(company, today=today)
        context |= {
            "company": company,
            "months": months_of(company, since=_months_before(today, MONTHS_SHOWN - 1)),
            "ages": _aged(totals(owing)),
            "count": owing.count(),
            "houses": houses_of(company, today),
            "runs": BillingRun.objects.filter(organization=company).order_by("-period", "-pk")[:6],
        }
        return self.drawn(request, "ledgerentry/collections", **context)

    def debtors_view(self, request: HttpRequest) -> HttpResponse:
        """Debtors by age, page by page; POST takes them along as a file, with a reason, after a confirmation."""
        self.allowed_or_404(request, VIEW)
        companies = self._companies(request)
        form = DebtorsForm(request.GET, companies, House.objects.filter(organization__in=companies))
        context: dict[str, Any] = {"title": _("Debtors"), "form": form, "reason": ReasonForm()}
        if not form.is_valid():
            return self.drawn(request, "ledgerentry/debtors", status=422, **context)
        company: Organization = form.cleaned_data["organization"]
        rows = form.of(company, company.day(timezone.now()))
        may_take = is_chief(request) or company.pk in self.organizations(request, EXPORT)
        ask = self.confirm_first(request) if may_take else ""
        if request.method == "POST" and ask:
            return confirm_first(request, request.get_full_path())
        if request.method == "POST" and may_take:
            context["reason"] = ReasonForm(request.POST)
            if context["reason"].is_valid():
                return self._take(request, company, rows, context["reason"].cleaned_data)
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        addresses = House.objects.in_bulk({row["house"] for row in page})
        context |= {
            "company": company, "page": page, "ages": _aged(totals(rows)), "may_take": may_take, "ask": ask,
            "rows": [_shown(row, addresses[row["house"]].address) for row in page], "age_words": AGES,
            "query": _query_without(request.GET, "p"),
        }  # fmt: skip
        return self.drawn(request, "ledgerentry/debtors", status=422 if context["reason"].errors else 200, **context)

    def _take(self, request: HttpRequest, company: Organization, rows: Any, wanted: dict[str, str]) -> HttpResponse:
        """The list as a file that says whose copy it is."""
        at = timezone.now()
        note_export(
            company, "debtors", rows=rows.count(), reason=wanted["reason"], query=request.GET.urlencode(),
            by=request.user, at=at,  # type: ignore[arg-type]
        )  # fmt: skip
        houses = {house.pk: house.address for house in House.objects.filter(organization=company)}
        name = f"debtors-{company.day(at):%Y-%m-%d}"
        kind: Any = wanted["file"]
        return download(kind, name, self._header(), self._cells(rows, houses, request, at))

    def _header(self) -> Row:
        return (gettext("Account"), gettext("House"), gettext("Flat"), gettext("Debt"), *map(str, AGES))

    def _cells(self, rows: Any, houses: dict[int, str], request: HttpRequest, at: Any) -> Iterator[Row]:
        for row in rows.iterator():
            yield (
                row["number"],
                houses[row["house"]],
                row["label"],
                row["balance"],
                *(row[name] for name in age_names()),
            )
        whose = request.user.get_full_name()  # type: ignore[union-attr]
        yield (
            gettext("Copy of %(who)s, %(hour)s") % {"who": whose, "hour": f"{timezone.localtime(at):%d.%m.%Y %H:%M}"},
        )

    def mismatches_view(self, request: HttpRequest) -> HttpResponse:
        """What does not fit: money of nobody, transfers without a register, payments the bank states otherwise."""
        self.allowed_or_404(request, VIEW)
        form = ChoiceForm(request.GET, self._companies(request))
        context: dict[str, Any] = {"title": _("What does not fit"), "form": form}
        if form.is_valid():
            company: Organization = form.cleaned_data["organization"]
            own = {"organization": company}
            silent = timezone.now() - timedelta(hours=1)
            context |= {
                "company": company,
                "strays": StrayPayment.objects.filter(**own, state=StrayPayment.State.OPEN)[:PER_PAGE],
                "transfers": BankDocument.objects.filter(**own, state=BankDocument.State.OPEN)[:PER_PAGE],
                "intents": PaymentIntent.objects.filter(**own).filter(
                    Q(state=PaymentIntent.State.MISMATCH)
                    | Q(state=PaymentIntent.State.SENT, created_at__lt=silent)
                ).select_related("account")[:PER_PAGE],
                "events": ProviderEvent.objects.exclude(
                    outcome=ProviderEvent.Outcome.DONE
                ).count() if is_chief(request) else 0,
            }  # fmt: skip
        return self.drawn(request, "ledgerentry/mismatches", **context)


def houses_of(company: Organization, today: date) -> list[dict[str, Any]]:
    """Every house with what is owed in it and by how many accounts, the largest debt first, in two queries."""
    owing = debtors(company, today=today)
    late = older_than(debtors(company, today=today), 90)
    found: dict[Any, dict[str, Any]] = {}
    for row in owing.values_list("house", "balance"):
        house = found.setdefault(row[0], {"debt": Decimal(0), "debtors": 0, "late": 0})
        house["debt"] += row[1]
        house["debtors"] += 1
    for (house_id,) in late.values_list("house"):
        found[house_id]["late"] += 1
    houses = House.objects.filter(organization=company)
    rows = [{"house": house} | found[house.pk] for house in houses if house.pk in found]
    return sorted(rows, key=lambda row: -row["debt"])


def _aged(sums: dict[str, Decimal]) -> list[tuple[Any, Decimal]]:
    return [(_("in all"), sums["balance"]), *zip(AGES, (sums[name] for name in age_names()), strict=True)]


def _shown(row: dict[str, Any], address: str) -> dict[str, Any]:
    """A debtor as the page lists it: the place, and each age beside its words."""
    ages = zip(AGES, (row[name] for name in age_names()), strict=True)
    return {"account": row["account"], "number": row["number"], "balance": row["balance"],
            "place": f"{address}, {row['label']}", "ages": list(ages)}  # fmt: skip


def _months_before(day: date, count: int) -> date:
    year, place = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, place + 1, 1)


def _query_without(query: QueryDict, name: str) -> str:
    kept = query.copy()
    kept.pop(name, None)
    return f"&{kept.urlencode()}" if kept else ""


@admin.register(Export)
class ExportAdmin(ScopedAdmin):
    """Who took which file, and why."""

    may = {MANAGER: LOOK}
    list_display = ("what", "rows", "reason", "by", "at", "organization")
    list_filter = ("what", "organization")
    list_select_related = ("by", "organization")
    search_fields = ("reason",)
    sortable_by = ("at", "rows")
    fields = ("organization", "what", "query", "rows", "reason", "by", "at")

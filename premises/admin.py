"""The staff's pages of organizations, houses, units and personal accounts."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.proved import EndsSessionsMixin, ProvedMixin
from lib.text import account_key, folded, search_key
from premises.actions.staff import change_job, dismiss, employ
from premises.admin_forms import AccountForm, JobForm, OrganizationForm
from premises.admin_imports import ImportRunAdmin
from premises.admin_people import DayForm, close_older_links
from premises.admin_proofs import OwnerProofAdmin
from premises.admin_scope import (
    ACCOUNTANT,
    ADD,
    ALL,
    CHANGE,
    DISPATCHER,
    EDIT,
    LOOK,
    MANAGER,
    VIEW,
    ScopedAdmin,
    ScopedInline,
    is_chief,
)
from premises.models import House, Organization, PersonalAccount, StaffMember, Unit

__all__ = [
    "HouseAdmin",
    "ImportRunAdmin",
    "OrganizationAdmin",
    "OwnerProofAdmin",
    "PersonalAccountAdmin",
    "StaffMemberAdmin",
    "UnitAdmin",
]

PAPERS = ("kind", "country", "name", "short_name", "tax_id", "kpp", "time_zone")


@admin.register(Organization)
class OrganizationAdmin(ProvedMixin, ScopedAdmin):
    """A company; its manager keeps phones, hours and the linking policy, the superuser the rest."""

    organization_path = "pk"
    form = OrganizationForm
    may = {MANAGER: {VIEW, CHANGE}, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    chief_may = (ADD,)
    list_display = ("short_name", "kind", "country", "phone", "dispatch_phone")
    search_fields = ("short_name", "name", "tax_id")
    fields = (*PAPERS, "address", "phone", "dispatch_phone", "email", "site", "hours", "link_policy", "owner_policy")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if is_chief(request) else PAPERS


@admin.register(StaffMember)
class StaffMemberAdmin(EndsSessionsMixin, ScopedAdmin):
    """Who works where. Only the superuser hires; a manager sees the colleagues and may let one go, never themselves."""

    may = {MANAGER: {VIEW, CHANGE}}
    chief_may = (ADD,)
    list_display = ("user", "organization", "role", "is_active")
    list_filter = ("role", "is_active", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__last_name", "user__first_name")
    search_names = ("user__last_name", "user__first_name")
    fields = ("user", "organization", "role", "is_active")
    form = JobForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A job is one person's for good; what ended only the superuser begins again; one's own others change."""
        job = ("user", "organization", "role")
        if obj is None:
            return ()
        if obj.user_id == request.user.pk:
            return (*job, "is_active")
        if is_chief(request):
            return ("user",) if obj.is_active else job
        return job if obj.is_active else (*job, "is_active")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return self.fields[:-1]
        is_form = self.has_change_permission(request, obj) and obj.user_id != request.user.pk
        return (*self.fields, "seen") if is_form else self.fields

    def save_model(self, request: HttpRequest, obj: StaffMember, form: Any, change: bool) -> None:
        """Through our actions: they lock, guard, end the sessions and tell."""
        by, now = cast(User, request.user), timezone.now()
        if not change:
            obj.pk = employ(obj.user, obj.organization, obj.role, by=by, at=now).pk
        elif not obj.is_active:
            dismiss(obj, by=by, at=now)
        elif form.changed_data:
            change_job(obj, role=obj.role, organization=obj.organization, by=by, at=now)


class UnitInline(ScopedInline):
    """The flats of a house, to look through; each opens on its own page."""

    model = Unit
    organization_path = "house__organization"
    may = {MANAGER: LOOK, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    fields = ("label", "kind", "entrance", "floor", "area_total")
    ordering = ("entrance", "floor", "pk")
    max_num = 0


@admin.register(House)
class HouseAdmin(ScopedAdmin):
    """A house. The search takes any part of the address in any order."""

    may = {MANAGER: ALL, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    list_display = ("address", "organization", "entrances", "floors", "dispatch_phone", "letters")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("address_search",)
    search_help_text = _("City, street, house: any part, in any order")
    fields = (
        "organization", "city", "street", "number", "entrances", "floors", "year_built", "area_total", "area_common",
        "dispatch_phone", "letters",
    )  # fmt: skip

    @admin.display(description=_("access letters"))
    def letters(self, house: House) -> str:
        """The button that leads to printing letters; the page itself asks for the right."""
        if not house.pk:
            return ""
        url = reverse("council_letters", args=[house.public_id])
        return format_html('<a class="button" href="{}">{}</a>', url, _("Print letters"))

    @admin.display(description=_("address"), ordering="address_search")
    def address(self, house: House) -> str:
        return house.address

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization", "letters") if obj else ("letters",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet[Any], bool]:
        return queryset.matching(search_term), False


@admin.register(Unit)
class UnitAdmin(ScopedAdmin):
    """A flat, a shop or a parking place."""

    organization_path = "house__organization"
    may = {MANAGER: ALL, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    list_display = ("label", "house", "kind", "entrance", "floor", "area_total")
    list_filter = ("kind", "house")
    list_select_related = ("house",)
    search_fields = ("label_search", "house__address_search")
    search_help_text = _("Flat and any part of the address")
    ordering = ("house", "entrance", "floor", "pk")
    autocomplete_fields = ("house",)
    fields = (
        "house", "kind", "label", "entrance", "floor", "rooms", "area_total", "area_living", "area_heated",
        "contact_phone", "intercom",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("house",) if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in search_key(search_term).split():
            queryset = queryset.filter(Q(label_search=word) | Q(house__address_search__contains=word))
        return queryset, False


@admin.register(PersonalAccount)
class PersonalAccountAdmin(ScopedAdmin):
    """The account of a unit. Number and unit are written once; the register of the company keeps the rest."""

    form = AccountForm
    may = {MANAGER: EDIT, ACCOUNTANT: LOOK, DISPATCHER: LOOK}
    list_display = ("number", "holder", "unit", "opened_on", "closed_on")
    list_filter = ("unit__house",)
    list_select_related = ("unit__house",)
    search_fields = ("number_search", "holder", "unit__house__address_search")
    search_help_text = _("Number, name of the holder or address")
    autocomplete_fields = ("unit",)
    ordering = ("number_search", "pk")
    action_form = DayForm
    actions = (close_older_links,)
    fields = (
        "organization", "number", "unit", "els", "zhku", "holder", "residents", "registered", "contact_phone",
        "contact_email", "opened_on", "closed_on",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization", "number", "unit") if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        queryset = queryset.alias(holder_folded=folded("holder"))
        for word in search_key(search_term).split():
            queryset = queryset.filter(
                Q(number_search__startswith=account_key(word))
                | Q(holder_folded__contains=word)
                | Q(unit__house__address_search__contains=word)
                | Q(unit__label_search=word)
            )
        return queryset, False

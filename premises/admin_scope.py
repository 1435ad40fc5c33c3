"""The staff's admin sees one company: the base class of every admin class whose rows belong to an organization.

A class says how a row reaches its organization (`organization_path`) and what each job may do with it (`may`). Everything
else follows: lists, search, filters, forms, autocomplete, actions, history, inlines, deletion. There are no per-user
Django permissions; a superuser may on every company's rows what some job may. See docs/permissions.md.

raw_id_fields and list_editable are not used: the first shows the name of any row, the second asks no right per row.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from lib.money import trimmed
from lib.text import folded, search_key
from premises.models import Organization, StaffMember

MANAGER, ACCOUNTANT, DISPATCHER = StaffMember.Role.MANAGER, StaffMember.Role.ACCOUNTANT, StaffMember.Role.DISPATCHER
VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"
LOOK = frozenset({VIEW})
EDIT = frozenset({VIEW, ADD, CHANGE})
ALL = EDIT | {DELETE}
Rights = Mapping[str, Collection[str]]


def jobs_of(request: HttpRequest) -> list[tuple[int, str]]:
    """The (organization id, role) pairs of this employee's jobs, asked once per request."""
    known: list[tuple[int, str]] | None = getattr(request, "_jobs", None)
    if known is None:
        known = list(
            StaffMember.objects.filter(user=request.user.pk or 0, is_active=True).values_list("organization_id", "role")
        )
        request._jobs = known  # type: ignore[attr-defined]
    return known


def is_chief(request: HttpRequest) -> bool:
    """Whether this is the superuser, who sees every organization."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


class Scope:
    """Keeps an admin class or an inline inside the employee's organizations."""

    organization_path: ClassVar[str] = "organization"
    may: ClassVar[Rights] = {}
    chief_may: ClassVar[Collection[str]] = ()  # what only the superuser may

    def organizations(self, request: HttpRequest, *rights: str) -> set[int]:
        """The ids of the organizations where this employee's job has all these rights on this model."""
        return {pk for pk, role in jobs_of(request) if set(rights) <= set(self.may.get(role, ()))}

    def scoped(self, request: HttpRequest, queryset: QuerySet[Any], *rights: str) -> QuerySet[Any]:
        """The rows of another model that belong to the organizations where this employee has these rights here."""
        if is_chief(request):
            return queryset
        ids = self.organizations(request, *rights)
        if queryset.model is User:
            staff = Q(jobs__organization__in=ids, jobs__is_active=True)
            residents = Q(links__account__organization__in=ids)
            return queryset.filter(pk__in=User.objects.filter(staff | residents).values("pk"))
        path = organization_path_of(self.admin_site, queryset.model)  # type: ignore[attr-defined]
        return queryset.filter(**{f"{path}__in": ids}) if path else queryset.none()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        if is_chief(request):
            return rows
        return rows.filter(**{f"{self.organization_path}__in": self.organizations(request, VIEW)})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def _choices(self, db_field: Any, request: HttpRequest, given: QuerySet[Any] | None) -> QuerySet[Any]:
        """What may be chosen: rows of the organizations in which this employee may write this model."""
        queryset = db_field.remote_field.model._default_manager.all() if given is None else given
        if is_chief(request):
            return queryset
        writable = ADD if self.organizations(request, ADD) else CHANGE
        return self.scoped(request, queryset, writable)

    def _allowed(self, request: HttpRequest, right: str, row: models.Model | None) -> bool:
        """Whether the job allows this: on this row, or without a row on any."""
        if not (request.user.is_active and getattr(request.user, "is_staff", False)):
            return False
        if is_chief(request):  # every company's rows, but no more than somebody's job: what actions write has no form
            return right in {VIEW, *self.chief_may, *(one for rights in self.may.values() for one in rights)}
        ids = self.organizations(request, right)
        return bool(ids) if row is None else organization_of(row, self.organization_path) in ids


class KeyedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that also checks the constraints over search keys, which are not on the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self.initial.items():
            if isinstance(value, Decimal):  # «2828,91», as it was typed, and not «2828,910000»
                self.initial[name] = trimmed(value)

    def validate_constraints(self) -> None:
        """Only for values that make sense: the database cannot even compare days that end before they begin."""
        if not self.errors:
            super().validate_constraints()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as broken:
            self._update_errors(broken)  # type: ignore[attr-defined]


class ScopedAdmin(Scope, admin.ModelAdmin):  # type: ignore[type-arg]
    """The base of every admin class whose rows belong to an organization."""

    form = KeyedForm
    show_full_result_count = False
    list_per_page = 50
    view_on_site = False
    search_names: ClassVar[tuple[str, ...]] = ()  # columns with names of people: found in any case, ё as е

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word is in one of the search fields or names."""
        if not self.search_names:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
            return found
        queryset = queryset.alias(**{f"folded_{name}": folded(name) for name in self.search_names})
        for word in search_key(search_term).split():
            fits = Q()
            for name in self.search_names:
                fits |= Q(**{f"folded_{name}__contains": word})
            for field in self.get_search_fields(request):
                fits |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(fits)
        return queryset, False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, VIEW, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._allowed(request, ADD, None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, CHANGE, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, DELETE, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) or self.has_add_permission(request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """The filters of the class; those over a relation list only own rows."""
        return [self._own_rows_only(one) for one in super().get_list_filter(request)]

    def _own_rows_only(self, list_filter: Any) -> Any:
        if not isinstance(list_filter, str):
            return list_filter
        try:
            field = get_fields_from_path(self.model, list_filter)[-1]
        except FieldDoesNotExist:
            return list_filter
        return (list_filter, OwnRowsFilter) if field.remote_field else list_filter

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """What changed, for the History. It is translated when it is read, so fields go by the names that have translations:
        the stock one writes the labels of the form, which begin with a capital."""
        message: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)
        models_here = [self.model, *(formset.model for formset in formsets or ())]
        with override(None):
            known = [str(field.verbose_name) for model in models_here for field in model._meta.fields]
        names = {capfirst(name): name for name in known}
        for part in message:
            if fields := part.get("changed", {}).get("fields"):
                part["changed"]["fields"] = [names.get(one, one) for one in fields]
        return message

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """An employee of one company does not choose it."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        ids = self.organizations(request, ADD)
        if len(ids) == 1 and self.organization_path == "organization":
            initial.setdefault("organization", next(iter(ids)))
        return initial

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """What would be deleted, without the names of rows that may belong to another company."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if is_chief(request):
            return deleted, counts, set(lacking), list(protected)
        names = [str(row) for row in objs]
        return names, counts, set(lacking), [_("other records refer to it")] if protected else []


class ScopedInline(Scope, admin.TabularInline):  # type: ignore[type-arg]
    """The base of inlines. Its rights are those of the job on the inline's own model; `obj` is the parent row."""

    extra = 0
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, VIEW, None)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, ADD, None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, CHANGE, None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, DELETE, None)


class OwnRowsFilter(admin.RelatedFieldListFilter):
    """A filter over a relation whose choices are the employee's own rows; the stock one lists every company's."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = field.remote_field.model._default_manager.all()
        return [(row.pk, str(row)) for row in model_admin.scoped(request, rows, VIEW)[:500]]


def organization_path_of(site: admin.AdminSite, model: type[models.Model]) -> str | None:
    """How rows of this model reach their organization, as its admin class says; None where nobody said."""
    if model is Organization:
        return "pk"
    return getattr(site._registry.get(model), "organization_path", None)


def organization_of(row: models.Model, path: str) -> int | None:
    """Follow the path from a row to the id of its organization."""
    value: Any = row
    *steps, last = path.split("__")
    for step in steps:
        value = getattr(value, step, None)
        if value is None:
            return None
    return getattr(value, last if last == "pk" else f"{last}_id", None)

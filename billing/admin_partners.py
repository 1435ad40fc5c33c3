"""Partners' sites in the staff room: put in order and removed by one, added and worded by two."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.proved import ProvedMixin
from billing.actions.agreeing import ask
from billing.admin_agreed import AgreedAdmin, Compared
from billing.models import PartnerChange, PartnerLink
from premises.admin_scope import ACCOUNTANT, CHANGE, DELETE, LOOK, MANAGER, VIEW, KeyedForm, ScopedAdmin


@admin.register(PartnerLink)
class PartnerLinkAdmin(ProvedMixin, ScopedAdmin):
    """Partners' sites where the company's bills can be paid, too. A manager orders and removes them."""

    may = {MANAGER: {VIEW, CHANGE, DELETE}, ACCOUNTANT: LOOK}
    list_display = ("title", "organization", "url", "position")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("title", "url")
    sortable_by = ("title", "position")
    fields = ("organization", "title", "url", "note", "position", "change_it")
    readonly_fields = ("organization", "title", "url", "note", "change_it")

    @admin.display(description=_("change"))
    def change_it(self, row: PartnerLink) -> str:
        page = reverse("admin:billing_partnerchange_add")
        return format_html(
            '<a href="{}?link={}">{}</a>', page, row.pk, gettext("Ask for another address or other words")
        )


class PartnerForm(KeyedForm):
    """A new site, or other words of one of the company's."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        link, company = values.get("link"), values.get("organization")
        if link and company and link.organization_id != company.pk:
            self.add_error("link", _("This site belongs to another company."))
        return values


@admin.register(PartnerChange)
class PartnerChangeAdmin(AgreedAdmin):
    """Who asked to send residents where, who approved it, since when it is in force."""

    form = PartnerForm
    list_display = ("organization", "title", "url", *AgreedAdmin.STEPS)
    autocomplete_fields = ("link",)
    NEW = ("organization", "link", *PartnerChange.WORDS)
    PRESENT = PartnerLink
    present = "link"
    COPIED = PartnerChange.WORDS
    advice = _("Open the address and look whose site it is before you approve it.")

    def compared(self, change: PartnerChange) -> Iterator[Compared]:
        for name in PartnerChange.WORDS:
            label = PartnerLink._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            yield label, getattr(change, name), getattr(change.link, name, None)

    def save_model(self, request: HttpRequest, obj: PartnerChange, form: Any, change: bool) -> None:
        ask(obj, by=cast(User, request.user), at=timezone.now())

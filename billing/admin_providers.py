"""Where a company's online payments go, in the staff room: looked at and switched off by one, changed by two."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.confirm import confirmed_recently
from accounts.models import User
from accounts.proved import ProvedMixin
from billing.actions.shops import InUseAlready, ask_shop, change_terms, is_in_use, kept_secret
from billing.admin_agreed import AgreedAdmin, Compared
from billing.models import ProviderAccount, ProviderChange
from billing.providers import is_known
from lib.money import format_number
from meters.admin_base import DeskAdmin
from premises.admin_scope import ACCOUNTANT, CHANGE, LOOK, MANAGER, VIEW, KeyedForm


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ProvedMixin, DeskAdmin):
    """Where the company's payments go. A manager changes fees and cheques, may switch it off; another shop needs two people."""

    may = {MANAGER: {VIEW, CHANGE}, ACCOUNTANT: LOOK}
    list_display = ("organization", "provider", "shop_id", "wallet_fee", "card_fee", "is_active")
    list_filter = ("provider", "is_active", "organization")
    list_select_related = ("organization",)
    search_fields = ("shop_id",)
    sortable_by = ("organization",)
    fields = ("organization", "provider", "shop_id", "wallet_fee", "card_fee")
    readonly_fields = ("organization", "provider", "shop_id", "is_active", "change_it", "switch_it_off")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Of cheques only where the provider takes what they need; switched off is only what is in use, by those who may."""
        is_yookassa = obj is not None and obj.provider == ProviderAccount.Provider.YOOKASSA
        cheques = ProviderAccount.CHEQUES if is_yookassa else ()
        may_stop = obj is not None and obj.is_active and self.has_change_permission(request, obj)
        return (*self.fields, *cheques, "is_active", "change_it", *(("switch_it_off",) if may_stop else ()))

    def get_urls(self) -> list[URLPattern]:
        return [self.own_page("<int:pk>/stop/", self.stop_view, "stop"), *super().get_urls()]

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more (GET); switch the shop off (POST). It comes back as any other shop does: by two people, a day later."""
        row: ProviderAccount = self.own_row(request, pk, CHANGE)
        return confirmed_recently(self._stop)(request, row)

    def _stop(self, request: HttpRequest, row: ProviderAccount) -> HttpResponse:
        here = reverse("admin:billing_provideraccount_change", args=[row.pk])
        if not row.is_active:
            return redirect(here)
        if request.method != "POST":
            return self.drawn(request, "online/stop", row=row, title=_("Take no more online payments"))
        row.is_active = False
        change_terms(row, ["is_active"])
        self.log_change(request, row, [{"changed": {"fields": ["in use"]}}])  # translated when it is read
        messages.success(
            request, gettext("Switched off. Nobody can pay online here until two people take it up again.")
        )
        return redirect(here)

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        """Only what was typed: a row that was switched off meanwhile stays off."""
        change_terms(obj, form.changed_data)

    @admin.display(description=_("change"))
    def change_it(self, row: ProviderAccount) -> str:
        page = reverse("admin:billing_providerchange_add")
        words = (
            gettext("Ask for another shop or secret key") if row.is_active else gettext("Ask to use this shop again")
        )
        return format_html('<a href="{}?account={}">{}</a>', page, row.pk, words)

    @admin.display(description=_("switch off"))
    def switch_it_off(self, row: ProviderAccount) -> str:
        page = reverse("admin:billing_provideraccount_stop", args=[row.pk])
        return format_html('<a href="{}">{}</a>', page, gettext("Take no more online payments"))


class ProviderForm(KeyedForm):
    """Where payments should go. The secret is typed, sealed, and never shown again."""

    new_secret = forms.CharField(
        label=_("Secret key"), required=False, max_length=200, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is kept sealed and never shown. Leave it empty to keep the present one."),
    )  # fmt: skip

    class Meta:
        model = ProviderChange
        fields = ("organization", *ProviderChange.WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("provider"):
            choices = [one for one in ProviderAccount.Provider.choices if is_known(one[0])]
            cast(forms.ChoiceField, field).choices = choices

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not {"organization", "provider"} <= values.keys():
            return values
        wanted = ProviderChange(**{name: values.get(name, "") for name in ("organization", "provider", "shop_id")})
        typed, is_real = values.get("new_secret"), wanted.provider != ProviderAccount.Provider.SANDBOX
        if not wanted.shop_id:
            self.add_error("shop_id", _("Write the shop id from the provider's cabinet."))
        if is_real and not typed and not kept_secret(wanted):
            self.add_error("new_secret", _("Write the secret key from the provider's cabinet."))
        if wanted.provider != ProviderAccount.Provider.YOOKASSA and values.get("cheque_vat"):
            self.add_error("cheque_vat", _("Only ЮKassa makes cheques."))
        if not typed and is_in_use(wanted):
            self.add_error("shop_id", str(InUseAlready().message))
        return values


@admin.register(ProviderChange)
class ProviderChangeAdmin(AgreedAdmin):
    """Who asked to take payments where, who approved it, since when it is in force."""

    form = ProviderForm
    list_display = ("organization", "__str__", *AgreedAdmin.STEPS)
    NEW = ("organization", "provider", "shop_id", "new_secret", "wallet_fee", "card_fee", *ProviderChange.CHEQUES)
    PRESENT = ProviderAccount
    present = "account"
    COPIED = ProviderChange.WORDS
    advice = _("Compare the shop with the provider's cabinet before you approve it.")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return sensitive_post_parameters("new_secret")(super().changeform_view)(request, *args, **kwargs)

    def compared(self, change: ProviderChange) -> Iterator[Compared]:
        """Beside the shop in use; of the secret only whether it is another one, and only while it waits."""
        now = ProviderAccount.objects.filter(organization=change.organization_id, is_active=True).first()
        yield gettext("provider"), change.get_provider_display(), now and now.get_provider_display()
        yield gettext("shop id"), change.shop_id, now and now.shop_id
        for name in ("wallet_fee", "card_fee"):
            label = ProviderChange._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            yield label, _percent(getattr(change, name)), _percent(getattr(now, name)) if now else None
        for name in ProviderChange.CHEQUES:
            label = ProviderChange._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            yield label, _chosen(change, name), _chosen(now, name) if now else None
        if change.secret:
            kept = change.is_secret_kept
            yield gettext("Secret key"), gettext("the present one") if kept else gettext("a new one"), None

    def save_model(self, request: HttpRequest, obj: ProviderChange, form: Any, change: bool) -> None:
        ask_shop(obj, secret=form.cleaned_data["new_secret"], by=cast(User, request.user), at=timezone.now())


def _chosen(row: ProviderAccount | ProviderChange, name: str) -> str:
    return str(getattr(row, f"get_{name}_display")() or "—")


def _percent(value: Decimal) -> str:
    return format_number(value, get_language() or "en", 2)

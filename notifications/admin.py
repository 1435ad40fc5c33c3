"""The post room for the superuser: what was sent, what failed, and «send again». Nothing here can be edited."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications import actions
from notifications.models import Delivery, DeliveryQuerySet, Notice

AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class ReadOnly:
    """Looking only, and only by superusers: the post room does not know whose company a notice belongs to."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class Age(admin.SimpleListFilter):
    """How long ago it was written."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("hour", _("Last hour")), ("day", _("Last day")), ("week", _("Last week")), ("older", _("Older"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        now, value = timezone.now(), self.value()
        if value == "older":
            return queryset.filter(created_at__lt=now - AGES["week"])
        return queryset.filter(created_at__gte=now - AGES[value]) if value in AGES else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The dead letters are `state = Given up`."""

    list_display = ("created_at", "kind", "channel", "to", "lane", "state", "attempts", "next_at", "error")
    list_filter = ("state", "channel", "lane", Age, "notice__kind")
    list_select_related = ("notice",)
    list_per_page = 50
    date_hierarchy = "created_at"
    ordering = ("-created_at", "pk")
    fields = (
        "kind", "channel", "to", "lane", "state", "attempts", "next_at", "error", "gateway_id", "created_at", "sent_at",
    )  # fmt: skip
    actions = ("send_again",)
    show_full_result_count = False

    @admin.display(description=_("kind"), ordering="notice__kind")
    def kind(self, delivery: Delivery) -> str:
        return delivery.notice.kind

    @admin.display(description=_("address"))
    def to(self, delivery: Delivery) -> str:
        return delivery.masked_address

    @admin.action(description=_("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: DeliveryQuerySet) -> None:
        count = actions.retry(queryset, at=timezone.now())
        text = ngettext("%(count)d message will be sent again.", "%(count)d messages will be sent again.", count)
        if count:
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        else:
            again = _("Nothing to send again: only failed messages that are still of use are sent a second time.")
            self.message_user(request, again, messages.WARNING)


@admin.register(Notice)
class NoticeAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was told to whom. The words themselves may hold debts and names: only the reader sees them."""

    list_display = ("created_at", "kind", "reader", "language", "read_at", "expires_at")
    list_filter = ("kind", "language")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    fields = ("kind", "subject", "reader", "language", "url", "values", "created_at", "expires_at", "read_at")
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("user"))
    def reader(self, notice: Notice) -> int | None:
        return notice.user_id

    @admin.display(description=_("values of the text"))
    def values(self, notice: Notice) -> str:
        return ", ".join(f"{name} = •••" for name in notice.context)

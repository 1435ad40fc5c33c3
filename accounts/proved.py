"""Pages of the staff room that first ask «is it you?»: for what changes people, rights or bank details.

Lists and history are read without it. A form asks when it is opened, so that nothing typed is lost; a form that was left
open too long is not carried out, it leads to the confirmation and back to itself.
"""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import sessions
from accounts.confirm import confirm_first, confirmed_recently

# A line of the History; it is translated when it is read.
SESSIONS_ENDED = gettext_noop("sessions (all of them were ended)")


class ProvedMixin:
    """Whoever may write here proves first that it is them: before a form, a deletion, an action over chosen rows."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        may_write = self.has_add_permission(request) or (object_id and self.has_change_permission(request))  # type: ignore[attr-defined]
        page = super().changeform_view  # type: ignore[misc]
        return cast(
            HttpResponse, (confirmed_recently(page) if may_write else page)(request, object_id, *args, **kwargs)
        )

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_delete = self.has_delete_permission(request)  # type: ignore[attr-defined]
        page = super().delete_view  # type: ignore[misc]
        return cast(HttpResponse, (confirmed_recently(page) if may_delete else page)(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not sessions.is_fresh(request, at=timezone.now()):
            return confirm_first(request, request.get_full_path())
        return cast(HttpResponse, super().changelist_view(request, *args, **kwargs))  # type: ignore[misc]


class EndsSessionsMixin(ProvedMixin):
    """Pages of what people may: the History says that the person was signed out everywhere."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        message = super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]
        return [*message, {"changed": {"fields": [SESSIONS_ENDED]}}] if add or form.changed_data else message

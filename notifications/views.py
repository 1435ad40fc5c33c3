"""Pages of the post room: a person's inbox, the «not you?» page, and the message tray of the demo."""

import re
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import actions
from notifications.models import Channel, Delivery, Notice, TrayMessage
from notifications.rendering import title_and_text

PAGE = 20
TRAY_PAGE = 50
STOP_LINK_LIVES = timedelta(days=30)
NUMBER = re.compile(r"[\d\s()+-]+")
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Item(NamedTuple):
    """A notice in the words of the reader's language."""

    notice: Notice
    title: str
    text: str


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Everything the portal told this person, newest first, in full."""
    notices = Notice.objects.inbox_of(request.user.pk)
    unread = notices.unread().count()
    only_unread = request.GET.get("show") == "unread"
    page = Paginator(notices.unread() if only_unread else notices, PAGE).get_page(request.GET.get("page"))
    items = [Item(notice, *title_and_text(notice)) for notice in page]
    return render(
        request,
        "notifications/inbox.html",
        {"items": items, "page": page, "unread": unread, "only_unread": only_unread},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, public_id: str) -> HttpResponse:
    """One notice. Looking changes nothing; the button marks it as read and goes on to what it is about."""
    found = get_object_or_404(Notice.objects.inbox_of(request.user.pk), public_id=public_id)
    if request.method == "POST":
        actions.mark_read(Notice.objects.filter(pk=found.pk), at=timezone.now())
        return redirect(found.url if found.url and "follow" in request.POST else "inbox")
    return render(request, "notifications/notice.html", {"item": Item(found, *title_and_text(found))})


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark the whole inbox as read."""
    actions.mark_read(Notice.objects.inbox_of(request.user.pk), at=timezone.now())
    return redirect("inbox")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """«This was not me»: the receiver of a code stops codes to that address for 30 days, without signing in."""
    at = timezone.now()
    delivery = get_object_or_404(Delivery, stop_token=token, created_at__gt=at - STOP_LINK_LIVES)
    if request.method == "POST":
        actions.opt_out(delivery.address, at=at)
        return redirect("opt_out", token=token)
    done = actions.is_opted_out(delivery.address, at)
    return render(request, "notifications/stop.html", {"address": delivery.masked_address, "done": done})


@never_cache
@require_safe
def tray(request: HttpRequest) -> HttpResponse:
    """In the demo: the newest messages as their receivers would see them."""
    if not settings.DEV_PAGES:
        raise Http404
    wanted = request.GET.get("q", "").replace("\x00", "").strip()
    found = TrayMessage.objects.all()
    if wanted:
        part = wanted if "@" in wanted or not NUMBER.fullmatch(wanted) else re.sub(r"\D", "", wanted)
        found = found.filter(address__icontains=part)
    messages = [(message, _code(message)) for message in found[:TRAY_PAGE]]
    return render(request, "notifications/tray.html", {"tray": messages, "q": wanted})


def _code(message: TrayMessage) -> str:
    """The code in a message, if there is one; a call says its digits with commas between."""
    found = CODE.search(message.text.replace(", ", "") if message.channel == Channel.VOICE else message.text)
    return found.group() if found else ""

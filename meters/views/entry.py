"""P11: residents enter readings, of one account or of all of theirs at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.limits import READINGS_USER, take
from accounts.models import User
from accounts.once import once
from lib.uploads import was_too_large
from meters import actions
from meters.actions import MetersAreBusy, NotAcceptable, Outcome, Result
from meters.forms.entering import ReadingsForm
from meters.models import Source
from meters.sheet import groups_of
from meters.views.receipt import stamp
from premises.access import account_or_404, links_of
from premises.models import AccountLink
from premises.views.pages import person

Context = dict[str, Any]


@login_required
@once
def readings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Enter readings of one account; any active link may."""
    account, link = account_or_404(request, public_id)
    context = {
        "account": account,
        "link": link,
        "has_others": AccountLink.objects.active().of(request.user).exclude(pk=link.pk).exists(),
        "back": reverse("account_home", args=[public_id]),
        "receipt": reverse("readings_receipt", args=[public_id]),
        "here": reverse("readings", args=[public_id]),
    }
    return _page(request, [link], context)


@login_required
@once
def readings_all(request: HttpRequest) -> HttpResponse:
    """Enter readings of every account of the person on one page."""
    links = links_of(person(request))
    context = {
        "back": reverse("home"), "receipt": reverse("readings_all_receipt"), "here": reverse("readings_all"),
        "is_all": True,
    }  # fmt: skip
    if not links:
        return render(request, "meters/readings.html", context)
    return _page(request, links, context)


def _page(request: HttpRequest, links: Sequence[AccountLink], context: Context) -> HttpResponse:
    now, user = timezone.now(), person(request)
    groups = groups_of(links, by=user, at=now)
    if request.method != "POST":
        return render(request, "meters/readings.html", context | {"form": ReadingsForm(groups)})
    form = ReadingsForm(groups, request.POST, request.FILES, too_large=was_too_large(request))
    form.full_clean()
    if "draft" in request.POST or not form.takes:
        return _keep(request, form, now, context["here"])
    try:
        outcomes = _send(form, user, now)
    except MetersAreBusy as busy:
        return _wait(request, form, busy, now, context)
    if outcomes is None:
        return render(request, "meters/readings.html", context | {"form": form}, status=422)
    return redirect(_after(request, form, outcomes, now, context))


def _keep(request: HttpRequest, form: ReadingsForm, now: datetime, here: str) -> HttpResponse:
    """Nothing can be sent, or the person does not want to yet: keep what was typed, as typed."""
    typed = [*form.drafts(taken_today=True), *form.drafts(taken_today=False)]
    kept = actions.save_drafts(typed, by=person(request), at=now)
    if request.FILES:
        messages.warning(request, _("A draft holds no photo: choose it again when you send the readings."))
    if "draft" not in request.POST:
        opens = min(group.opens for group in form.groups)
        messages.warning(request, _late(opens))
    elif kept:
        messages.success(request, _("The draft is saved. Come back when readings are taken, check it and send it."))
    else:
        messages.info(request, _("Nothing is filled in, so there is no draft."))
    return redirect(here)


def _wait(
    request: HttpRequest, form: ReadingsForm, busy: MetersAreBusy, now: datetime, context: Context
) -> HttpResponse:
    """An import holds the meters: the page stays as it was filled in, and is kept as a draft should it be left."""
    typed = [*form.drafts(taken_today=True), *form.drafts(taken_today=False)]
    actions.save_drafts(typed, by=person(request), at=now)
    form.add_error(None, str(busy.message))
    return render(request, "meters/readings.html", context | {"form": form, "busy": busy}, status=busy.status)


def _late(opens: Any) -> str:
    return _(
        "The days for readings ended while you were filling in. Nothing is lost: what you typed is kept as a draft. "
        "Send it from %(day)s on."
    ) % {"day": date_format(opens, "j E")}


def _waiting(opens: Any) -> str:
    return _("Where readings are not taken today, what you typed is kept as a draft. Send it from %(day)s on.") % {
        "day": date_format(opens, "j E")
    }


def _send(form: ReadingsForm, user: User, now: datetime) -> list[Outcome] | None:
    """Enter what was filled in, all or nothing; None where something is wrong or doubtful: the form knows what."""
    if form.errors:
        closed = {row.meter.pk for _group, row in form.places.values() if row.rival}
        form.judge(
            actions.look_at([one for one in form.entries if one.meter.pk not in closed], source=Source.OWNER, at=now)
        )
        return None
    take([(READINGS_USER, user)], at=now)
    try:
        return actions.submit(form.entries, source=Source.OWNER, by=user, at=now)
    except NotAcceptable as found:
        form.judge(found.findings)
        return None


def _after(
    request: HttpRequest, form: ReadingsForm, outcomes: Sequence[Outcome], now: datetime, context: Context
) -> str:
    """Keep drafts of what could not be sent, forget those of what was sent or cleared; return the receipt's address."""
    user = person(request)
    drawn = [meter for meter, _texts, _day in form.drafts(taken_today=True)]
    actions.drop_drafts([*drawn, *(one.entry.meter for one in outcomes)], by=user)
    actions.save_drafts(form.drafts(taken_today=False), by=user, at=now)
    if form.waits_until:
        messages.warning(request, _waiting(form.waits_until))
    if not outcomes:
        return str(context["here"])
    if any(one.result == Result.UNCHANGED for one in outcomes):
        messages.info(request, _("What you had sent before stays as it is."))
    is_new = any(one.reading.created_at == now for one in outcomes)
    return f"{context['receipt']}?at={stamp(now if is_new else outcomes[0].reading.created_at)}"

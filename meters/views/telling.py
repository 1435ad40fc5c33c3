"""What residents tell the company about a meter: the reading is wrong, the meter was replaced, it is broken."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.once import once
from lib.uploads import was_too_large
from meters import actions
from meters.actions import ToldAlready
from meters.forms.telling import AboutMeterForm, BrokenForm, DisputeForm, ReplacedForm
from meters.models import Meter, MeterReport, MeterState, Reading, Source, SubmissionWindow
from premises.access import account_or_404
from premises.models import PersonalAccount
from premises.views.pages import person, posted, show

Kind = MeterReport.Kind


@login_required
@once
def reading_dispute(request: HttpRequest, public_id: UUID, reading_id: UUID) -> HttpResponse:
    """A reading is wrong: another's, or one's own that cannot be corrected any more."""
    account, link = account_or_404(request, public_id)
    there = Reading.objects.filter(meter__account=account).select_related("meter__organization")
    reading = get_object_or_404(there, public_id=reading_id)
    house = account.unit.house
    period = actions.period_to_read(house, SubmissionWindow.objects.of_house(house), at=timezone.now())
    if not reading.is_disputable_by(person(request), period):
        raise Http404
    counted = reading.meter.readings.current()
    before = counted.filter(period__lt=reading.period).order_by("-period").first()
    form = DisputeForm(reading.meter, **_given(request, account), last=before, may_be_lower=bool(reading.drop))
    context = {"account": account, "link": link, "meter": reading.meter, "reading": reading, "form": form}
    context["is_own"] = reading.source == Source.OWNER and reading.author_id == person(request).pk
    return _tell(request, "meters/dispute.html", context, Kind.DISPUTE)


@login_required
@once
def meter_replaced(request: HttpRequest, public_id: UUID, meter_id: UUID) -> HttpResponse:
    """There is another meter now: the company registers it by its act."""
    context = _about(request, public_id, meter_id)
    given = _given(request, context["account"]) | {"last": _last(context["meter"])}
    context["form"] = ReplacedForm(context["meter"], **given, new_values=request.GET.get("new", "")[:60])
    return _tell(request, "meters/replaced.html", context, Kind.REPLACED)


@login_required
@once
def meter_broken(request: HttpRequest, public_id: UUID, meter_id: UUID) -> HttpResponse:
    """The meter does not work."""
    context = _about(request, public_id, meter_id)
    given = _given(request, context["account"])
    context["form"] = BrokenForm(context["meter"], **given, last=_last(context["meter"]))
    context["is_known"] = context["meter"].state_on(given["today"]) == MeterState.BROKEN
    return _tell(request, "meters/broken.html", context, Kind.BROKEN)


def _about(request: HttpRequest, public_id: UUID, meter_id: UUID) -> dict[str, Any]:
    account, link = account_or_404(request, public_id)
    there = Meter.objects.filter(account=account, removed_on__isnull=True).select_related("organization")
    return {"account": account, "link": link, "meter": get_object_or_404(there, public_id=meter_id)}


def _last(meter: Meter) -> Reading | None:
    return meter.readings.current().order_by("-period").first()


def _tell(request: HttpRequest, template: str, context: dict[str, Any], kind: str) -> HttpResponse:
    """Show the form, or what was told before; once the form is right, tell the company and return to the readings."""
    form: AboutMeterForm = context["form"]
    mine = MeterReport.objects.visible_to(person(request)).waiting().filter(meter=context["meter"], kind=kind)
    context["told"] = told = mine.select_related("reading").first()
    if told or context.get("is_known"):
        return _told(request, template, context)
    if request.method != "POST" or not form.is_valid():
        return show(request, template, context | {"lost_photo": bool(request.FILES)})
    meter, account = context["meter"], context["account"]
    meter.account = account
    words = {name: form.cleaned_data.get(name) or "" for name in ("text", "values", "new_serial", "new_values")}
    try:
        actions.report(
            meter, kind, by=person(request), at=timezone.now(), on=form.cleaned_data["on"],
            photo=form.cleaned_data["photo"], reading=context.get("reading"), **words,
        )  # fmt: skip
    except ToldAlready:  # in another tab, a moment ago
        return _told(request, template, context | {"told": mine.select_related("reading").first()})
    messages.success(
        request,
        _("%(company)s has your message. The answer will come to your notices.")
        % {"company": meter.organization.short_name},
    )
    return redirect("readings", account.public_id)


def _told(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """What the company knows already stands in place of the form; what was typed again stays on the page."""
    if request.method != "POST":
        return render(request, template, context | {"form": None})
    return render(request, template, context | {"lost_photo": bool(request.FILES)}, status=ToldAlready.status)


def _given(request: HttpRequest, account: PersonalAccount) -> dict[str, Any]:
    """What every form about a meter is made of: the answers, if there are any, and the day it is in the house."""
    return {
        "data": posted(request),
        "files": request.FILES if request.method == "POST" else None,
        "too_large": was_too_large(request),
        "today": account.unit.house.organization.day(timezone.now()),
    }

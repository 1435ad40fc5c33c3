"""The acts on a meter: each has a button on the meter's page, a page with a form of its own, and one of our actions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from meters import actions
from meters.admin_act_forms import (
    ActForm,
    BrokenForm,
    CheckForm,
    RemoveForm,
    RepairedForm,
    ReplaceForm,
    SealForm,
    VerifyForm,
)
from meters.admin_base import ACT, ANSWER, BREAK, DeskAdmin
from meters.admin_forms import ZONES
from meters.models import Meter, MeterReport

Do = Callable[[Meter, Any, User, datetime], object]


def check(meter: Meter, form: CheckForm, by: User, at: datetime) -> object:
    given = form.cleaned_data
    return actions.check_meter(
        meter, form.values, on=given["on"], act=given["act"], note=given["note"], by=by, at=at, **form.answer
    )


def replace(meter: Meter, form: ReplaceForm, by: User, at: datetime) -> object:
    given = form.cleaned_data
    return actions.replace_meter(
        meter, form.values, form.new, on=given["on"], act=given["act"], by=by, at=at, **form.answer
    )


def remove(meter: Meter, form: RemoveForm, by: User, at: datetime) -> object:
    given = form.cleaned_data
    return actions.remove_meter(meter, form.values, on=given["on"], act=given["act"], by=by, at=at, **form.answer)


def verify(meter: Meter, form: VerifyForm, by: User, at: datetime) -> object:
    given = form.cleaned_data
    return actions.verify_meter(
        meter, on=given["on"], next_verification=given["next_verification"], act=given["act"], seal=given["seal"],
        by=by, at=at,
    )  # fmt: skip


def seal(meter: Meter, form: SealForm, by: User, at: datetime) -> object:
    given = form.cleaned_data
    return actions.seal_meter(meter, given["seal"], on=given["on"], act=given["act"], by=by, at=at)


def broken(meter: Meter, form: BrokenForm, by: User, at: datetime) -> object:
    return actions.mark_broken(meter, on=form.cleaned_data["on"], note=form.cleaned_data["note"], by=by, at=at)


def repaired(meter: Meter, form: RepairedForm, by: User, at: datetime) -> object:
    return actions.mark_repaired(meter, on=form.cleaned_data["on"], act=form.cleaned_data["act"], by=by, at=at)


@dataclass(frozen=True)
class Act:
    """One thing that is done to a meter: its button, its page, who may do it and how."""

    button: Promise
    title: Promise
    form: type[ActForm]
    do: Do
    said: Promise
    right: str = ACT


ACTS: dict[str, Act] = {
    "check": Act(_("Controlled reading"), _("Controlled reading by an act"), CheckForm, check,
                 _("The controlled reading is saved. It counts above every other reading of its month.")),
    "replace": Act(_("Replace"), _("Replace the meter"), ReplaceForm, replace,
                   _("The old meter is removed and the new one is in its place.")),
    "remove": Act(_("Remove the meter"), _("Remove the meter"), RemoveForm, remove, _("The meter is removed.")),
    "verify": Act(_("Verified"), _("Record a verification"), VerifyForm, verify, _("The verification is saved.")),
    "seal": Act(_("Seal"), _("Record a seal"), SealForm, seal, _("The seal is saved.")),
    "broken": Act(_("Broken"), _("The meter is broken"), BrokenForm, broken,
                  _("The meter is marked as broken. Its readings are not used for charges."), BREAK),
    "repaired": Act(_("Works again"), _("The meter works again"), RepairedForm, repaired,
                    _("The meter works again."), BREAK),
}  # fmt: skip


def acts_open(meter: Meter) -> list[str]:
    """What can be done to this meter now; to one that was removed only the correction of its last value."""
    if meter.removed_on:
        return ["check"]
    return [name for name in ACTS if name != ("repaired" if meter.broken_on is None else "broken")]


def why_not(meter: Meter, name: str) -> str:
    """Why an act cannot be done to this meter now."""
    if meter.removed_on:
        words = gettext(
            "The meter was removed on %(day)s. Only its last value can be corrected, by a controlled reading."
        )
        return words % {"day": f"{meter.removed_on:%d.%m.%Y}"}
    if name == "broken":
        return gettext("The meter is marked as broken already.")
    return gettext("The meter is not marked as broken.")


class ActsMixin(DeskAdmin):
    """The pages of acts."""

    def acts_of(self, request: HttpRequest, meter: Meter) -> list[tuple[str, Promise]]:
        """The buttons of a meter's page: address and word."""
        return [
            (reverse("admin:meters_meter_act", args=[meter.pk, name]), ACTS[name].button)
            for name in acts_open(meter)
            if self._allowed(request, ACTS[name].right, meter)
        ]

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One act on one meter: a form, then our action; what is wrong stands beside its field."""
        act = ACTS.get(name)
        if act is None:
            raise Http404
        meter: Meter = self.own_row(request, pk, act.right)
        if name not in acts_open(meter):
            messages.warning(request, why_not(meter, name))
            return redirect("admin:meters_meter_change", meter.pk)
        now = timezone.now()
        form = act.form(
            request.POST or None, meter=meter, today=meter.organization.day(now),
            initial=self._told(request, meter),
        )  # fmt: skip
        if request.method == "POST" and form.is_valid() and self._done(request, act, meter, form, now):
            return redirect("admin:meters_meter_change", meter.pk)
        return self.drawn(
            request, "meter/act", status=422 if form.is_bound else 200, meter=meter, form=form, title=act.title,
            button=act.button, last=meter.readings.current().first(), question=getattr(form, "question", None),
        )  # fmt: skip

    def _done(self, request: HttpRequest, act: Act, meter: Meter, form: Any, at: datetime) -> bool:
        """Do the act; False where the form has something to say or to ask."""
        try:
            act.do(meter, form, request.user, at)  # type: ignore[arg-type]
        except actions.NotAcceptable as no:
            form.judge(no.findings)
        except actions.DayIsWrong as no:
            form.add_error("on", str(no.message))
        except Refusal as no:
            form.add_error(None, str(no.message))
        if form.errors or getattr(form, "question", None):
            return False
        self.log_change(request, meter, str(act.title))
        messages.success(request, str(act.said))
        return True

    def _told(self, request: HttpRequest, meter: Meter) -> dict[str, Any]:
        """What a resident's report says, to begin the form with."""
        number = request.GET.get("report", "")
        if not number.isdigit() or not self._allowed(request, ANSWER, meter):
            return {}
        report = MeterReport.objects.filter(meter=meter, pk=int(number)).first()
        if report is None:
            return {}
        said = {"on": report.on, "serial": report.new_serial}
        said |= dict(zip(ZONES, report.values.split(), strict=False))
        return said | {f"new_{zone}": value for zone, value in zip(ZONES, report.new_values.split(), strict=False)}

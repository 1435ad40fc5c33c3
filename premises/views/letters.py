"""Access letters for a house: ordered by a manager of its company or the chair of its council, taken once."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import sessions
from accounts.confirm import confirm_first
from accounts.once import once
from premises import actions
from premises.access import houses_lettered_by
from premises.forms import LettersForm
from premises.models import House, LetterBatch
from premises.views.pages import person, show


@login_required
@require_safe
def council_letters(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """Choose the whole house or some flats."""
    house = _house(request, house_id)
    form = LettersForm(house, initial={"flats": request.GET.get("flats", "")})
    return render(request, "premises/letters.html", {"house": house, "form": form})


@login_required
@require_safe
def letters_check(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """How many letters there will be, and that they void the older ones."""
    house = _house(request, house_id)
    form = LettersForm(house, request.GET)
    if not form.is_valid():
        return show(request, "premises/letters.html", {"house": house, "form": form})
    return render(
        request, "premises/letters_check.html",
        {"house": house, "count": len(form.accounts), "flats": form.cleaned_data["flats"]},
    )  # fmt: skip


@login_required
@require_POST
@once
def letters_issue(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """Ask the worker for the letters: whoever does has just proved that it is them, for they open every flat."""
    house = _house(request, house_id)
    form = LettersForm(house, request.POST)
    if not form.is_valid():
        return show(request, "premises/letters.html", {"house": house, "form": form})
    if not sessions.is_fresh(request, at=timezone.now()):
        return confirm_first(
            request, f"{reverse('letters_check', args=[house_id])}?{urlencode({'flats': form.cleaned_data['flats']})}"
        )
    batch = actions.order_letters(house, form.accounts, by=person(request), at=timezone.now())
    return redirect("letter_batch", batch.public_id)


@login_required
@require_safe
def letter_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Whether the letters are ready."""
    batch = _batch(request, batch_id)
    return render(request, "premises/letter_batch.html", {"batch": batch, "house": batch.house})


@login_required
@require_POST
def letter_batch_file(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Give the file out, once, to somebody who has just proved that it is them."""
    batch = _batch(request, batch_id)
    if not sessions.is_fresh(request, at=timezone.now()):
        return confirm_first(request, reverse("letter_batch", args=[batch_id]))
    pdf = actions.take_letters(batch, at=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="letters.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


def _house(request: HttpRequest, house_id: UUID) -> House:
    return get_object_or_404(houses_lettered_by(person(request)).select_related("organization"), public_id=house_id)


def _batch(request: HttpRequest, batch_id: UUID) -> LetterBatch:
    """The person's own batch, while they may still issue letters for that house."""
    user = person(request)
    mine = LetterBatch.objects.visible_to(user).filter(house__in=houses_lettered_by(user))
    return get_object_or_404(mine.select_related("house__organization"), public_id=batch_id)

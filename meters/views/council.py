"""The council's desk for readings: the matrix of the house, one row of it, the walk, the sheet of paper, the board.

A member sees flats and meters of their own house, never people, debts or phones; a seat whose term is over opens nothing.
"""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.once import once
from accounts.zones import speak_time_of
from meters.actions import take_back
from meters.forms.fields import DayField
from meters.matrix import Matrix, Note, Round, Row, board_beside, board_of, flat_words, mark_own, matrix_of, round_of
from meters.models import Reading, Source, SubmissionWindow
from meters.row import DAY, company_of, save_row
from premises.access import account_context, seat_or_404
from premises.models import CouncilSeat, PersonalAccount
from premises.views.pages import person

KEPT = ("entrance", "on", "walk", "all")  # words of the address that lead back to where the person was


@login_required
@require_safe
def council_readings(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """All flats × all meters, a large house by entrances; every row is saved by itself."""
    seat, now = _desk(request, house_id)
    matrix = matrix_of(now)
    entrance = _entrance(request) if "entrance" in request.GET else matrix.first_entrance
    day, day_error = _day(request, now)
    context = _context(request, seat, now, day) | {
        "columns": matrix.columns, "rows": matrix.of_entrance(entrance), "entrances": matrix.entrances,
        "entrance": entrance, "board": board_beside(matrix), "day_error": day_error,
    }  # fmt: skip
    return render(request, "meters/council_readings.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@once
def council_row(request: HttpRequest, house_id: UUID, account_id: UUID) -> HttpResponse:
    """One flat: a page of its own, and where every row is saved. A script gets the row and nothing around it."""
    seat, now = _desk(request, house_id)
    account = get_object_or_404(PersonalAccount, public_id=account_id, unit__house=now.house)
    matrix = matrix_of(now, account)
    if not matrix.rows:
        raise Http404("no meters to read")
    if request.method != "POST":
        return _row(request, seat, matrix, [])
    saved = save_row(matrix.rows[0], request.POST, now, by=person(request), at=timezone.now())
    if not saved.is_saved:
        return _row(request, seat, matrix, saved.notes, status=422)
    if "X-Row" in request.headers:
        return _row(request, seat, matrix_of(now, account), saved.notes)
    for note in saved.notes:
        (messages.success if note.kind == "ok" else messages.warning)(request, note.text)
    return redirect(_way_back(request, now, matrix.rows[0]))


def _row(
    request: HttpRequest, seat: CouncilSeat, matrix: Matrix, notes: list[Note], *, status: int = 200
) -> HttpResponse:
    """The row as a script wants it, else a page: of the walk or of its own."""
    row, now = matrix.rows[0], matrix.round
    row.notes = notes
    mark_own(row, now, by=person(request))
    context = _context(request, seat, now, _day(request, now)[0]) | {"columns": matrix.columns, "row": row}
    if "X-Row" in request.headers:
        return render(request, "meters/_council_row.html", context, status=status)
    if "walk" in request.GET:
        context |= _walk(request, matrix_of(now), row)
        return render(request, "meters/council_walk.html", context, status=status)
    return render(request, "meters/council_row.html", context, status=status)


def _way_back(request: HttpRequest, now: Round, row: Row) -> str:
    """On to the next flat of a walk, or back to the row in the matrix."""
    house = now.house.public_id
    query = _kept(request)
    if "walk" in request.GET:
        query = {"after": str(row.account.public_id)} | {name: query[name] for name in query if name != "walk"}
        return f"{reverse('council_walk', args=[house])}?{urlencode(query)}"
    return f"{reverse('council_readings', args=[house], query=query or None)}#row-{row.account.public_id}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@once
def council_take_back(request: HttpRequest, house_id: UUID, reading_id: UUID) -> HttpResponse:
    """A value typed into the wrong flat: take back what one entered oneself; asks first."""
    seat, now = _desk(request, house_id)
    own = Reading.objects.filter(author=person(request), source=Source.COUNCIL, meter__house=now.house)
    reading = get_object_or_404(own.select_related("meter__organization"), public_id=reading_id)
    account = get_object_or_404(PersonalAccount.objects.select_related("unit"), pk=reading.meter.account_id)
    back = reverse("council_row", args=[house_id, account.public_id], query=_kept(request) or None)
    if request.method == "POST":
        take_back(reading, by=person(request), at=timezone.now())
        messages.success(request, _("The reading is taken back. You may send another."))
        return redirect(back)
    context = {"seat": seat, "house": now.house, "reading": reading, "flat": flat_words(account.unit), "row_url": back}
    return render(request, "meters/council_take_back.html", context)


@login_required
@require_safe
def council_walk(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """Flat by flat, for a phone on the stairs: the next flat that has not sent everything."""
    seat, now = _desk(request, house_id)
    matrix, entrance = matrix_of(now), _entrance(request)
    rows = matrix.of_entrance(entrance)
    row = _next(rows, request.GET.get("after", ""), everybody="all" in request.GET)
    if row:
        mark_own(row, now, by=person(request))
    context = _context(request, seat, now, _day(request, now)[0]) | {"board": board_beside(matrix)}
    return render(request, "meters/council_walk.html", context | _walk(request, matrix, row))


def _next(rows: list[Row], after: str, *, everybody: bool) -> Row | None:
    """The first flat after this one where something is to be read; an unknown flat means the beginning."""
    places = [str(row.account.public_id) for row in rows]
    start = places.index(after) + 1 if after in places else 0
    return next((row for row in rows[start:] if everybody or not (row.is_complete or row.is_shut)), None)


def _walk(request: HttpRequest, matrix: Matrix, row: Row | None) -> dict[str, Any]:
    """Where in the walk the person stands: «7 of 24 in entrance 1», and where the buttons lead."""
    query = {name: request.GET[name] for name in ("entrance", "all") if name in request.GET}
    context = {
        "row": row, "entrances": matrix.entrances, "entrance": _entrance(request), "everybody": "all" in request.GET,
        "walk_url": reverse("council_walk", args=[matrix.round.house.public_id]),
    }  # fmt: skip
    if row is None:
        return context
    beside = [one.account.pk for one in matrix.rows if one.entrance == row.entrance]
    return context | {
        "place": beside.index(row.account.pk) + 1,
        "count": len(beside),
        "walk_query": urlencode({"walk": "1"} | query),
        "skip_query": urlencode({"after": str(row.account.public_id)} | query),
    }


@login_required
@require_safe
def council_sheet(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """The collecting sheet: empty boxes to be filled in by hand, now or when readings are taken again."""
    seat, now = _desk(request, house_id)
    matrix, entrance = matrix_of(now.to_collect), _entrance(request)
    context = {
        "seat": seat, "house": now.house, "round": matrix.round, "columns": matrix.columns, "rows": matrix.of_entrance(entrance),
        "entrances": matrix.entrances, "entrance": entrance,
    }  # fmt: skip
    return render(request, "meters/council_sheet.html", context)


@login_required
@require_safe
def council_board(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """Which flats have sent their readings, for the council."""
    seat, now = _desk(request, house_id)
    return render(request, "meters/board.html", {"seat": seat, "house": now.house, "board": board_of(now)})


@login_required
@require_safe
def readings_board(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same for those who live in the house, where the company shows it to them."""
    context = account_context(request, public_id, full=True)
    now = round_of(context["account"].unit.house, at=timezone.now())
    if now.rules.board != SubmissionWindow.Board.HOUSE:
        raise Http404("the board is the council's")
    return render(request, "meters/board.html", context | {"house": now.house, "board": board_of(now)})


def _desk(request: HttpRequest, house_id: UUID) -> tuple[CouncilSeat, Round]:
    seat = seat_or_404(person(request), house_id)
    speak_time_of(request, seat.house.organization.time_zone)
    return seat, round_of(seat.house, at=timezone.now())


def _context(request: HttpRequest, seat: CouncilSeat, now: Round, day: date) -> dict[str, Any]:
    """What every page with rows needs."""
    query = _kept(request)
    return {
        "seat": seat, "house": now.house, "round": now, "day": f"{day:%d.%m.%Y}", "day_name": DAY,
        "query": f"?{urlencode(query)}" if query else "", "company": company_of(now),
    }  # fmt: skip


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in KEPT if name in request.GET}


def _entrance(request: HttpRequest) -> int | None:
    """The entrance that was chosen; a word that is no number chooses the whole house."""
    word = request.GET.get("entrance", "")
    return int(word) if word.isdecimal() and len(word) < 4 else None


def _day(request: HttpRequest, now: Round) -> tuple[date, str]:
    """The day on which the readings were taken: what was typed or chosen, else today; and what is wrong with it."""
    typed = request.POST.get(DAY) or request.GET.get("on", "")
    try:
        return (DayField(today=now.today).clean(typed) if typed else now.today), ""
    except ValidationError as bad:
        return now.today, bad.messages[0]

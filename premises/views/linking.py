"""Adding an account: by a letter, by address and number, by a code, or by asking the company."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts.once import once
from premises import actions, letter_codes
from premises.actions.linking import Paper
from premises.forms import AskForm, CodeForm, FlatForm, LetterForm
from premises.models import AccessLetter, House
from premises.tries import take_address, take_code, take_password, tries_left
from premises.views.pages import person, posted, show, welcome

HOUSES_SHOWN = 20
WAITING_CODE, WAITING_FLAT, ISSUED = "link_code", "link_flat", "issued_letter"  # places in the session


@login_required
@require_safe
def account_add(request: HttpRequest) -> HttpResponse:
    """The three ways, with a picture of where to look on the bill."""
    return render(request, "premises/account_add.html", {})


@sensitive_post_parameters("password")
@login_required
@once
def link_password(request: HttpRequest) -> HttpResponse:
    """Login and one-time password from the company."""
    form = LetterForm(posted(request))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        taken = take_password(request, form.cleaned_data["login"], at=now)
        try:
            linked = actions.link_by_password(person(request), **form.cleaned_data, at=now)
        except actions.Mismatch as wrong:
            form.add_error(None, f"{wrong.message} {tries_left(request, at=now)}")
        else:
            taken.give_back()
            return welcome(request, linked)
    return show(request, "premises/link_password.html", {"form": form})


@login_required
@require_safe
def link_address(request: HttpRequest) -> HttpResponse:
    """Step 1: find the house."""
    return render(request, "premises/link_address.html", _found(request) | {"next": "link_flat"})


@login_required
def link_flat(request: HttpRequest, house_id: UUID) -> HttpResponse:
    """Step 2: flat and account number; the company is the house's."""
    house = get_object_or_404(House.objects.select_related("organization"), public_id=house_id)
    kept = request.session.get(WAITING_FLAT, {})
    form = FlatForm(house, posted(request), initial=kept if kept.get("house") == str(house_id) else None)
    if request.method == "POST" and form.is_valid():
        request.session[WAITING_FLAT] = {"house": str(house_id), **form.cleaned_data}
        return redirect("link_check")
    return show(request, "premises/link_flat.html", {"form": form, "house": house})


@login_required
@once
def link_check(request: HttpRequest) -> HttpResponse:
    """Step 3: look at the answers once more, then link."""
    answers = request.session.get(WAITING_FLAT)
    if not answers:
        return redirect("link_address")
    house = get_object_or_404(House.objects.select_related("organization"), public_id=answers["house"])
    flat, number = answers["flat"], answers["number"]
    if request.method != "POST":
        return render(request, "premises/link_check.html", {"house": house, "flat": flat, "number": number})
    now = timezone.now()
    take_address(request, house, flat=flat, number=number, at=now)
    try:
        linked = actions.link_by_address(person(request), house, flat=flat, number=number, at=now)
    except actions.Mismatch as wrong:
        form = FlatForm(house, {"flat": flat, "number": number})
        form.add_error(None, str(wrong.message))
        action = reverse("link_flat", args=[house.public_id])
        return show(request, "premises/link_flat.html", {"form": form, "house": house, "action": action})
    del request.session[WAITING_FLAT]
    return welcome(request, linked)


@login_required
def link_code(request: HttpRequest) -> HttpResponse:
    """Type the code by hand; a code that waited for the person to sign in goes on by itself."""
    if request.method != "POST" and (waiting := request.session.pop(WAITING_CODE, None)):
        return redirect("link_qr", waiting)
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if _paper(request, code):
            return redirect("link_qr", code)
        form.add_error("code", str(actions.linking.CODE_MISMATCH))
    return show(request, "premises/link_code.html", {"form": form})


@once
def link_qr(request: HttpRequest, code: str) -> HttpResponse:
    """Where the QR code of a letter or a bill leads: sign in, see which flat it is, add it."""
    code = letter_codes.read(code[:100])
    if not request.user.is_authenticated:
        request.session[WAITING_CODE] = code
        return redirect(f"{reverse(settings.LOGIN_URL)}?next={reverse('link_code')}")
    paper = _paper(request, code)
    if paper is None:
        form = CodeForm({"code": letter_codes.grouped(code)})
        form.errors.clear()
        form.add_error("code", str(actions.linking.CODE_MISMATCH))
        return render(request, "premises/link_code.html", {"form": form, "action": reverse("link_code")}, status=404)
    if request.method == "POST":
        return welcome(request, actions.link_by_code(person(request), code=code, at=timezone.now()))
    return render(request, "premises/link_qr.html", {"flat": paper.account})


@login_required
def link_issued(request: HttpRequest) -> HttpResponse:
    """A person came in with the login and password of a letter: link that account and go on."""
    pk = request.session.pop(ISSUED, None)
    letter = AccessLetter.objects.filter(pk=pk).first() if pk else None
    if letter is None:
        return redirect("accounts")
    try:
        return welcome(request, actions.link_by_letter(person(request), letter, at=timezone.now()))
    except actions.Mismatch as wrong:
        messages.error(request, str(wrong.message))
        return redirect("account_add")


@login_required
@once
def link_ask(request: HttpRequest) -> HttpResponse:
    """None of the ways fits: choose the house, say which flat, ask the company."""
    house_id = _uuid(request.GET.get("house", ""))
    house = House.objects.select_related("organization").filter(public_id=house_id).first() if house_id else None
    if house is None:
        return render(request, "premises/link_address.html", _found(request) | {"next": "link_ask"})
    form = AskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        actions.ask_to_link(
            person(request), house, flat=answers["unit_label"], message=answers["message"], at=timezone.now()
        )
        messages.success(request, _("Your request is sent. The company answers within three working days."))
        return redirect("accounts")
    return show(request, "premises/link_ask.html", {"form": form, "house": house})


def _paper(request: HttpRequest, code: str) -> Paper | None:
    """The letter or bill of a code. Only a code that fits nothing costs a try."""
    now = timezone.now()
    taken = take_code(request, at=now)
    paper = actions.paper_of_code(code, at=now)
    if paper is not None:
        taken.give_back()
    return paper


def _found(request: HttpRequest) -> dict[str, object]:
    """What the house search found for `?q=`; nothing was asked with fewer than two signs."""
    query = request.GET.get("q", "").strip()[:200]
    asked = len(query) >= 2
    houses = list(House.objects.matching(query).select_related("organization")[: HOUSES_SHOWN + 1]) if asked else []
    more = len(houses) > HOUSES_SHOWN
    return {"query": query, "asked": asked, "houses": houses[:HOUSES_SHOWN], "more": more}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

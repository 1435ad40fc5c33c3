"""A form is accepted once: two clicks, two tabs or a repeated request give one result.

The page draws `{% idem %}` inside the form; the view of the POST wears `@once`. The row that remembers the form and what
the view did are committed together, so a crash leaves both or neither. The second request waits for the first on the
unique key and is sent to its result.
"""

import hashlib
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from accounts.browser import device_of
from accounts.digests import digest
from accounts.models import Submission
from lib.errors import Refusal

FIELD = "idem"
NOT_BODY = {FIELD, "csrfmiddlewaretoken"}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class LedAside(HttpResponseRedirect):
    """An answer that asks for something else first: the form was not accepted, and may be sent again."""


class FormChanged(Refusal):
    """The same form was sent a second time with other words."""


def new_key() -> str:
    """The value of the hidden field of one form."""
    return str(uuid.uuid4())


def once(view: View[P]) -> View[P]:
    """Make the view's POST safe to repeat. An answer that is not a redirect (a form with errors), or leads aside, does not count."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        key = _key_of(request)
        if request.method != "POST" or key is None:
            return view(request, *args, **kwargs)
        refusal: Refusal | None = None
        with _keeping_refusals():
            submission, first = _claim(request, key)
            if not first:
                return _first_result(request, submission)
            try:
                response = view(request, *args, **kwargs)
            except Refusal as caught:
                refusal = caught
            is_accepted = refusal is None and not isinstance(response, LedAside)
            if is_accepted and 300 <= response.status_code < 400:
                Submission.objects.filter(key=key).update(location=response["Location"][:500])
                return response
            Submission.objects.filter(key=key).delete()
        if refusal is not None:
            raise refusal
        return response

    return wrapped


def _keeping_refusals() -> transaction.Atomic:
    """A transaction that is committed although a Refusal ends the view: actions roll back themselves, limits stay."""
    block = transaction.atomic()
    block.keeps_refusals = True  # type: ignore[attr-defined]
    return block


def _key_of(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _claim(request: HttpRequest, key: uuid.UUID) -> tuple[Submission, bool]:
    """Write the row, or wait for the request that is writing it and read what it left."""
    facts = {"owner": _owners(request)[0], "route": request.path[:200], "body_hash": _body_hash(request)}
    try:
        with transaction.atomic():
            return Submission.objects.create(key=key, **facts), True
    except IntegrityError:
        return Submission.objects.get(key=key), False


def _first_result(request: HttpRequest, submission: Submission) -> HttpResponse:
    same = (
        submission.owner in _owners(request)
        and submission.route == request.path[:200]
        and submission.body_hash == _body_hash(request)
    )
    if not same:
        raise FormChanged(_("This form was sent already with other answers. Open the page anew and fill it in again."))
    messages.info(request, _("This was sent already. Here is the result."))
    return HttpResponseRedirect(submission.location)


def _owners(request: HttpRequest) -> list[str]:
    """Who sends: the user; before and after signing in, the browser."""
    device = digest("submission", device_of(request))
    return [str(request.user.pk), device] if request.user.is_authenticated else [device]


def _body_hash(request: HttpRequest) -> str:
    """A keyed digest of everything that was filled in; files count by name and size."""
    words = sorted(
        (name, value) for name in request.POST if name not in NOT_BODY for value in request.POST.getlist(name)
    )
    sent = [(name, file) for name in request.FILES for file in request.FILES.getlist(name)]
    files = sorted((name, file.name or "", file.size or 0) for name, file in sent)
    return digest("body", hashlib.sha256(repr((words, files)).encode()).hexdigest())

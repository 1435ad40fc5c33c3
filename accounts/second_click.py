"""Forms that give the session a new key: a second click on one finds the session, not the entry page."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import sessions

View = Callable[[HttpRequest], HttpResponse]


def follows_key(there: Callable[[HttpRequest], str]) -> Callable[[View], View]:
    """A second click while, or after, the first one gave the session a new key ends `there`, where the first one did."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            if request.method != "POST":
                return view(request)
            if sessions.follow(request):
                return redirect(there(request))
            response = view(request)
            sessions.follow(request)
            return response

        return wrapped

    return decorate

"""Who is signed in, and what they sent."""

from django.http import HttpRequest, QueryDict

from accounts.models import User


def person(request: HttpRequest) -> User:
    """The signed-in user; only for views that let nobody else in."""
    assert request.user.is_authenticated
    return request.user


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a POST without a single field is a POST too."""
    return request.POST if request.method == "POST" else None

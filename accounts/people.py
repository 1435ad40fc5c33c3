"""Who is signed in."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User


def person(request: HttpRequest) -> User:
    """The signed-in user; only for views that let nobody else in."""
    assert request.user.is_authenticated
    return cast(User, request.user)

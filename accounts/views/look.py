"""How pages look to this reader: for one browser by cookies, for a signed-in person also in the profile."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.middleware import TEXT_SIZE_COOKIE, THEME_COOKIE
from accounts.models import User
from accounts.next_page import safe_path

YEAR = 365 * 24 * 3600
CHOICES = {
    "language": (settings.LANGUAGE_COOKIE_NAME, {code for code, _name in settings.LANGUAGES}),
    "text_size": (TEXT_SIZE_COOKIE, {str(size) for size in User.TextSize.values}),
    "theme": (THEME_COOKIE, set(User.Theme.values)),
}


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen, one thing or several, and go back."""
    chosen = {name: value for name in CHOICES if (value := request.POST.get(name, "")) in CHOICES[name][1]}
    response = redirect(safe_path(request.POST.get("next"), "/"))
    keep_look(response, chosen)
    if request.user.is_authenticated and chosen:
        User.objects.filter(pk=request.user.pk).update(**chosen)
    return response


def keep_look(response: HttpResponse, chosen: dict[str, str]) -> None:
    """Write the choices into this browser, so that they hold after signing out too."""
    for name, value in chosen.items():
        cookie = CHOICES[name][0]
        response.set_cookie(
            cookie, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )

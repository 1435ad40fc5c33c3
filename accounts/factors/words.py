"""A person's second factors in a few words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.factors.totp import TYPE
from accounts.models import User


def factor_in_words(user: User) -> str:
    """«App, 2 passkeys» for the list of the profile."""
    types = list(user.authenticator_set.values_list("type", flat=True))  # type: ignore[attr-defined]
    passkeys = types.count(TYPE.WEBAUTHN)
    words = [_("App with codes")] if TYPE.TOTP in types else []
    if passkeys:
        words.append(ngettext("%(count)d passkey", "%(count)d passkeys", passkeys) % {"count": passkeys})
    return ", ".join(words) or _("Not set up")

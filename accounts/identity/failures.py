"""What may go wrong between the portal and an identity service, told apart by what the person can do about it."""

from enum import Enum

from allauth.socialaccount.providers.oauth2.client import OAuth2Error


class Failure(Enum):
    """One page for each; the value is its HTTP status."""

    AWAY = 503  # the service does not answer, or answers with an error of its own
    BROKEN = 502  # what it answers is not OpenID Connect
    STALE = 400  # the step was begun too long ago, in another browser, or was made already
    UNTRUSTED = 403  # its word about the person does not pass the checks
    DENIED = 422  # it says that it does not confirm this person


class Fault(OAuth2Error):
    """A sign-in that ends here. `reason` is for the log: a few fixed words, nothing of the person and of the answer."""

    failure = Failure.UNTRUSTED

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Away(Fault):
    """The service cannot be reached, is too slow or ill."""

    failure = Failure.AWAY


class Broken(Fault):
    """The service answers, but not what the protocol asks for."""

    failure = Failure.BROKEN


class Denied(Fault):
    """The service refuses: this code, this person, this portal."""

    failure = Failure.DENIED

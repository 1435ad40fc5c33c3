"""Errors that are answers to a person, not bugs."""

from typing import Any

from django.utils.functional import Promise


class Refusal(Exception):
    """The portal will not do this now. `message` is a sentence a resident understands and says what to do.

    One middleware turns it into one polite page; `status` is its HTTP status (409 unless a subclass says otherwise).
    """

    status = 409

    def __init__(self, message: str | Promise, **facts: Any) -> None:
        super().__init__(str(message))
        self.message = message
        self.facts = facts


class Busy(Refusal):
    """Something else is being written at this very moment: in a minute it may go through. A task tries again by itself."""

"""A question that a person answers by ear or by eye and a careless script does not: plain sums in words."""

import secrets

from django.http import HttpRequest
from django.utils.translation import gettext as _

PLACE = "human_answer"


def _words() -> list[str]:
    return [
        _("one"), _("two"), _("three"), _("four"), _("five"), _("six"), _("seven"), _("eight"), _("nine"), _("ten"),
    ]  # fmt: skip


def ask(request: HttpRequest) -> str:
    """Put a new question to this browser and return it; an earlier one is void."""
    first, second = secrets.randbelow(10) + 1, secrets.randbelow(10) + 1
    words = _words()
    facts = {"first": words[max(first, second) - 1], "second": words[min(first, second) - 1]}
    plus = bool(secrets.randbelow(2))
    request.session[PLACE] = first + second if plus else abs(first - second)
    return (_("%(first)s plus %(second)s") if plus else _("%(first)s minus %(second)s")) % facts


def is_answer(request: HttpRequest, typed: str) -> bool:
    """Whether this is the answer; each question is good for one answer, right or wrong."""
    answer = request.session.pop(PLACE, None)
    text = typed.strip()
    return answer is not None and text.isascii() and text.isdigit() and int(text) == answer

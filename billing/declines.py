"""Why an online payment was not entered, in words for an employee. The rows keep the provider's own word.

The words are those of ЮKassa's `cancellation_details.reason` of a payment (yookassa.ru/developers, «Неуспешные платежи»; the
client's CancellationDetailsReasonCode); the sandbox uses the same. What is unknown here is shown with a general sentence.
"""

from decimal import Decimal, InvalidOperation

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lib.money import format_money

WORDS: dict[str, Promise] = {
    "3d_secure_failed": _("the payer did not pass the check by a code of the bank (3-D Secure)"),
    "call_issuer": _("the bank that issued the card declined and did not say why"),
    "canceled_by_merchant": _("cancelled by the payer or from here"),
    "card_expired": _("the card is out of date"),
    "country_forbidden": _("cards of this country are not taken"),
    "expired_on_capture": _("the time for taking the money ran out"),
    "expired_on_confirmation": _("the payer did not confirm in time"),
    "fraud_suspected": _("the provider suspects a fraud"),
    "general_decline": _("declined, the reason was not given"),
    "identification_required": _("the limit of the wallet is used up until its owner is identified"),
    "insufficient_funds": _("not enough money on the card or in the wallet"),
    "internal_timeout": _("a fault of the provider: it did not answer in time"),
    "invalid_card_number": _("the number of the card is wrong"),
    "invalid_csc": _("the code of the card (CVV2, CVC2) is wrong"),
    "issuer_unavailable": _("the bank that issued the card could not be reached"),
    "payment_method_limit_exceeded": _("the limit of the card, of the wallet or of the shop is used up"),
    "payment_method_restricted": _("the card or the wallet is blocked"),
    "permission_revoked": _("the payer took back the permission to charge"),
    "rejected_by_timeout": _("nobody answered in time"),
    "unsupported_mobile_operator": _("this mobile operator is not taken"),
    # Facts of a payment that are not as they were sent.
    "merchant": _("paid to another shop"),
    "reference": _("the provider names another payment"),
}


def why(word: str) -> str:
    """What the provider's word for a payment that failed means; '' when it said none."""
    if not word:
        return ""
    if word in WORDS:
        return str(WORDS[word])
    return gettext("declined; the provider's word for it: %(word)s") % {"word": word}


def what_differs(words: str) -> str:
    """Which of the provider's facts are not as they were sent, of «1.00 RUB, merchant» (`actions.paying`)."""
    return ", ".join(str(WORDS.get(part) or _sum(part)) for part in words.split(", ") if part)


def _sum(part: str) -> str:
    """«1.00 RUB» as the reader writes it."""
    number, _space, currency = part.partition(" ")
    try:
        written = format_money(Decimal(number), currency, get_language() or "en")
    except InvalidOperation:
        written = part
    return gettext("paid another sum: %(sum)s") % {"sum": written}

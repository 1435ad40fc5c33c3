"""One attempt of one delivery: claim, render, hand to the gateway, record."""

import logging
from datetime import datetime
from traceback import extract_tb

from django.utils import translation

from notifications import actions
from notifications.channels import GatewayError, gateway
from notifications.models import Delivery
from notifications.rendering import render

log = logging.getLogger("notifications")


def send(delivery_id: str, *, at: datetime) -> None:
    """Send one delivery if it is due and nobody else has it. No transaction is open while the gateway is waited for."""
    if actions.expire(Delivery.objects.filter(pk=delivery_id), at=at):
        return
    if (delivery := actions.claim(delivery_id, at=at)) is None:
        return
    try:
        with translation.override(delivery.notice.language):
            gateway_id = gateway(delivery.channel)(delivery, render(delivery))
    except GatewayError as error:
        actions.record_failed(delivery, error=str(error), permanent=error.permanent, at=at)
        log.warning("delivery %s: attempt %s on %s: %s", delivery.pk, delivery.attempts, delivery.channel, error)
    except Exception as error:
        # A bug of ours (a template, a lost key). The message may hold a code, so only its kind and place are kept.
        place = extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__} at {place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        actions.record_failed(delivery, error=reason, at=at)
        log.error("delivery %s of %s: %s", delivery.pk, delivery.notice.kind, reason)
    else:
        actions.record_sent(delivery, gateway_id=gateway_id, at=at)

"""What the rooms below call upwards."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import erased
from billing.models import PaymentIntent


@receiver(erased)
def person_is_erased(sender: Any, *, user: User, **kwargs: Any) -> None:
    """Payments stay, as the law asks; the address for the receipt was the person's own."""
    PaymentIntent.objects.filter(user=user).exclude(email="").update(email="")

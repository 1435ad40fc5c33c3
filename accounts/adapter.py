"""What django-allauth asks about our people."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Phones and e-mails of our User."""

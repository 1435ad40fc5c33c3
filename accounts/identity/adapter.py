"""What django-allauth asks while an identity service answers."""

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Nobody is registered or matched by what a service says: our own steps decide."""

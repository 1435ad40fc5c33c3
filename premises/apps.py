from django.apps import AppConfig


class PremisesConfig(AppConfig):
    name = "premises"

    def ready(self) -> None:
        from premises import notices  # noqa: F401 declares the kinds

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MetersConfig(AppConfig):
    name = "meters"
    verbose_name = _("Meters")

    def ready(self) -> None:
        from meters import notices, receivers  # noqa: F401  (declares the kinds; hears of erased people)
        from meters.actions.import_meters import import_meters, undo_meters
        from meters.actions.import_readings import import_readings, undo_readings
        from premises.models import StaffMember
        from premises.registers import declare

        declare("meters", import_meters, undo=undo_meters, jobs={StaffMember.Role.MANAGER})
        declare("readings", import_readings, undo=undo_readings)

"""One meter of a company per number of the state system: by this number registers find it."""

from django.db import migrations, models

# Of meters that share a number the one that is still in place keeps it, of several such the newest.
TAKE_TWINS_AWAY = """
UPDATE meters_meter SET gis_number = '' WHERE gis_number <> '' AND id NOT IN (
    SELECT DISTINCT ON (organization_id, gis_number) id FROM meters_meter WHERE gis_number <> ''
    ORDER BY organization_id, gis_number, removed_on DESC NULLS FIRST, id DESC
)
"""


class Migration(migrations.Migration):
    dependencies = [("meters", "0002_readings_are_history")]

    operations = [
        migrations.RunSQL(TAKE_TWINS_AWAY, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="meter",
            constraint=models.UniqueConstraint(
                fields=["organization", "gis_number"],
                condition=models.Q(("gis_number", ""), _negated=True),
                name="one_meter_per_number_of_the_state_system",
                violation_error_message="Another meter of the company has this number in ГИС ЖКХ.",
            ),
        ),
    ]

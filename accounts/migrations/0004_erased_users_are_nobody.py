from django.db import migrations, models

# What was written about a person after the profile was deleted goes, before the rule holds.
CLEAN = """
UPDATE accounts_user SET phone = NULL, email = NULL, last_name = '', first_name = '', patronymic = '', is_active = false
WHERE erased_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rights_that_change_end_sessions")]

    operations = [
        migrations.RunSQL(CLEAN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("erased_at__isnull", True))
                | models.Q(
                    ("email__isnull", True), ("first_name", ""), ("is_active", False), ("last_name", ""),
                    ("patronymic", ""), ("phone__isnull", True),
                ),
                name="erased_user_is_nobody",
            ),
        ),
    ]

from django.db import migrations

# Whoever changes what a person may (an action, a script, a hand in the database): every session of that person ends in the
# same transaction. The list of sessions names each of them, so nobody else's is touched.
FORWARD = """
CREATE FUNCTION accounts_end_sessions(person bigint) RETURNS void LANGUAGE sql AS $$
    WITH ended AS (DELETE FROM usersessions_usersession WHERE user_id = person RETURNING session_key)
    DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM ended);
$$;
CREATE FUNCTION accounts_rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounts_end_sessions(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_rights_changed
    AFTER UPDATE OF is_staff, is_superuser, is_active ON accounts_user FOR EACH ROW
    WHEN ((OLD.is_staff, OLD.is_superuser, OLD.is_active)
        IS DISTINCT FROM (NEW.is_staff, NEW.is_superuser, NEW.is_active))
    EXECUTE FUNCTION accounts_rights_changed();
"""
BACKWARD = """
DROP TRIGGER accounts_rights_changed ON accounts_user;
DROP FUNCTION accounts_rights_changed();
DROP FUNCTION accounts_end_sessions(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_verified_persons_and_factor_resets"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

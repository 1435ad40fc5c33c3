from django.db import migrations

# A job that begins, changes its role or company, or ends: all sessions of its person end with it (accounts 0003).
FORWARD = """
CREATE FUNCTION premises_job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM accounts_end_sessions(OLD.user_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM accounts_end_sessions(NEW.user_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER premises_job_begins_or_goes
    AFTER INSERT OR DELETE ON premises_staffmember FOR EACH ROW EXECUTE FUNCTION premises_job_changed();
CREATE TRIGGER premises_job_changed
    AFTER UPDATE OF user_id, organization_id, role, is_active ON premises_staffmember FOR EACH ROW
    WHEN ((OLD.user_id, OLD.organization_id, OLD.role, OLD.is_active)
        IS DISTINCT FROM (NEW.user_id, NEW.organization_id, NEW.role, NEW.is_active))
    EXECUTE FUNCTION premises_job_changed();
"""
BACKWARD = """
DROP TRIGGER premises_job_changed ON premises_staffmember;
DROP TRIGGER premises_job_begins_or_goes ON premises_staffmember;
DROP FUNCTION premises_job_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("premises", "0010_verified_persons_are_proposed_as_owners"),
        ("accounts", "0003_rights_that_change_end_sessions"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

from django.db import migrations

# Exact: fractions are added with a common denominator, because 6 × round(1/6) is more than 1. The unit's row is locked,
# so that two owners entered at the same moment see each other. Joint ownership has no shares.
FORWARD = """
CREATE FUNCTION premises_shares_up_to_one() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record;
    whole_n numeric := 0;
    whole_d numeric := 1;
BEGIN
    PERFORM 1 FROM premises_unit WHERE id = NEW.unit_id FOR NO KEY UPDATE;
    FOR part IN
        SELECT numerator AS n, denominator AS d FROM premises_ownership
        WHERE unit_id = NEW.unit_id AND NOT is_joint
          AND (since IS NULL OR since <= CURRENT_DATE) AND (until IS NULL OR until >= CURRENT_DATE)
    LOOP
        whole_n := whole_n * part.d + part.n * whole_d;
        whole_d := whole_d * part.d;
    END LOOP;
    IF whole_n > whole_d THEN
        RAISE EXCEPTION 'the shares of unit % add up to more than one', NEW.unit_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'shares_add_up_to_one';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shares_add_up_to_one
    AFTER INSERT OR UPDATE ON premises_ownership
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION premises_shares_up_to_one();
"""
BACKWARD = """
DROP TRIGGER shares_add_up_to_one ON premises_ownership;
DROP FUNCTION premises_shares_up_to_one();
"""


class Migration(migrations.Migration):
    dependencies = [("premises", "0002_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""Shares in force today: by the day of the company's time zone, not of the database's session, which speaks UTC.

Between midnight there and midnight in UTC a share that ended yesterday was counted once more, and its heir was refused.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION premises_shares_up_to_one() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record;
    today date;
    whole_n numeric := 0;
    whole_d numeric := 1;
BEGIN
    PERFORM 1 FROM premises_unit WHERE id = NEW.unit_id FOR NO KEY UPDATE;
    %s
    FOR part IN
        SELECT numerator AS n, denominator AS d FROM premises_ownership
        WHERE unit_id = NEW.unit_id AND NOT is_joint
          AND (since IS NULL OR since <= today) AND (until IS NULL OR until >= today)
    LOOP
        whole_n := whole_n * part.d + part.n * whole_d;
        whole_d := whole_d * part.d;
    END LOOP;
    IF whole_n > whole_d THEN
        RAISE EXCEPTION 'the shares of unit %% add up to more than one', NEW.unit_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'shares_add_up_to_one';
    END IF;
    RETURN NULL;
END $$;
"""
LOCAL = """SELECT (now() AT TIME ZONE company.time_zone)::date INTO today
    FROM premises_unit unit JOIN premises_house house ON house.id = unit.house_id
    JOIN premises_organization company ON company.id = house.organization_id
    WHERE unit.id = NEW.unit_id;"""


class Migration(migrations.Migration):
    dependencies = [("premises", "0008_what_an_import_brought_knows_it")]

    operations = [migrations.RunSQL(FUNCTION % LOCAL, FUNCTION % "today := CURRENT_DATE;")]

"""Readings, estimates and the history of meters are never rewritten; no reading stands above a higher source's or below its past."""

from django.db import migrations

# What may change in a reading: whether it counts, who looked at it, and the photo (a person's erasure removes it).
HISTORY = """
CREATE FUNCTION meters_reading_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
       (NEW.public_id, NEW.meter_id, NEW.period, NEW.taken_on, NEW.t1, NEW.t2, NEW.t3, NEW.source, NEW.is_billable,
        NEW."drop", NEW.doubts, NEW.note, NEW.author_id, NEW.created_at, NEW.batch_id)
       IS DISTINCT FROM
       (OLD.public_id, OLD.meter_id, OLD.period, OLD.taken_on, OLD.t1, OLD.t2, OLD.t3, OLD.source, OLD.is_billable,
        OLD."drop", OLD.doubts, OLD.note, OLD.author_id, OLD.created_at, OLD.batch_id)
    THEN
        RAISE EXCEPTION 'readings are never rewritten: enter another one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reading_is_history BEFORE UPDATE OR DELETE ON meters_reading
    FOR EACH ROW EXECUTE FUNCTION meters_reading_is_history();

CREATE FUNCTION meters_row_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER estimate_is_history BEFORE UPDATE OR DELETE ON meters_estimate
    FOR EACH ROW EXECUTE FUNCTION meters_row_is_history();
CREATE TRIGGER meter_event_is_history BEFORE UPDATE OR DELETE ON meters_meterevent
    FOR EACH ROW EXECUTE FUNCTION meters_row_is_history();
"""
HISTORY_BACK = """
DROP TRIGGER meter_event_is_history ON meters_meterevent;
DROP TRIGGER estimate_is_history ON meters_estimate;
DROP FUNCTION meters_row_is_history();
DROP TRIGGER reading_is_history ON meters_reading;
DROP FUNCTION meters_reading_is_history();
"""

# One look per statement, not per row: a register of a hundred thousand readings is one statement.
ORDER = """
CREATE FUNCTION meters_readings_keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT n.id INTO wrong FROM fresh n JOIN meters_meter m ON m.id = n.meter_id
    WHERE (n.t2 IS NULL) <> (m.zones < 2) OR (n.t3 IS NULL) <> (m.zones < 3)
       OR n.state = 'current' AND (n.taken_on < m.installed_on OR n.taken_on > m.removed_on) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reading % does not fit its meter', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reading_fits_its_meter';
    END IF;
    SELECT n.id INTO wrong FROM fresh n JOIN meters_reading r ON r.meter_id = n.meter_id AND r.period = n.period
    WHERE n.state = 'current' AND r.state <> 'withdrawn' AND r.rank > n.rank LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reading % takes the place of a higher source', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reading_keeps_precedence';
    END IF;
    SELECT n.id INTO wrong FROM fresh n CROSS JOIN LATERAL (
        SELECT r.t1, r.t2, r.t3 FROM meters_reading r
        WHERE r.meter_id = n.meter_id AND r.state = 'current' AND r.period < n.period ORDER BY r.period DESC LIMIT 1
    ) before WHERE n.state = 'current' AND n."drop" = '' AND (n.t1 < before.t1 OR n.t2 < before.t2 OR n.t3 < before.t3)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reading % is lower than the one before', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reading_is_not_lower_than_before';
    END IF;
    SELECT n.id INTO wrong FROM fresh n CROSS JOIN LATERAL (
        SELECT r.t1, r.t2, r.t3, r."drop" AS why FROM meters_reading r
        WHERE r.meter_id = n.meter_id AND r.state = 'current' AND r.period > n.period ORDER BY r.period LIMIT 1
    ) later WHERE n.state = 'current' AND later.why = '' AND (later.t1 < n.t1 OR later.t2 < n.t2 OR later.t3 < n.t3)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reading % is higher than the one after', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reading_is_not_higher_than_after';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER readings_keep_order_when_added AFTER INSERT ON meters_reading
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION meters_readings_keep_order();
CREATE TRIGGER readings_keep_order_when_changed AFTER UPDATE ON meters_reading
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION meters_readings_keep_order();
"""
ORDER_BACK = """
DROP TRIGGER readings_keep_order_when_changed ON meters_reading;
DROP TRIGGER readings_keep_order_when_added ON meters_reading;
DROP FUNCTION meters_readings_keep_order();
"""


class Migration(migrations.Migration):
    dependencies = [("meters", "0001_initial")]

    operations = [migrations.RunSQL(HISTORY, HISTORY_BACK), migrations.RunSQL(ORDER, ORDER_BACK)]

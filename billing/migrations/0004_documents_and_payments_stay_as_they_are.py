"""What may still move on a document and a payment, and nothing else; printed lines never do."""

from django.db import migrations

FROZEN = """
CREATE OR REPLACE FUNCTION billing_invoice_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['pdf', 'pdf_state', 'pdf_queued_at', 'pdf_attempts', 'voided_at'];
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'issued documents are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION billing_payment_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['refunded', 'voided_at'];
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'payments are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_is_frozen BEFORE UPDATE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_is_frozen();
CREATE FUNCTION billing_line_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'printed lines are never edited' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER line_is_frozen BEFORE UPDATE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_is_frozen();
"""
FREE = """
DROP TRIGGER payment_is_frozen ON billing_payment;
DROP FUNCTION billing_payment_is_frozen();
DROP TRIGGER line_is_frozen ON billing_invoiceline;
DROP FUNCTION billing_line_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_charges_runs_and_online_payments")]

    operations = [migrations.RunSQL(FROZEN, FREE)]

"""The book refuses UPDATE and DELETE, and an issued document refuses a change of any printed word."""

from django.db import migrations

LEDGER = """
CREATE FUNCTION billing_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: post the opposite entry' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledger_is_append_only();
"""
LEDGER_BACK = """
DROP TRIGGER ledger_is_append_only ON billing_ledgerentry;
DROP FUNCTION billing_ledger_is_append_only();
"""

# Only how the PDF is getting on may change; what the document says may not.
INVOICE = """
CREATE FUNCTION billing_invoice_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['pdf', 'pdf_state', 'pdf_queued_at', 'pdf_attempts'];
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'issued documents are never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_is_frozen BEFORE UPDATE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_is_frozen();
"""
INVOICE_BACK = """
DROP TRIGGER invoice_is_frozen ON billing_invoice;
DROP FUNCTION billing_invoice_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunSQL(LEDGER, LEDGER_BACK), migrations.RunSQL(INVOICE, INVOICE_BACK)]

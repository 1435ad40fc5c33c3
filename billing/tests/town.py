"""A marked row of every model of billing's admin, for the crawl of the staff room."""

from datetime import date

from billing.actions.ledger import post_documents, post_payments
from billing.models import Requisites
from billing.testing import make_invoice, make_payment
from premises.tests.town import ROWS, Side


def write_papers(side: Side) -> None:
    """A document, a payment and bank details, all with the marker; the book has their lines."""
    number = f"№{side.marker}"
    post_documents([make_invoice(side.account, date(2026, 3, 1), number=number, recipient=side.marker)])
    post_payments([make_payment(side.account, "20.03.2026", "5.00", number=number, operation=number)])
    Requisites.objects.create(
        organization=side.organization, recipient=f"ООО {side.marker}", tax_id="3661057530", account="4" * 20
    )


ROWS.append(write_papers)

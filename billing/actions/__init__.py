"""What billing does: enter papers into the book, import registers, make PDFs."""

"""A small typesetter: paragraphs, tables and codes on A4, straight into a tagged PDF (PDF/UA-1) with real text.

For forms that are printed by the thousand. It knows what a payment document needs and no more: left-to-right text in two
weights, tables of fixed columns, no styles to match and no boxes to nest. Everything else is drawn by lib/pdf.py.
"""

from lib.paper.book import Book
from lib.paper.sheet import LANDSCAPE, PORTRAIT, Box, Sheet
from lib.paper.table import Cell, Column, Row, Table
from lib.paper.text import Span, Style

__all__ = ["LANDSCAPE", "PORTRAIT", "Book", "Box", "Cell", "Column", "Row", "Sheet", "Span", "Style", "Table"]

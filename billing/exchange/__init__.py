"""Registers of the companies, one pure file per register: rows of text in, documents and payments out."""

"""Pages about accounts, links, flats and letters: residents' and the council's."""

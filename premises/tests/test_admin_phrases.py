"""The sentences of Django's admin that we say anew are those that it says."""

import gettext
from pathlib import Path

import pytest
from django.contrib import admin

from premises.admin_phrases import PHRASES


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_each_is_a_sentence_of_the_stock_admin(language: str) -> None:
    """After an update of Django a sentence that it no longer says would stand in our catalogues for nothing."""
    stock = gettext.translation("django", Path(admin.__file__).parent / "locale", [language])
    assert [one for one in PHRASES if stock.gettext(one) == one] == []

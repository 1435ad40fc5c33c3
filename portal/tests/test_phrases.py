"""`{% translate %}` looks its words up once and still speaks the reader's language. The words are Django's own."""

from django.template import Context, Template
from django.utils import translation

RENDERED: dict[str, Template] = {}


def said(source: str, language: str, **values: str) -> str:
    """What the one template of this source says in a language."""
    with translation.override(language):
        return RENDERED.setdefault(source, Template(source)).render(Context(values))


def test_one_template_speaks_each_reader_s_language() -> None:
    spoken = [said('{% translate "Monday" %}', language) for language in ("en", "ru", "en", "uk")]
    assert spoken == ["Monday", "Понедельник", "Monday", "Понеділок"]


def test_words_kept_in_a_name_are_there_every_time() -> None:
    source = '{% translate "Monday" as day %}[{{ day }}]'
    assert [said(source, "ru"), said(source, "ru"), said(source, "en")] == [
        "[Понедельник]",
        "[Понедельник]",
        "[Monday]",
    ]


def test_one_word_in_two_contexts_is_two_words() -> None:
    source = '{% translate "March" %} {% translate "March" context "alt. month" %}'
    assert [said(source, "ru"), said(source, "ru")] == ["Март марта", "Март марта"]


def test_what_is_not_a_constant_is_looked_up_and_escaped_anew() -> None:
    source = "{% translate words %}"
    assert [said(source, "ru", words="Monday"), said(source, "ru", words="<b>")] == ["Понедельник", "&lt;b&gt;"]

"""`{% translate %}` that looks its words up once per language: a page has seventy of them, each a hundred calls deep."""

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.translation import get_language

register = template.Library()


class Phrase(TranslateNode):
    """A constant of a template; in each language it has one translation as long as the process lives."""

    def __init__(self, node: TranslateNode) -> None:
        super().__init__(node.filter_expression, node.noop, node.asvar, node.message_context)
        self.words: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        if language not in self.words:
            said = super().render(context)
            self.words[language] = context[self.asvar] if self.asvar else said
        if not self.asvar:
            return self.words[language]
        context[self.asvar] = self.words[language]
        return ""


@register.tag
def translate(parser: Parser, token: Token) -> TranslateNode:
    """As Django's tag; what is not a constant goes Django's way."""
    node = do_translate(parser, token)
    is_constant = not node.filter_expression.filters and node.filter_expression.var.literal is not None
    return Phrase(node) if is_constant else node

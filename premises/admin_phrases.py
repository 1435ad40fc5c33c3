"""Sentences of Django's own admin that our catalogues say anew: in Russian and Ukrainian its words agree with no name.

«Услуга был успешно добавлен», «Добавить услуга»: the stock translations put the name of any row into a sentence of the
masculine nominative. Ours keep the name apart: «Услуга «Домофон»: добавлено». They are listed here to be collected.
"""

from django.utils.translation import gettext_noop as _

PHRASES = (
    _("The {name} “{obj}” was added successfully."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
    _("Successfully deleted %(count)d %(items)s."),
    _("Add %s"),
    _("Add %(name)s"),
    _("Change %s"),
    _("View %s"),
)

"""How forms are drawn: every Django form comes out of components/, with errors beside the field."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """`{{ form }}` is components/fields.html, `{{ form.name.as_field_group }}` is components/field.html.

    The admin draws its own forms from its own templates and is not touched.
    """

    form_template_name = "components/fields.html"
    field_template_name = "components/field.html"

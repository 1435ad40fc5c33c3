"""The staff's queue of proofs of owners: the register's name beside the one an identity service confirmed."""

from difflib import SequenceMatcher
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.errors import Refusal
from premises import actions
from premises.admin_people import ReasonForm, apply
from premises.admin_scope import CHANGE, MANAGER, VIEW, KeyedForm, ScopedAdmin
from premises.models import OwnerProof


def marked(name: str, other: str) -> SafeString:
    """The name with what the other one has not in <mark>; letter case is no difference."""
    parts = SequenceMatcher(None, other.casefold(), name.casefold(), autojunk=False).get_opcodes()
    pieces = [(tag, name[start:end]) for tag, _from, _to, start, end in parts if end > start]
    return format_html_join(
        "", "{}", ((text if tag == "equal" else format_html("<mark>{}</mark>", text),) for tag, text in pieces)
    )


class ProofForm(KeyedForm):
    """One decision about two names; a refusal says why."""

    ACCEPT, REFUSE = "accept", "refuse"
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"), widget=forms.RadioSelect,
        choices=[
            (ACCEPT, gettext_lazy("One person: confirm as owner")),
            (REFUSE, gettext_lazy("Not the owner: refuse")),
        ],
    )  # fmt: skip
    answer = forms.CharField(label=gettext_lazy("Reason, told to the person"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        answer = (values.get("answer") or "").strip()
        if values.get("decision") == self.REFUSE and not answer:
            self.add_error("answer", _("Write the reason: it is told to the person."))
        if values.get("decision") == self.ACCEPT and answer:
            self.add_error("answer", _("A reason belongs to a refusal. Choose one of the two."))
        return values


@admin.register(OwnerProof)
class OwnerProofAdmin(ScopedAdmin):
    """Who may be an owner. Names that are only similar are accepted on their own page, where both stand side by side."""

    organization_path = "link__account__organization"
    may = {MANAGER: {VIEW, CHANGE}}
    form = ProofForm
    list_display = ("place", "in_register", "confirmed", "likeness", "service", "level", "state", "created_at")
    list_filter = ("state", "likeness", "level")
    list_select_related = ("link__account__unit__house",)
    search_fields = ("link__account__number_search",)
    search_names = ("owner", "name")
    search_help_text = gettext_lazy("Account number or a name")
    action_form = ReasonForm
    actions = ("accept", "refuse")
    FACTS = ("place", "in_register", "confirmed", "likeness", "service", "level", "state", "created_at")

    @admin.display(description=gettext_lazy("flat"))
    def place(self, proof: OwnerProof) -> str:
        return proof.link.account.place

    @admin.display(description=gettext_lazy("owner in the register"), ordering="owner")
    def in_register(self, proof: OwnerProof) -> str:
        return marked(proof.owner, proof.name) if proof.name else proof.owner

    @admin.display(description=gettext_lazy("confirmed name"), ordering="name")
    def confirmed(self, proof: OwnerProof) -> str:
        return marked(proof.name, proof.owner)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        decided = ("answer", "answered_by", "answered_at")
        return (*self.FACTS, *(("decision", "answer") if self._decides(request, obj) else decided))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.FACTS if self._decides(request, obj) else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_waiting)

    def save_model(self, request: HttpRequest, obj: OwnerProof, form: Any, change: bool) -> None:
        """Answer through our actions, so that everybody concerned is told."""
        if form.cleaned_data["decision"] == ProofForm.ACCEPT:
            actions.accept_proof(obj, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        else:
            reason = form.cleaned_data["answer"].strip()
            actions.refuse_proof(obj, reason=reason, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
        """An answer that came too late is said above the page as it stands now."""
        proof = self.get_object(request, str(object_id)) if request.method == "POST" else None
        if proof is not None and not proof.is_waiting and self.has_view_permission(request, proof):
            messages.error(
                request, _("This has been answered meanwhile: nothing was changed. The answer stands below.")
            )
            return redirect(request.path)
        try:
            page: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
            proof = self.get_object(request, str(object_id))
            if proof is not None:
                actions.prove_owner(proof.link.user, timezone.now())
            return self.response_post_save_change(request, proof)
        return page

    @admin.action(
        description=gettext_lazy("Confirm as owner (only where the names are the same)"), permissions=["change"]
    )
    def accept(self, request: HttpRequest, proofs: QuerySet[OwnerProof]) -> None:
        apply(request, proofs, lambda proof: self._accept(request, proof))

    @admin.action(description=gettext_lazy("Refuse (reason needed)"), permissions=["change"])
    def refuse(self, request: HttpRequest, proofs: QuerySet[OwnerProof]) -> None:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            messages.error(request, _("Write the reason beside the action: it is told to the person."))
            return
        apply(request, proofs, lambda proof: self._refuse(request, proof, reason))

    def _accept(self, request: HttpRequest, proof: OwnerProof) -> None:
        if proof.likeness != OwnerProof.Likeness.SAME:
            raise Refusal(_("These names are only similar. Open the proof and compare them."))
        actions.accept_proof(proof, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        self.log_change(request, proof, _("Accepted"))

    def _refuse(self, request: HttpRequest, proof: OwnerProof, reason: str) -> None:
        actions.refuse_proof(proof, reason=reason, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        self.log_change(request, proof, _("Refused"))

    def _decides(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

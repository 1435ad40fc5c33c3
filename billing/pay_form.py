"""Step 1 of paying: how much, which way, where the receipt goes."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from billing.models import PaymentIntent, ProviderAccount
from billing.owed import Debts, Owed
from billing.paying import LEAST, MOST, MOST_SIGNS, NotASum, Wrong, fee_of, is_payable, is_unusual, sum_of
from lib.money import format_money, format_number
from lib.months import month_name

DUE, MONTH, BILL, OTHER = "due", "month", "bill", "other"
Method = PaymentIntent.Method


class OtherSum(forms.CharField):
    """Needed only where it is chosen: the form says so, in the words of the choice."""

    def validate(self, value: Any) -> None:
        """Nothing by itself."""


class PayForm(forms.Form):
    """The sums that are offered come from the book; only another sum is typed. What is odd is asked about once."""

    use_required_attribute = False  # which sum is needed depends on what is chosen

    what = forms.ChoiceField(
        label=gettext_lazy("How much to pay"), widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose how much to pay.")),
    )  # fmt: skip
    amount = OtherSum(
        label=gettext_lazy("Another sum, if chosen above"),
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short", "maxlength": MOST_SIGNS}
        ),
    )  # fmt: skip
    method = forms.ChoiceField(
        label=gettext_lazy("How to pay"), widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose one of the ways to pay.")),
    )  # fmt: skip
    email = forms.EmailField(
        label=gettext_lazy("E-mail for the receipt"), required=False, max_length=254,
        help_text=gettext_lazy("The receipt also comes to your notices here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": gettext_lazy("Enter the e-mail in full, for example name@example.com.")},
    )  # fmt: skip

    def __init__(self, owed: Owed, till: ProviderAccount, currency: str, data: QueryDict | None, *, email: str) -> None:
        super().__init__(data, initial={"email": email, "method": Method.WALLET})
        self.owed, self.currency = owed, currency
        self.doubts: list[str] = []
        self._offer_sums()
        self._offer_methods(till)

    def _offer_sums(self) -> None:
        owed, offers = self.owed, []
        if owed.bill and is_payable(owed.bill.amount):
            words = _("Bill № %(number)s: %(sum)s") % {"number": owed.bill.number, "sum": self.money(owed.bill.amount)}
            offers.append((BILL, words))
        if is_payable(owed.debt):
            offers.append((DUE, _("The whole debt: %(sum)s") % {"sum": self.money(owed.debt)}))
        if owed.month and is_payable(owed.month.amount) and owed.month.period:
            words = _("Only for %(month)s: %(sum)s") % {
                "month": month_name(owed.month.period), "sum": self.money(owed.month.amount)
            }  # fmt: skip
            offers.append((MONTH, words))
        offers.append((OTHER, _("Another sum")))
        self._choose("what", offers)
        self.initial["what"] = offers[0][0]
        if len(offers) == 1:
            self.fields["what"].widget = forms.HiddenInput()
            self.fields["amount"].label = _("How much to pay")
        self.fields["amount"].help_text = _("From %(least)s to %(most)s") % {
            "least": self.money(LEAST), "most": self.money(MOST)
        }  # fmt: skip

    def _offer_methods(self, till: ProviderAccount) -> None:
        percents = {Method.WALLET: till.wallet_fee, Method.CARD: till.card_fee}
        self._choose("method", [(one.value, f"{one.label}: {self._fee_words(percents[one])}") for one in Method])

    def _fee_words(self, percent: Decimal) -> str:
        """«no fee», or the percent and what it makes of the first sum that is offered."""
        if not percent:
            return _("no fee")
        words = {"percent": format_number(percent, get_language() or "en")}
        if (first := self._offered(self.initial["what"])) is None:
            return _("fee %(percent)s %%") % words
        words |= {"fee": self.money(fee_of(first, percent)), "sum": self.money(first)}
        return _("fee %(percent)s %% (%(fee)s of %(sum)s)") % words

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _offered(self, what: str) -> Decimal | None:
        part = {BILL: self.owed.bill, MONTH: self.owed.month}.get(what)
        return self.owed.debt if what == DUE else part.amount if part else None

    def money(self, amount: Decimal) -> str:
        return format_money(amount, self.currency, get_language() or "en")

    @property
    def sure(self) -> str:
        """What the box of «yes, pay» sends: it holds for this sum alone."""
        return str(self.cleaned_data["sum"])

    @property
    def period(self) -> date | None:
        """The month that the person named by their choice."""
        part = {BILL: self.owed.bill, MONTH: self.owed.month}.get(self.cleaned_data["what"])
        return part.period if part else None

    @property
    def debts(self) -> Debts:
        """What the sum is shared over."""
        part = {BILL: self.owed.bill, MONTH: self.owed.month}.get(self.cleaned_data["what"])
        return part.debts if part else self.owed.balances

    def clean(self) -> dict[str, Any]:
        """Find the sum: the offered one from the book, never from the page."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        what, typed = values.get("what"), (values.get("amount") or "").strip()
        if what is None:
            return values
        if what != OTHER:
            if typed:
                self.add_error("what", _("You wrote another sum. Choose «Another sum», or clear it."))
            values["sum"] = self._offered(what)
        elif not typed:
            if "amount" not in self.errors:
                self.add_error("amount", _("Write how much you want to pay."))
        else:
            values["sum"] = self._read(typed)
        return values

    def _read(self, typed: str) -> Decimal | None:
        try:
            return sum_of(typed, self.currency)
        except NotASum as error:
            self.add_error("amount", ValidationError(self._words(error.wrong)))
            return None

    def _words(self, wrong: Wrong) -> str:
        if wrong == Wrong.CURRENCY:
            return _("This account is paid in %(currency)s only. Write the sum without another currency.") % {
                "currency": self.money(Decimal(0)).split("\u00a0")[-1]
            }
        if wrong == Wrong.FRACTIONS:
            return _("Write at most two digits after the decimal sign, for example 3680,39.")
        if wrong == Wrong.NOTHING:
            return _("Enter a sum above zero.")
        if wrong == Wrong.RANGE:
            return _("From %(least)s to %(most)s can be paid at once.") % {
                "least": self.money(LEAST), "most": self.money(MOST)
            }  # fmt: skip
        return _("Write the sum in figures, for example 3680,39.")

    def doubt(self, similar: str) -> bool:
        """Whether this is to be asked about first: far too much, or paid a moment ago. The answer is for this sum only."""
        amount = self.cleaned_data["sum"]
        if self.cleaned_data["what"] == OTHER and is_unusual(amount, self.owed.debt):
            self.doubts.append(
                _("This is more than ten times what is owed.")
                if self.owed.debt > 0
                else _("Nothing is owed now: this will be an advance.")
            )
        if similar:
            self.doubts.append(similar)
        if self.doubts and self.data.get("sure") != self.sure:
            return True
        self.doubts = []
        return False

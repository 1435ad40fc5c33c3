"""Payment codes, byte for byte, and what is refused."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.qr import gost, nbu

TEPLODOM = gost.Payee(
    name='ООО "ТеплоДом"', account="40702810652000001234", bank="ПАО СБЕРБАНК", bic="044525225",
    corr_account="30101810400000000225", tax_id="3661057530", kpp="366101001",
)  # fmt: skip
MARTYNOVICH = gost.Payer(
    "10117", "Мартынович", "Александр", "Владимирович", "г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17"
)
G1 = (
    'ST00012|Name=ООО "ТеплоДом"|PersonalAcc=40702810652000001234|BankName=ПАО СБЕРБАНК|BIC=044525225'
    "|CorrespAcc=30101810400000000225|PayeeINN=3661057530|KPP=366101001|LastName=Мартынович|FirstName=Александр"
    "|MiddleName=Владимирович|PayerAddress=г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17|PersAcc=10117"
    "|PaymPeriod=022019|Sum=4704800|Purpose=Оплата ЖКУ за 02.2019, ЛС 10117|TechCode=02"
)
YALYNKA = nbu.Payee('ОСББ "Ялинка"', "UA223052990000026001234567890", "40000011")
PURPOSE = "Внесок за 10.2026, о/р 10117, кв. 17"
N1 = (
    "https://bank.gov.ua/qr/QkNECjAwMgoxClVDVAoK0J7QodCR0JEgItCv0LvQuNC90LrQsCIKVUEyMjMwNTI5OTAwMDAwMjYwMDEyMzQ1Njc4"
    "OTAKVUFIMTI0NS42MAo0MDAwMDAxMQoKCtCS0L3QtdGB0L7QuiDQt9CwIDEwLjIwMjYsINC-L9GAIDEwMTE3LCDQutCyLiAxNwo"
)
N3 = (
    "https://qr.bank.gov.ua/QkNECjAwMwoyClVDVAoKztHBwSAi3-vo7ergIgpVQTIyMzA1Mjk5MDAwMDAyNjAwMTIzNDU2Nzg5MApVQUgxMjQ1"
    "LjYKNDAwMDAwMTEKU1VQUC9TVVBQCjEwMTE3LTIwMjYtMTAKwu3l8e7qIOfgIDEwLjIwMjYsIO4v8CAxMDExNywg6uIuIDE3CgpGRUZGCjI2MTEy"
    "MDIzNTk1OQoyNjExMDEwOTAwMDAK"
)


def gost_text(payee: gost.Payee = TEPLODOM, payer: gost.Payer = MARTYNOVICH, **changes: Any) -> str:
    values: dict[str, Any] = {
        "period": date(2019, 2, 1), "amount": Decimal("47048.00"), "purpose": "Оплата ЖКУ за 02.2019, ЛС 10117"
    } | changes  # fmt: skip
    return gost.payment_text(payee, payer, **values)


def test_the_russian_vector_g1() -> None:
    assert gost_text() == G1
    assert len(G1) == 388
    assert len(G1.encode()) == 486


def test_a_value_with_a_bar_moves_every_separator() -> None:
    text = gost_text(purpose="ЖКУ | 02.2019")
    assert text.startswith("ST00012#Name=")
    assert text.count("#") == G1.count("|")


def test_a_long_purpose_is_shortened_to_the_limit() -> None:
    assert "Purpose=" + "я" * 160 + "|TechCode" in gost_text(purpose="я" * 400)


def test_a_bank_without_a_correspondent_account_writes_zero() -> None:
    assert "|CorrespAcc=0|" in gost_text(gost.Payee("ООО", "40702810652000001234", "Банк", "044525225"))


@pytest.mark.parametrize(
    "change",
    [
        {"bic": ""},
        {"bic": "44525225"},
        {"bank": ""},
        {"account": "7918798798797198798"},
        {"account": "4070281065200000123x"},
        {"account": "٤0702810652000001234"},
        {"name": "х" * 161},
        {"name": "две\nстроки"},
        {"name": "х" * 120},  # within its own limit, but 240 bytes with the rest are above 300
    ],
)
def test_details_that_no_bank_would_read_make_no_code(change: dict[str, str]) -> None:
    payee = gost.Payee(**(vars(TEPLODOM) | change))
    with pytest.raises(gost.CannotEncode):
        gost_text(payee)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_a_sum_that_cannot_be_paid_makes_no_code(amount: str) -> None:
    with pytest.raises(gost.CannotEncode):
        gost_text(amount=Decimal(amount))
    with pytest.raises(nbu.CannotEncode):
        nbu.payment_link_002(YALYNKA, amount=Decimal(amount), purpose=PURPOSE)


def test_the_ukrainian_vector_n1() -> None:
    assert nbu.payment_link_002(YALYNKA, amount=Decimal("1245.60"), purpose=PURPOSE) == N1
    assert len(N1) == 210


def n3(**changes: Any) -> str:
    kyiv = ZoneInfo("Europe/Kyiv")
    values: dict[str, Any] = {
        "amount": Decimal("1245.60"), "purpose": PURPOSE, "reference": "10117-2026-10",
        "valid_until": datetime(2026, 11, 20, 23, 59, 59, tzinfo=kyiv),
        "created": datetime(2026, 11, 1, 9, 0, tzinfo=kyiv),
    } | changes  # fmt: skip
    return nbu.payment_link_003(YALYNKA, **values)


def test_the_ukrainian_vector_n3() -> None:
    assert n3() == N3
    assert len(N3) == 251


def test_only_the_purpose_is_shortened_to_fit() -> None:
    assert len(n3(purpose="Внесок " * 100)) <= 507
    link = nbu.payment_link_002(YALYNKA, amount=None, purpose="Внесок " * 100)
    assert len(link) <= 23 + 331 * 4 // 3 + 2


@pytest.mark.parametrize(
    "change", [{"purpose": ""}, {"purpose": "漢"}, {"reference": "ї"}, {"reference": "x" * 36}, {"lock": "FF"},
               {"category": "supp"}, {"amount": Decimal("1000000000000")}]
)  # fmt: skip
def test_what_the_rules_forbid_makes_no_code(change: dict[str, Any]) -> None:
    with pytest.raises(nbu.CannotEncode):
        n3(**change)


@pytest.mark.parametrize("change", [{"iban": "UA22305299000002600123456789"}, {"tax_id": "4000001"}, {"name": ""}])
def test_ukrainian_details_that_are_wrong_make_no_code(change: dict[str, str]) -> None:
    with pytest.raises(nbu.CannotEncode):
        nbu.payment_link_002(nbu.Payee(**(vars(YALYNKA) | change)), amount=None, purpose=PURPOSE)

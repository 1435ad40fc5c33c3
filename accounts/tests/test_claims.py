"""The answer of an identity service becomes clean facts, and two answers are about one human or not. No database."""

import re
import unicodedata
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.identity.catalog import IdentityService
from accounts.identity.claims import PersonFacts, clean_name, read_claims, same_person

pytestmark = pytest.mark.feature("A4")
TODAY = date(2026, 11, 30)
BASE = {"id": "bank", "name": "Банк", "kind": "bank", "issuer": "https://id.example.org", "client_id": "c", "client_secret": "s"}  # fmt: skip
PLAIN = IdentityService(**BASE)  # type: ignore[arg-type]
RU, UA = replace(PLAIN, country="RU"), replace(PLAIN, country="UA")
OWN_WORDS = replace(
    PLAIN, claims={"last_name": "surname", "first_name": "name1", "birth_date": "birthDay", "inn": "taxId"}
)
IVAN = {"family_name": "Иванов", "given_name": "Иван", "middle_name": "Иванович"}


def read(claims: dict[str, Any], service: IdentityService = PLAIN) -> PersonFacts | None:
    return read_claims(service, claims, today=TODAY)


def facts(claims: dict[str, Any], service: IdentityService = PLAIN) -> PersonFacts:
    found = read(claims, service)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("Иванов", "Иванов"),
        ("  ИВАНОВ  ", "Иванов"),
        ("иванов", "Иванов"),
        ("САЛТЫКОВ-ЩЕДРИН", "Салтыков-Щедрин"),
        ("салтыков – щедрин", "Салтыков-Щедрин"),
        ("ДЕМ'ЯНЮК", "Дем'янюк"),
        ("Дем’янюк", "Дем'янюк"),
        ("Демʼянюк", "Дем'янюк"),
        ("O'CONNOR", "O'Connor"),
        ("ФОН БЕРГ", "фон Берг"),
        ("ван дер ваальс", "ван дер Ваальс"),
        ("ВАН", "Ван"),
        ("МАМЕД ОГЛЫ", "Мамед оглы"),
        ("МАМЕД-ОГЛЫ", "Мамед-оглы"),
        ("фон Берг", "фон Берг"),  # mixed case is the service's own
        ("МакГрегор", "МакГрегор"),
        ("Ива\u200bнов", "Иванов"),
        ("Ива\x00нов", "Иванов"),
        ("Ива\nнов", "Ива нов"),
        ("Йосиф", "Йосиф"),
        ("Иосиф".replace("И", "И\u0306"), "Йосиф"),
        ("Анна 2", ""),
        ("<b>Анна</b>", ""),
        ("-", ""),
        ("", ""),
        ("А" * 81, ""),
        ("А" * 80, "А" + "а" * 79),
        (None, ""),
        (7, ""),
        (["Анна"], ""),
    ],
)
def test_a_name_is_cleaned(typed: Any, clean: str) -> None:
    assert clean_name(typed) == clean


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        (IVAN, ("Иванов", "Иван", "Иванович")),
        (IVAN | {"middle_name": ""}, ("Иванов", "Иван", "")),
        ({"family_name": "IVANOV", "given_name": "ivan"}, ("Ivanov", "Ivan", "")),
        ({"name": "Иванов Иван Иванович"}, ("Иванов", "Иван", "Иванович")),
        ({"name": "ІВАНЕНКО ОЛЕНА ІВАНІВНА"}, ("Іваненко", "Олена", "Іванівна")),
        ({"name": "Ivanov Ivan Ivanovich"}, ("Ivanov", "Ivan", "Ivanovich")),
        ({"name": "Иванов Иван"}, ("Иванов", "Иван", "")),
        ({"name": "ПЕТРЕНКО ОЛЕНА"}, ("Петренко", "Олена", "")),
        ({"name": "Иван Иванов"}, None),
        ({"name": "Иван Павел"}, None),
        ({"name": "Петренко Еустахия"}, None),  # a name we do not know: perhaps the surname
        ({"name": "Иван Иванович Иванов"}, None),
        ({"name": "Иван Иванович"}, None),
        ({"name": "John Smith"}, None),  # which is the surname?
        ({"name": "Иванов"}, None),
        ({"name": "Абу Али Хусейн ибн Сина"}, None),
        ({"family_name": "Иванов"}, None),
        ({"family_name": "Иванов", "name": "Иванов Иван"}, None),  # the parts were given, one is missing
        ({"family_name": "Иванов1", "given_name": "Иван"}, None),
        *[
            (IVAN | {"middle_name": said}, ("Иванов", "Иван", ""))
            for said in ("Нет", "НЕМАЄ", "Отсутствует", "-", "б/о", "Б.О.", "Без отчества", "NULL", "unknown")
        ],
        ({"family_name": "NULL", "given_name": "Unknown"}, None),
        ({"family_name": "Иванов", "given_name": "не указано"}, None),
        ({"family_name": "NULL NULL", "given_name": "Иван"}, None),
        ({"family_name": "Нетребко", "given_name": "Бо"}, ("Нетребко", "Бо", "")),
        ({}, None),
    ],
)
def test_names_are_taken_where_they_are_certain(claims: dict[str, Any], names: tuple[str, str, str] | None) -> None:
    found = read(claims)
    assert (found and (found.last_name, found.first_name, found.patronymic)) == names


@pytest.mark.parametrize(
    ("given_date", "day"),
    [
        ("1990-01-31", date(1990, 1, 31)),
        ("31.01.1990", date(1990, 1, 31)),
        ("1900-01-01", date(1900, 1, 1)),
        ("2026-11-30", TODAY),
        ("2026-12-01", None),
        ("1899-12-31", None),
        ("1990-02-30", None),
        ("0000-05-01", None),  # OpenID Connect lets a service hide the year
        ("1990", None),
        ("01/31/1990", None),
        (19900131, None),
        ("", None),
    ],
)
def test_a_date_of_birth_is_plausible_or_nothing(given_date: Any, day: date | None) -> None:
    assert facts(IVAN | {"birthdate": given_date}).birth_date == day


@pytest.mark.parametrize(
    ("service", "claims", "kept"),
    [
        (RU, {"inn": "500100732259", "snils": "112-233-445 95"}, {"inn": "500100732259", "snils": "11223344595"}),
        (RU, {"inn": "500100732258", "snils": "112-233-445 96"}, {}),
        (RU, {"inn": "3661057530"}, {}),  # of a company
        (RU, {"inn": 500100732259}, {"inn": "500100732259"}),
        (RU, {"inn": True, "snils": ["112"]}, {}),
        (RU, {"rnokpp": "3287300012", "passport": "6012 123456"}, {}),
        (UA, {"rnokpp": "3287300012", "unzr": "19900101-00017"}, {"rnokpp": "3287300012", "unzr": "19900101-00017"}),
        (UA, {"unzr": "1990010100017"}, {"unzr": "19900101-00017"}),
        (UA, {"birthdate": "1990-01-02", "rnokpp": "3287300012", "unzr": "19900101-00017"}, {}),
        (UA, {"inn": "500100732259"}, {}),
        (PLAIN, {"inn": "500100732259", "rnokpp": "3287300012"}, {}),
    ],
)
def test_identifiers_are_those_of_the_country_and_real(
    service: IdentityService, claims: dict[str, Any], kept: dict[str, str]
) -> None:
    assert facts(IVAN | claims, service).identifiers == kept


def test_a_service_may_have_its_own_words() -> None:
    claims = {"surname": "Иванов", "name1": "Иван", "birthDay": "31.01.1990", "taxId": "500100732259"}
    found = facts(claims, replace(OWN_WORDS, country="RU"))
    assert (found.last_name, found.first_name, found.birth_date) == ("Иванов", "Иван", date(1990, 1, 31))
    assert found.identifiers == {"inn": "500100732259"}


@pytest.mark.parametrize(
    ("claim", "level"),
    [("loa3", 3), ("loa2", 2), ("unknown", 1), (None, 1), (["loa2", "loa3", 7], 3), ([], 1), ({"loa3": 1}, 1)],
)
def test_the_level_is_the_best_that_the_service_names(claim: Any, level: int) -> None:
    service = replace(PLAIN, levels={"loa3": "high", "loa2": "substantial"}, level_claim="loa")
    assert facts(IVAN | {"loa": claim}, service).level == level


@pytest.mark.parametrize(
    ("claim", "level"),
    [
        ("loa2", 2),
        ("weak", 1),
        (["weak"], 1),
        (["weak", "loa2"], 2),
        ({"a": 1}, 1),
        (7, 1),
        (None, 3),
        ("", 3),
        ([], 3),
    ],
)
def test_a_word_that_the_deployment_does_not_know_is_worth_least(claim: Any, level: int) -> None:
    """Not what the service has for everybody: that is for answers without any word."""
    service = replace(PLAIN, level="high", levels={"loa2": "substantial"})
    assert facts(IVAN | {"acr": claim}, service).level == level
    assert facts(IVAN | {"acr": claim}, replace(service, levels={})).level == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["family_name", "given_name", "middle_name", "name", "birthdate", "inn", "snils", "rnokpp", "unzr", "acr"]
LETTERS = st.text("абвгАБВ-'’. Йёі\u0306\u200bßŉİ", min_size=1, max_size=90)
NAME = re.compile(r"[^\W\d_][^\d_<>&\"]*")


@given(st.dictionaries(st.sampled_from(KEYS), JSON | LETTERS), st.sampled_from([PLAIN, RU, UA]))
def test_whatever_comes_the_facts_are_clean(claims: dict[str, Any], service: IdentityService) -> None:
    found = read(claims, service)
    if found is None:
        return
    assert found.last_name
    assert found.first_name
    for name in (found.last_name, found.first_name, found.patronymic):
        assert name == "" or NAME.fullmatch(name)
        assert len(name) <= 80
        assert name == unicodedata.normalize("NFC", name)
        assert not any(unicodedata.category(sign)[0] == "C" for sign in name)
        assert "  " not in name
    assert set(found.identifiers) <= {"RU": {"inn", "snils"}, "UA": {"rnokpp", "unzr"}}.get(service.country, set())
    assert found.birth_date is None or date(1900, 1, 1) <= found.birth_date <= TODAY
    assert found.level in {1, 2, 3}


@given(LETTERS)
@example(".ŉ")
def test_a_clean_name_stays_as_it_is_or_only_loses_its_shouting(name: str) -> None:
    clean = clean_name(name)
    assert clean_name(clean).casefold() == clean.casefold()


def person(name: str, born: int = 0, **numbers: str) -> PersonFacts:
    last, first, patronymic = [*name.split(), ""][:3]
    return PersonFacts(last, first, patronymic, date(1990, 1, born) if born else None, numbers)


OLGA = "Олина Ольга Олеговна"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (person(OLGA), person(OLGA), True),
        (person(OLGA), person(OLGA.upper()), True),
        (person("Королёв Пётр"), person("Королев Петр"), True),
        (person(OLGA), person("OLINA OLGA OLEGOVNA"), True),
        (person("Ткаченко Елена Ивановна"), person("Ткаченко Олена Іванівна"), True),
        (person(OLGA), person("Олина Ольга"), True),
        (person(OLGA), person("Олина Ольга Ивановна"), False),
        (person(OLGA), person("Петрова Ольга Олеговна"), False),  # two women may share both
        (person(OLGA), person("Олина Анна Олеговна"), False),  # a sister
        (person(OLGA, 1), person("Петрова Ольга Олеговна", 1), True),  # married
        (person(OLGA, 1), person("PETROVA OLGA", 1), True),
        (person(OLGA, 1), person("Олина Анна Олеговна", 1), False),  # a twin
        (person(OLGA, 1), person(OLGA, 2), False),
        (person(OLGA, 1), person(OLGA), True),
        (person(OLGA, 1), person("Петрова Ольга"), False),
        (person(OLGA, inn="1"), person("Петрова Хельга", inn="1"), True),
        (person(OLGA, inn="1"), person(OLGA, inn="2"), False),
        (person(OLGA, inn="1"), person(OLGA, snils="2"), True),
        (person(OLGA, inn="1", snils="1"), person(OLGA, inn="1", snils="2"), False),
        (person(OLGA, 1, inn="1"), person(OLGA, 2, inn="1"), False),
        (person(OLGA, 1, inn="1"), person(OLGA, 1, inn="2"), False),
    ],
)
def test_two_answers_are_about_one_human_or_not(old: PersonFacts, new: PersonFacts, same: bool) -> None:
    assert same_person(old, new) is same
    assert same_person(new, old) is same


@pytest.mark.parametrize(
    ("new", "same"),
    [
        ("Петрова Ольга Олеговна", True),
        ("Петрова Ольга", False),
        ("Петрова Ольга Ивановна", False),
        ("Олина Анна Олеговна", False),
    ],
)
def test_the_same_subject_may_change_the_surname_beside_a_patronymic(new: str, same: bool) -> None:
    assert same_person(person(OLGA), person(new), same_subject=True) is same

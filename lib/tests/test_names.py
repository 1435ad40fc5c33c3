"""Full names of two countries compared: tables of pairs, and what holds for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.names import Likeness, likeness

OLGA = "Олина Ольга Олеговна"
SAME = [
    (OLGA, OLGA),
    (OLGA, "ОЛИНА ОЛЬГА ОЛЕГОВНА"),
    (OLGA, "  олина \u00a0 Ольга\tОлеговна "),
    (OLGA, "Oлинa Oльгa Oлегoвнa"),  # Latin o and a
    (OLGA, "О\u200bлина Ольга Олеговна"),
    (OLGA, "О\u0301лина О\u0301льга Оле\u0301говна"),  # with stress marks
    ("Олин Олег", "Олин Олег"),
    ("Королёв Фёдор Семёнович", "Королев Федор Семенович"),
    ("Королёв Фёдор", "КОРОЛЕВ ФЁДОР"),
    ("Петрова-Водкина Анна", "Петрова – Водкина Анна"),
    ("Петрова-Водкина Анна", "Петрова Водкина Анна"),
    ("Петрова‑Водкина Анна", "Петрова—Водкина Анна"),
    ("Дем’яненко Мар’яна", "Дем'яненко Марʼяна"),
    ("Дем’яненко Мар’яна", "Демяненко Мар`яна"),
    ("Цой Андреи\u0306", "Цой Андрей"),  # й of two signs
    ("Ющенко Олена Іванівна", "Ющенко Oлeнa Iвaнiвнa"),
    ("Кайсин Иван", "Кайсин Ивaн"),
    ("Сорос Ева", "COPOC Ева"),
    ("Smith John", "SMITH JOHN"),
]
SIMILAR = [
    # another alphabet
    (OLGA, "Olina Olga Olegovna"),
    (OLGA, "Olina Ol'ga Olegovna"),
    (OLGA, "OLINA OLHA OLEHIVNA"),
    ("Юрьев Юрий Юрьевич", "Yuryev Yuriy Yuryevich"),
    ("Юрьев Юрий Юрьевич", "Iurev Iurii Iurevich"),
    ("Юрченко Юлія", "Yurchenko Yuliia"),
    ("Юрченко Юлія", "Iurchenko Iuliia"),
    ("Яковлева Яна", "Iakovleva Iana"),
    ("Хрущёв Никита", "Khrushchev Nikita"),
    ("Хрущёв Никита", "Hruschev Nikita"),
    ("Щербак Жанна", "Shcherbak Zhanna"),
    ("Згурський Захар", "Zghurskyi Zakhar"),
    ("Гриценко Григорій", "Hrytsenko Hryhorii"),
    ("Гриценко Григорий", "Gritsenko Grigoriy"),
    ("Цапенко Сергій", "Tsapenko Serhii"),
    ("Подъячев Алексей", "Podieiachev Aleksei"),
    ("Александров Максим", "Alexandrov Maxim"),
    ("Чайковский Анатолий", "Tchaikovsky Anatoly"),
    ("Iurchenko Iuliia", "Yurchenko Yuliya"),
    ("Olina Olga", "Olina Olha"),
    # a patronymic more or less, another order, initials
    (OLGA, "Олина Ольга"),
    ("Мамедов Вагиф", "Мамедов Вагиф Гасан оглы"),
    (OLGA, "Ольга Олеговна Олина"),
    ("Олин Олег", "Олег Олин"),
    (OLGA, "Олина О. О."),
    (OLGA, "Олина О.О."),
    (OLGA, "О. О. Олина"),
    (OLGA, "Олина О."),
    (OLGA, "Олина Ольга О."),
    (OLGA, "Olina O. O."),
    ("Юрченко Юлія", "Yurchenko Yu."),
    ("Олина О. О.", "Олина О. О."),  # two people may share initials
    # Russian and Ukrainian
    ("Ткаченко Елена", "Ткаченко Олена"),
    ("Ткаченко Николай Николаевич", "Ткаченко Микола Миколайович"),
    ("Ткаченко Сергей Сергеевич", "Ткаченко Сергій Сергійович"),
    ("Ткаченко Дмитрий Дмитриевич", "Ткаченко Дмитро Дмитрович"),
    ("Ткаченко Михаил", "Ткаченко Михайло"),
    ("Ткаченко Александр Александрович", "Ткаченко Олександр Олександрович"),
    ("Ткаченко Алексей Андреевич", "Ткаченко Олексій Андрійович"),
    ("Ткаченко Анна Яковлевна", "Ткаченко Ганна Яківна"),
    ("Ткаченко Наталья Юрьевна", "Ткаченко Наталія Юріївна"),
    ("Ткаченко Владимир Анатольевич", "Ткаченко Володимир Анатолійович"),
    ("Ткаченко Татьяна Васильевна", "Ткаченко Тетяна Василівна"),
    ("Ткаченко Илья Ильич", "Ткаченко Ілля Ілліч"),
    ("Ткаченко Павел Львович", "Ткаченко Павло Левович"),
    ("Чайковская Ирина", "Чайковська Ірина"),
    ("Ковалёв Виктор", "Ковальов Віктор"),
    ("Соловьёв Виктор", "Соловйов Віктор"),
    ("Зайцев Евгений", "Зайцев Євген"),
    ("Ткаченко Елена", "Tkachenko Olena"),
    # more than a name in the register
    (OLGA, "Олина О. О., Олин О. И."),
    (OLGA, "Олина Ольга Олеговна, Олин Олег"),
    (OLGA, "Олин Олег и Олина Ольга Олеговна"),
    (OLGA, "Олина Ольга Олеговна (1/2)"),
    (OLGA, "Олина Ольга Олеговна; 1990 г. р."),
    ("Нур-Султан Алия", "Нурсултан Алия"),
]
DIFFERENT = [
    (OLGA, ""),
    ("", ""),
    (" ", "-"),
    (OLGA, "Олина"),
    (OLGA, "Ольга"),
    (OLGA, "Алина Ольга Олеговна"),  # one letter typed wrong
    (OLGA, "Олина Ольга Олеговнаа"),
    (OLGA, "Олина Ольга Ивановна"),
    (OLGA, "Олин Олег Олегович"),
    (OLGA, "Олина Оксана Олеговна"),
    (OLGA, "Олина О. И."),
    (OLGA, "Олина А. О."),
    (OLGA, "Нинина Нина"),
    (OLGA, "Олина Ольга Петрова"),
    (OLGA, "ООО «Олина Ольга Олеговна»"),
    ("ООО «Рога и копыта»", "ООО «Рога и копыта»"),
    (OLGA, "Администрация города"),
    (OLGA, "Olina Irina"),
    ("Харин Олег", "Гарин Олег"),
    ("Цапин Олег", "Сапин Олег"),
    ("Олин Александр", "Олина Александра"),
    ("Олин Олег", "Олин Олег Иванов Петров"),
    ("Петрова-Водкина Анна", "Петрова Анна"),
    ("Ли Ан", "Лиан Ян"),
    (OLGA, "Олина Ольга Олеговна Олеговна Олеговна Олеговна Олеговна"),
    (OLGA, "12345"),
]
ROWS = [
    *((one, other, Likeness.SAME) for one, other in SAME),
    *((one, other, Likeness.SIMILAR) for one, other in SIMILAR),
    *((one, other, Likeness.DIFFERENT) for one, other in DIFFERENT),
]
texts = st.text(alphabet="оОлЛиЕёьй ІїaЯOlgau.,-’и1\n", max_size=40) | st.text(max_size=60)
names = st.lists(st.sampled_from(["Олина", "Ольга", "Олеговна", "Щукина", "Наталія", "Ян"]), min_size=2, max_size=4)


@pytest.mark.parametrize(("one", "other", "expected"), ROWS)
def test_a_table_of_pairs(one: str, other: str, expected: Likeness) -> None:
    assert likeness(one, other) is expected
    assert likeness(other, one) is expected


@given(texts, texts)
def test_any_two_texts_compare_the_same_both_ways(one: str, other: str) -> None:
    assert likeness(one, other) is likeness(other, one)


@given(names)
def test_a_full_name_is_itself_however_it_is_spaced_and_cased(words: list[str]) -> None:
    name = " ".join(words)
    assert likeness(name, name) is Likeness.SAME
    assert likeness(name, f"  {name.upper()} ") is Likeness.SAME


@given(names, texts)
def test_initials_and_second_owners_are_never_the_same(words: list[str], rest: str) -> None:
    name = " ".join(words)
    assert likeness(f"{name}, {rest}", name) is not Likeness.SAME
    assert likeness(f"{name} О.", name) is not Likeness.SAME


@given(texts)
def test_nothing_is_like_no_name(text: str) -> None:
    assert likeness(text, "") is Likeness.DIFFERENT


@pytest.mark.parametrize("long", ["и" * 390, "и " * 190, "О. " * 130, "и" * 20_000])
def test_endless_texts_are_answered_too(long: str) -> None:
    assert likeness(f"{long} Ольга", f"{'i' * 390} Olgerd") is Likeness.DIFFERENT

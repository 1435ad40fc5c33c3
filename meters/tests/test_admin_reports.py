"""What residents tell about meters reaches the company, and the answer reaches them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.once import new_key
from meters.actions import report
from meters.models import Meter, MeterReport, Reading, Source
from meters.testing import make_meter, make_reading
from notifications.models import Notice
from portal.testing import Cast

Enter = Callable[[User], Client]
LIST = "/admin/meters/meterreport/"
DAY = date(2026, 11, 2)
Kind, State = MeterReport.Kind, MeterReport.State

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D4", "E5")]


@pytest.fixture
def meter(cast: Cast) -> Meter:
    meter = make_meter(cast.account)
    make_reading(meter, date(2026, 10, 1), "152.347", source=Source.COUNCIL, author=cast.vera)
    return meter


def tell(meter: Meter, cast: Cast, kind: str = Kind.DISPUTE, **fields: Any) -> MeterReport:
    values: dict[str, Any] = {"text": "У меня другое", "values": "150,5"} | fields
    return report(meter, kind, on=DAY, by=cast.olga, at=timezone.now(), **values)


def page(told: MeterReport) -> str:
    return reverse("admin:meters_meterreport_change", args=[told.pk])


def answer(client: Client, told: MeterReport, decision: str = "accept", words: str = "Спасибо, исправили") -> Any:
    return client.post(page(told), {"answer": words, "decision": decision, "idem": new_key()})


def test_the_managers_notice_leads_to_the_report(meter: Meter, cast: Cast) -> None:
    told = tell(meter, cast)
    assert Notice.objects.get(user=cast.mark).url == page(told)


def test_the_page_shows_the_words_the_values_and_the_photo(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast, reading=Reading.objects.get(), photo=ContentFile(b"\xff\xd8 dial", name="d.jpg"))
    mark = enter(cast.mark)
    seen = mark.get(page(told)).content.decode()
    for words in ("У меня другое", "150,5", "152.347", "House council", "Олина Ольга"):
        assert words in seen
    photo = reverse("admin:meters_meterreport_photo", args=[told.pk])
    assert photo in seen
    assert b"".join(mark.get(photo)) == b"\xff\xd8 dial"
    assert enter(cast.pavel).get(photo).status_code == 404


@pytest.mark.parametrize("decision", ["", "acept", "1"])
def test_an_answer_without_a_known_decision_is_no_answer(decision: str, meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast)
    response = answer(enter(cast.mark), told, decision)
    assert response.status_code == 422
    assert "Press «Accept» or «Refuse»." in response.content.decode()
    assert "Спасибо, исправили" in response.content.decode()
    told.refresh_from_db()
    assert (told.state, told.answer) == (State.NEW, "")
    assert not Notice.objects.filter(user=cast.olga).exists()


def test_an_accepted_dispute_leads_to_the_companys_entry_filled_in(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast)
    mark = enter(cast.mark)
    response = answer(mark, told)
    told.refresh_from_db()
    assert (told.state, told.answer, told.answered_by) == (State.ACCEPTED, "Спасибо, исправили", cast.mark)
    assert Notice.objects.filter(user=cast.olga, kind="meters.report_answered").exists()
    entry = mark.get(response["Location"])
    assert entry.context["form"][f"t1_{meter.pk}"].value() == "150,5"
    assert entry.context["form"]["day"].value() == "2026-11-02"


def test_an_accepted_replacement_leads_to_its_act(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast, Kind.REPLACED, new_serial="N-8", new_values="0,5")
    mark = enter(cast.mark)
    form = mark.get(answer(mark, told)["Location"]).context["form"]
    assert (form["serial"].value(), form["t1"].value(), form["new_t1"].value()) == ("N-8", "150,5", "0,5")


def test_an_accepted_fault_marks_the_meter_as_broken(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast, Kind.BROKEN)
    assert answer(enter(cast.dima), told)["Location"] == LIST
    meter.refresh_from_db()
    assert (meter.broken_on, meter.events.get().by) == (DAY, cast.dima)


def test_a_refused_report_changes_nothing_but_itself(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast, Kind.BROKEN)
    assert answer(enter(cast.mark), told, "refuse", "Мастер проверил: исправен")["Location"] == LIST
    told.refresh_from_db()
    meter.refresh_from_db()
    assert (told.state, meter.broken_on) == (State.REFUSED, None)


def test_an_answer_needs_words(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast)
    response = answer(enter(cast.mark), told, words=" ")
    assert response.status_code == 422
    assert "answer" in response.context["form"].errors
    told.refresh_from_db()
    assert told.state == State.NEW


def test_the_second_employee_is_told_that_the_first_answered(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast)
    mark = enter(cast.mark)
    answer(mark, told)
    response = answer(mark, told, "refuse", "Нет")
    assert "answered already" in mark.get(response["Location"]).content.decode()
    told.refresh_from_db()
    assert told.answer == "Спасибо, исправили"


def test_a_meter_that_is_gone_is_not_marked_and_the_report_waits(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast, Kind.BROKEN)
    Meter.objects.filter(pk=meter.pk).update(removed_on=DAY)
    mark = enter(cast.mark)
    assert "removed already" in mark.get(answer(mark, told)["Location"]).content.decode()
    told.refresh_from_db()
    assert told.state == State.NEW


def test_the_dispatcher_hears_of_broken_meters_only(meter: Meter, cast: Cast, enter: Enter) -> None:
    dispute, fault = tell(meter, cast), tell(meter, cast, Kind.BROKEN, text="Течёт")
    dima = enter(cast.dima)
    listed = dima.get(LIST).content.decode()
    assert "Течёт" in listed
    assert "У меня другое" not in listed
    seen = dima.get(page(fault)).content.decode()
    assert "Олина" not in seen
    assert "152.347" not in seen
    assert answer(dima, dispute).status_code == 302
    dispute.refresh_from_db()
    assert dispute.state == State.NEW


def test_the_accountant_looks_and_does_not_answer(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast)
    anna = enter(cast.anna)
    seen = anna.get(page(told)).content.decode()
    assert "У меня другое" in seen
    assert "Олина" not in seen
    assert 'name="decision"' not in seen
    assert answer(anna, told).status_code == 404


def test_another_company_neither_sees_nor_answers(meter: Meter, cast: Cast, enter: Enter) -> None:
    told = tell(meter, cast, Kind.BROKEN)
    pavel = enter(cast.pavel)
    assert "У меня другое" not in pavel.get(LIST).content.decode()
    answer(pavel, told)
    told.refresh_from_db()
    assert told.state == State.NEW

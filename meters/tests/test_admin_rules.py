"""The manager sets the days for readings and the norms of the own houses."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from meters.models import ConsumptionNorm, SubmissionWindow
from portal.testing import Cast

Enter = Callable[[User], Client]
WINDOW = {"house": "", "opens": "20", "closes": "3", "board": "house", "takes_expired": "on"}
NORM = {"house": "", "resource": "cold", "since": "2026-01-01", "per_person": "4.745", "document": "№ 138"}

pytestmark = [pytest.mark.django_db, pytest.mark.feature("E5")]


def add(client: Client, model: str, fields: dict[str, Any]) -> Any:
    return client.post(f"/admin/meters/{model}/add/", fields)


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_a_house_gets_days_of_its_own(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    fields = WINDOW | {"organization": cast.company.pk}
    assert add(mark, "submissionwindow", fields).status_code == 302
    assert add(mark, "submissionwindow", fields | {"house": cast.house.pk, "opens": "1"}).status_code == 302
    rules = SubmissionWindow.objects.of_house(cast.house)
    assert (rules.opens, rules.closes, rules.board, rules.takes_late) == (1, 3, "house", False)
    again = errors(add(mark, "submissionwindow", fields))
    assert again["__all__"] == ["These rules exist already: change them."]


@pytest.mark.parametrize(("field", "value"), [("opens", "0"), ("closes", "32"), ("board", "all")])
def test_days_are_days_of_a_month(field: str, value: str, cast: Cast, enter: Enter) -> None:
    assert field in errors(
        add(enter(cast.mark), "submissionwindow", WINDOW | {"organization": cast.company.pk, field: value})
    )


def test_a_norm_holds_from_a_day_on(cast: Cast, enter: Enter) -> None:
    mark, fields = enter(cast.mark), NORM | {"organization": cast.company.pk}
    assert add(mark, "consumptionnorm", fields).status_code == 302
    assert add(mark, "consumptionnorm", fields | {"house": cast.house.pk}).status_code == 302
    assert "since" in errors(add(mark, "consumptionnorm", fields))
    assert "per_person" in errors(add(mark, "consumptionnorm", fields | {"per_person": "-1"}))
    assert "since" in errors(add(mark, "consumptionnorm", fields | {"since": "вчера"}))
    assert ConsumptionNorm.objects.count() == 2


@pytest.mark.parametrize(("model", "fields"), [("submissionwindow", WINDOW), ("consumptionnorm", NORM)])
def test_only_houses_of_the_own_company(model: str, fields: dict[str, str], cast: Cast, enter: Enter) -> None:
    foreign = fields | {"organization": cast.company.pk, "house": cast.other_house.pk}
    assert "house" in errors(add(enter(cast.mark), model, foreign))
    assert "house" in errors(add(enter(cast.sofia), model, foreign))
    assert "organization" in errors(add(enter(cast.mark), model, fields | {"organization": cast.other_company.pk}))
    for user in (cast.anna, cast.dima):
        assert add(enter(user), model, fields | {"organization": cast.company.pk}).status_code == 403


def test_what_has_begun_is_not_rewritten_and_what_has_not_may_go(cast: Cast, enter: Enter) -> None:
    mark, today = enter(cast.mark), timezone.localdate()
    old, today_on, ahead = (
        ConsumptionNorm.objects.create(organization=cast.company, resource="cold", since=day, per_person=5)
        for day in (date(2020, 1, 1), today, today + timedelta(days=2))
    )
    for norm in (old, today_on):
        page = f"/admin/meters/consumptionnorm/{norm.pk}/change/"
        assert mark.get(page).status_code == 200
        assert mark.post(page, {"since": "2020-01-01", "per_person": "9", "document": ""}).status_code == 403
        assert mark.post(f"/admin/meters/consumptionnorm/{norm.pk}/delete/", {"post": "yes"}).status_code == 403
    page = f"/admin/meters/consumptionnorm/{ahead.pk}/change/"
    assert mark.post(page, {"since": ahead.since, "per_person": "9", "document": ""}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [old.pk, ahead.pk], "post": "yes"}
    mark.post("/admin/meters/consumptionnorm/", chosen)
    assert list(ConsumptionNorm.objects.order_by("since").values_list("per_person", flat=True)) == [5, 5, 9]
    assert mark.post(f"/admin/meters/consumptionnorm/{ahead.pk}/delete/", {"post": "yes"}).status_code == 302
    assert ConsumptionNorm.objects.count() == 2


def test_a_houses_own_days_may_be_taken_away_and_a_norm_stays(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    rules = SubmissionWindow.objects.create(organization=cast.company, house=cast.house, opens=1)
    norm = ConsumptionNorm.objects.create(organization=cast.company, resource="cold", since="2026-01-01", per_person=5)
    mark.post(f"/admin/meters/submissionwindow/{rules.pk}/delete/", {"post": "yes"})
    assert SubmissionWindow.objects.of_house(cast.house).opens == 15
    assert mark.post(f"/admin/meters/consumptionnorm/{norm.pk}/delete/", {"post": "yes"}).status_code == 403

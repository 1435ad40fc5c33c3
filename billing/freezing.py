"""The words a payment document keeps for ever: who pays, who provides, where the money goes."""

from typing import Any

from billing.models import Requisites
from premises.models import Organization, PersonalAccount, Unit


def payer(account: PersonalAccount) -> dict[str, Any]:
    """The payer's block, from an account loaded with its unit and house."""
    unit = account.unit
    area = "" if unit.area_total is None else str(unit.area_total)
    return {
        "name": account.holder,
        "address": address(unit),
        "area_total": area,
        "area_account": area,
        "residents": account.residents,
        "registered": account.registered,
        "account_number": account.number,
        "els": account.els,
        "zhku": account.zhku,
    }


def address(unit: Unit) -> str:
    """«г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17»: what is frozen has the house's whole address."""
    return unit.place


def provider(organization: Organization) -> dict[str, str]:
    """The provider's block."""
    return {
        "name": organization.name,
        "address": organization.address,
        "phone": organization.phone,
        "dispatch_phone": organization.dispatch_phone,
        "email": organization.email,
        "site": organization.site,
        "hours": organization.hours,
        "tax_id": organization.tax_id,
        "kpp": organization.kpp,
    }


def requisites(organization: Organization, details: Requisites | None) -> dict[str, str]:
    """The recipient's block; an organization that gave no bank details has only its name and tax number there."""
    if details is None:
        return {
            "recipient": organization.name, "tax_id": organization.tax_id, "kpp": organization.kpp,
            "bank": "", "bic": "", "account": "", "corr_account": "",
        }  # fmt: skip
    return {
        "recipient": details.recipient, "tax_id": details.tax_id, "kpp": details.kpp, "bank": details.bank,
        "bic": details.bic, "account": details.account, "corr_account": details.corr_account,
    }  # fmt: skip

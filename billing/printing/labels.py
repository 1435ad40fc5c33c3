"""What the printed forms say beyond billing/wording.py: the names of the columns and of the further sections.

Order and numbers of the sections: 43/пр (2018) and 924/пр (2014). A Ukrainian рахунок has no numbers of its own: they
follow its order.
"""

from dataclasses import dataclass

from billing.models import Invoice


@dataclass(frozen=True)
class Labels:
    """The words of one form."""

    sections: tuple[str, ...]  # which follow the payer's, in the form's order
    always: frozenset[str]  # the columns that are printed with no value in them too
    columns: dict[str, str]
    readings: str
    readings_columns: dict[str, str]
    house_meter: str
    reference: str
    reference_columns: dict[str, str]
    recalculations: str
    recalculations_columns: dict[str, str]
    no_reason: str
    instalments: str
    instalments_columns: dict[str, str]
    document_id: str
    vat: str
    penalty: str
    accrued: str
    advance: str
    fees: str
    subsidy: str
    nothing_due: str


RU_COLUMNS = {
    "service": "Вид услуги", "unit": "Ед. изм.", "volume": "Объем услуг", "volume_common": "Объем на общедом. нужды",
    "tariff": "Тариф, руб.", "accrued": "Начислено, руб.", "accrued_common": "Начислено на общедом. нужды, руб.",
    "coefficient": "Повыш. коэф.", "excess": "Размер превышения платы, руб.", "recalculated": "Перерасчет, руб.",
    "benefit": "Льготы, руб.", "fine": "Штраф исполнителя, руб.", "total": "Итого за период, руб.",
    "penalty": "Пени, руб.", "balance": "Долг (+), аванс (−), руб.", "payable": "К оплате, руб.",
}  # fmt: skip
RU_READINGS = {
    "resource": "Ресурс", "serial": "Прибор учета №", "zone": "Зона", "previous": "Предыдущее показание",
    "current": "Текущее показание", "volume": "Расход", "unit": "Ед. изм.",
}  # fmt: skip
RU_REFERENCE = {
    "service": "Вид услуги", "unit": "Ед. изм.", "norm": "Норматив потребления", "norm_common": "Норматив на общедом. нужды",
    "house_meter": "Показание общедомового прибора", "house_volume": "Объем по дому",
    "rooms_volume": "Объем в помещениях дома", "common_volume": "Объем на общедом. нужды",
}  # fmt: skip
RU_RECALCULATIONS = {"service": "Вид услуги", "period": "За период", "reason": "Основание", "amount": "Сумма, руб."}
RU_INSTALMENTS = {
    "service": "Вид услуги", "amount": "Плата за период, руб.", "earlier": "Рассрочка прошлых периодов, руб.",
    "percent": "Процент за рассрочку, %", "interest": "Проценты, руб.", "payable": "К оплате с рассрочкой, руб.",
}  # fmt: skip

RU_43 = Labels(
    sections=("readings", "charges", "reference", "instalments", "recalculations"),
    always=frozenset({"service", "unit", "volume", "tariff", "accrued", "recalculated", "benefit", "payable"}),
    columns=RU_COLUMNS,
    readings="Раздел 2. Сведения о показаниях приборов учета",
    readings_columns=RU_READINGS,
    house_meter="общедомовой",
    reference="Раздел 4. Справочная информация",
    reference_columns=RU_REFERENCE,
    instalments="Раздел 5. Расчет суммы оплаты с учетом рассрочки платежа",
    instalments_columns=RU_INSTALMENTS,
    recalculations="Раздел 6. Сведения о перерасчетах (доначисления +, уменьшения −)",
    recalculations_columns=RU_RECALCULATIONS,
    no_reason="Компания не передала основание перерасчета вместе с этим документом.",
    document_id="Идентификатор платежного документа",
    vat="в том числе НДС",
    penalty="в том числе пени",
    accrued="Начислено за период",
    advance="Аванс на начало периода",
    fees="Госпошлина и судебные издержки",
    subsidy="Субсидии, компенсации",
    nothing_due="Платить не нужно: у вас переплата",
)
RU_924 = Labels(
    **(
        vars(RU_43)
        | {
            "sections": ("details", "charges", "readings", "reference", "recalculations", "instalments"),
            "always": RU_43.always | {"balance"},
            "readings": "Показания приборов учета",
            "recalculations": "Раздел 5. Сведения о перерасчетах (доначисления +, уменьшения −)",
            "instalments": "Раздел 6. Расчет суммы оплаты с учетом рассрочки платежа",
        }
    )
)
UA = Labels(
    sections=("details", "charges", "readings", "reference", "recalculations", "instalments"),
    always=frozenset({"service", "unit", "volume", "tariff", "accrued", "recalculated", "payable"}),
    columns={
        "service": "Послуга", "unit": "Од.", "volume": "Спожито", "volume_common": "Загально-будинкові потреби",
        "tariff": "Тариф з ПДВ, грн", "accrued": "Нараховано, грн", "accrued_common": "Загально-будинкові потреби, грн",
        "coefficient": "Коефі-цієнт", "excess": "Підвищення плати, грн", "recalculated": "Перерахунок, грн",
        "benefit": "Пільга, субсидія, грн", "fine": "Штраф виконавця, грн", "total": "Разом за період, грн",
        "penalty": "Пеня, грн", "balance": "Борг (+), переплата (−), грн", "payable": "До сплати, грн",
    },
    readings="Показання лічильників",
    readings_columns={
        "resource": "Послуга", "serial": "Лічильник №", "zone": "Зона", "previous": "Попереднє показання",
        "current": "Поточне показання", "volume": "Спожито", "unit": "Од.",
    },
    house_meter="будинковий",
    reference="Довідкова інформація",
    reference_columns={
        "service": "Послуга", "unit": "Од.", "norm": "Норма споживання", "norm_common": "Норма загально-будинкова",
        "house_meter": "Показання будинкового лічильника", "house_volume": "Спожито будинком",
        "rooms_volume": "Спожито в приміщеннях", "common_volume": "Загально-будинкові потреби",
    },
    no_reason="Компанія не передала підставу перерахунку разом із цим документом.",
    instalments="Розстрочення платежу",
    instalments_columns={
        "service": "Послуга", "amount": "Плата за період, грн", "earlier": "Розстрочення минулих періодів, грн",
        "percent": "Відсоток, %", "interest": "Відсотки, грн", "payable": "До сплати з розстроченням, грн",
    },
    recalculations="Перерахунки (донарахування +, зменшення −)",
    recalculations_columns={"service": "Послуга", "period": "За період", "reason": "Підстава", "amount": "Сума, грн"},
    document_id="Ідентифікатор документа",
    vat="у тому числі ПДВ",
    penalty="у тому числі пеня",
    accrued="Нараховано за період",
    advance="Переплата на початок періоду",
    fees="Державне мито і судові витрати",
    subsidy="Субсидія",
    nothing_due="Сплачувати не потрібно: у вас переплата",
)  # fmt: skip

LABELS = {Invoice.Form.RU_924: RU_924, Invoice.Form.RU_43: RU_43, Invoice.Form.UA: UA}


def labels_of(form: str) -> Labels:
    """The words of an Invoice.Form."""
    return LABELS[Invoice.Form(form)]

"""The words of the statutory forms, each in the language the law gives it. Not translated: a form is data of its country.

Sources: Приказ Минстроя 924/пр (2014) as the guide shows it, 43/пр (2018), the usual Ukrainian рахунок (handbook 1.1,
1.2, 1.5).
"""

from dataclasses import dataclass, replace

from billing.models import Invoice


@dataclass(frozen=True)
class Wording:
    """What one form prints beside the figures."""

    language: str
    title: str
    purpose: str
    payer_section: str
    details_section: str
    table_section: str
    period: str
    payer: str
    address: str
    area: str
    area_account: str
    residents: str
    registered: str
    people: str
    account_number: str
    provider: str
    phone: str
    dispatch: str
    hours: str
    recipient: str
    bank_details: str
    tax_id: str
    kpp: str
    bank: str
    bic: str
    account: str
    corr_account: str
    absent: str
    services: str
    all_services: str
    code_purpose: str  # in the payment code, before the month and the account
    code_account: str  # in the payment code, before the number of the account
    accrued_for_period: str
    accrued_with_penalty: str
    opening: str
    payable: str
    paid: str
    paid_upto: str
    due: str
    issued: str
    currency: str
    columns: tuple[str, ...]  # service, unit, volume, tariff, accrued, recalculated, benefit, balance, payable
    penalty: str
    total: str
    part: str  # the name of a sub-line: what one tariff comes to
    methods: dict[str, str]
    pay_code: str
    pay_code_note: str
    no_code: str
    cabinet_code: str
    cabinet_note: str
    cabinet_enter: str
    cabinet_terms: str
    beware: str
    readings_section: str = ""
    no_readings: str = ""  # of a register's document
    no_readings_of_meters: str = ""  # of one that charges by them all the same
    averaged: str = ""  # of a document made here that has some average instead
    unread: str = ""  # of any other made here


RU_METHODS = {"N": "норматив потребления", "M": "показания прибора учёта", "O": "среднее потребление или иной способ"}
UA_METHODS = {"N": "норма споживання", "M": "показання лічильника", "O": "середнє споживання або інший спосіб"}

RU_924 = Wording(
    language="ru",
    title="Платежный документ",
    purpose="для внесения платы за содержание и ремонт жилого помещения и предоставления коммунальных услуг",
    payer_section="Раздел 1. Сведения о плательщике и исполнителе услуг",
    details_section="Раздел 2. Информация для внесения платы получателю платежа",
    table_section="Раздел 3. Расчет размера платы за содержание и ремонт жилого помещения и коммунальных услуг",
    period="За",
    payer="Плательщик",
    address="Адрес",
    area="Площадь помещения",
    area_account="площадь ЛС",
    residents="Кол-во проживающих",
    registered="кол-во зарегистрированных",
    people="чел.",
    account_number="Лицевой счет плательщика",
    provider="Исполнитель услуг",
    phone="Телефон",
    dispatch="Аварийно-диспетчерская служба",
    hours="Режим работы",
    recipient="Наименование получателя платежа",
    bank_details="Номер банковского счета и банковские реквизиты",
    tax_id="ИНН",
    kpp="КПП",
    bank="Банк",
    bic="БИК",
    account="р/сч",
    corr_account="кор/сч",
    absent="(не указан)",
    services="Виды услуг",
    all_services="Жилищные, коммунальные, прочие услуги",
    code_purpose="Оплата ЖКУ",
    code_account="ЛС",
    accrued_for_period="Начислено за расчетный период, руб.",
    accrued_with_penalty="Начислено за расчетный период с пенями, руб.",
    opening="Задолженность на начало расчетного периода",
    payable="Итого к оплате",
    paid="Оплачено в расчетном периоде",
    paid_upto="Учтены платежи, поступившие по",
    due="Оплатить до",
    issued="Дата выставления",
    currency="руб.",
    columns=(
        "Виды услуг", "Единица измерения", "Объем услуг", "Тариф, руб./ед. измерения", "Всего начислено, руб.",
        "Перерасчеты всего, руб.", "Льготы, субсидии, руб.", "Задолженность, аванс, руб.", "Итого к оплате, руб.",
    ),
    penalty="Пени, руб.",
    total="Итого",
    part="в том числе по тарифу",
    methods=RU_METHODS,
    pay_code="Оплатить",
    pay_code_note="Откройте приложение своего банка и наведите камеру",
    no_code="Банковские реквизиты компании указаны не полностью, поэтому платежного кода нет.",
    cabinet_code="Подключить кабинет",
    cabinet_note="Наведите камеру телефона или откройте адрес",
    cabinet_enter="Наведите камеру телефона или введите код по адресу",
    cabinet_terms="Код действует 90 дней, до следующей квитанции. Не показывайте его чужим.",
    beware="Настоящие квитанции всегда есть в личном кабинете: сверьте с ним реквизиты, прежде чем платить.",
)  # fmt: skip

RU_43 = Wording(
    **(
        vars(RU_924)
        | {
            "purpose": "для внесения платы за содержание жилого помещения и предоставление коммунальных услуг",
            "readings_section": "Раздел 2. Сведения о показаниях приборов учета",
            "no_readings": "Компания не передала показания вместе с этим документом.",
            "no_readings_of_meters": (
                "Показания, по которым начислено, компания не передала вместе с этим документом."
            ),
            "averaged": "Показаний нет: отмеченное (3) начислено по среднему потреблению или иным способом.",
            "unread": "Показаний приборов учета квартиры в этом документе нет.",
            "details_section": "Раздел 3. Расчет размера платы и реквизиты для ее внесения",
            "table_section": "Расчет размера платы за содержание жилого помещения и коммунальные услуги",
        }
    )
)

UA = Wording(
    language="uk",
    title="Рахунок",
    purpose="на оплату житлово-комунальних послуг",
    payer_section="1. Споживач і виконавець послуг",
    details_section="2. Реквізити для оплати",
    table_section="3. Розрахунок плати за послуги",
    period="За",
    payer="Споживач",
    address="Адреса",
    area="Площа приміщення",
    area_account="площа за рахунком",
    residents="Проживає",
    registered="зареєстровано",
    people="ос.",
    account_number="Особовий рахунок",
    provider="Виконавець послуг",
    phone="Телефон",
    dispatch="Аварійно-диспетчерська служба",
    hours="Години роботи",
    recipient="Отримувач платежу",
    bank_details="Банківські реквізити",
    tax_id="ЄДРПОУ",
    kpp="КПП",
    bank="Банк",
    bic="МФО",
    account="IBAN",
    corr_account="кор. рахунок",
    absent="(не вказано)",
    services="Види послуг",
    all_services="Житлово-комунальні послуги",
    code_purpose="Оплата житлово-комунальних послуг",
    code_account="о/р",
    accrued_for_period="Нараховано за розрахунковий період, грн",
    accrued_with_penalty="Нараховано за розрахунковий період з пенею, грн",
    opening="Борг на початок розрахункового періоду",
    payable="До сплати",
    paid="Сплачено в розрахунковому періоді",
    paid_upto="Враховано платежі по",
    due="Сплатити до",
    issued="Дата виставлення",
    currency="грн",
    columns=(
        "Послуга", "Одиниця", "Обсяг", "Тариф з ПДВ, грн", "Нараховано, грн", "Перерахунок, грн",
        "Пільга, субсидія, грн", "Борг, переплата, грн", "До сплати, грн",
    ),
    penalty="Пеня, грн",
    total="Разом",
    part="у тому числі за тарифом",
    methods=UA_METHODS,
    pay_code="Сплатити",
    pay_code_note="Відкрийте застосунок свого банку й наведіть камеру",
    no_code="Банківські реквізити компанії вказано не повністю, тому платіжного коду немає.",
    cabinet_code="Підключити кабінет",
    cabinet_note="Наведіть камеру телефона або відкрийте адресу",
    cabinet_enter="Наведіть камеру телефона або введіть код за адресою",
    cabinet_terms="Код діє 90 днів, до наступного рахунку. Не показуйте його стороннім.",
    beware="Справжні рахунки завжди є в особистому кабінеті: звірте з ним реквізити, перш ніж платити.",
)  # fmt: skip

RU_REPAIR = {
    "purpose": "для внесения взноса на капитальный ремонт общего имущества в многоквартирном доме",
    "all_services": "Взнос на капитальный ремонт",
    "code_purpose": "Взнос на капитальный ремонт",
}
RU_OTHER = {
    "purpose": "для внесения платы за прочие услуги",
    "all_services": "Прочие услуги",
    "code_purpose": "Оплата услуг",
}
REPAIR_TABLE, OTHER_TABLE = "Расчет размера взноса на капитальный ремонт", "Расчет размера платы за прочие услуги"

Form, Kind = Invoice.Form, Invoice.Kind
FORMS = {
    (Form.RU_924, Kind.MAIN): RU_924,
    (Form.RU_924, Kind.REPAIR): Wording(**(vars(RU_924) | RU_REPAIR | {"table_section": f"Раздел 3. {REPAIR_TABLE}"})),
    (Form.RU_924, Kind.OTHER): Wording(**(vars(RU_924) | RU_OTHER | {"table_section": f"Раздел 3. {OTHER_TABLE}"})),
    (Form.RU_43, Kind.MAIN): RU_43,
    (Form.RU_43, Kind.REPAIR): Wording(**(vars(RU_43) | RU_REPAIR | {"table_section": REPAIR_TABLE})),
    (Form.RU_43, Kind.OTHER): Wording(**(vars(RU_43) | RU_OTHER | {"table_section": OTHER_TABLE})),
    (Form.UA, Kind.MAIN): UA,
    (Form.UA, Kind.REPAIR): replace(
        UA, purpose="на сплату внеску на капітальний ремонт", all_services="Внесок на капітальний ремонт",
        code_purpose="Внесок на капітальний ремонт", table_section="3. Розрахунок внеску на капітальний ремонт",
    ),
    (Form.UA, Kind.OTHER): replace(
        UA, purpose="на оплату інших послуг", all_services="Інші послуги", code_purpose="Оплата послуг"
    ),
}  # fmt: skip


def wording_of(form: str, kind: str = Kind.MAIN) -> Wording:
    """The words of an Invoice.Form for a document of an Invoice.Kind: a bill of capital repair is no bill of housing."""
    return FORMS[Form(form), Kind(kind)]

"""What was tried to draw the payment document from HTML faster, each attempt measured in turn in one process.

    python bench/pdf_attempts.py [rounds]        (5 unless told)

The HTML says what billing/printing draws: same tables, same words, same codes. The rounds are interleaved, so that a busy
machine is busy for all; medians of CPU milliseconds per document.
"""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from html import escape
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PORTAL_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

if TYPE_CHECKING:
    from billing.invoice_pdf import Printable

TOGETHER = 20  # documents in one file
LOOKS = """
@page { size: A4; margin: 12mm 12mm 15mm; @bottom-right { content: counter(page) " / " counter(pages);
  font-family: "Inter", "DejaVu Sans"; font-size: 8pt } }
html { font-family: "Inter", "DejaVu Sans"; font-size: 9.2pt; line-height: 1.35; font-variant-numeric: tabular-nums }
body { margin: 0 } h1 { font-size: 17pt; margin: 0 } h2 { font-size: 10.5pt; margin: 4mm 0 1mm; break-after: avoid }
p { margin: 0 0 1mm } table { width: 100%; border-collapse: collapse; font-size: 8.2pt; margin-bottom: 2mm }
th, td { border: 0.2mm solid #7a7466; padding: 0.8mm 1mm; text-align: left; vertical-align: top }
th { font-size: 7pt; background: #ece8df } .n { text-align: right; white-space: nowrap } tr { break-inside: avoid }
.due { font-size: 25pt; font-weight: 600 } .sheet { break-before: page } .sheet:first-child { break-before: auto }
.code img, .code svg { width: 34mm; height: 34mm }
"""
FLEX = (
    ".row { display: flex; gap: 6mm } .row > div { flex: 1 } .host { display: inline-block; overflow-wrap: anywhere }"
)
BLOCKS = ".row { display: table; table-layout: fixed; width: 100% } .row > div { display: table-cell }"
FIXED = "table { table-layout: fixed }"


def body(sheet: "Printable", pay: str, cabinet: str, *, widths: bool) -> str:
    """The document's words in HTML; with `widths` every column says how wide it is."""
    from billing.printing import charges, figures, labels
    from billing.wording import wording_of

    invoice, lines, _code = sheet
    words, names = wording_of(invoice.form, invoice.kind), labels.labels_of(invoice.form)
    table = charges.charges(invoice, lines, words, names)
    whole = sum(column.width for column in table.columns)
    cols = "".join(f'<col style="width:{column.width / whole:.1%}">' for column in table.columns) if widths else ""
    head = "".join(f"<th>{escape(column.head)}</th>" for column in table.columns)
    rows = "".join(_row(row.cells, row.span) for row in table.rows)
    payer, provider = invoice.payer, invoice.provider
    return f"""<div class="sheet"><h1>{words.title} № {invoice.number}</h1><p>{words.purpose}</p>
<div class="row"><div><p>{figures.month(invoice.period, "ru")}</p><p class="due">{figures.money(invoice.payable)} руб.</p>
<p>{words.due} {figures.day(invoice.due_on)}</p><p>{words.opening}: <b>{figures.money(invoice.opening)}</b></p></div>
<div class="code">{pay}<p><b>{words.pay_code}</b><br>{words.pay_code_note}</p></div>
<div class="code">{cabinet}<p><b>{words.cabinet_code}</b><br>{words.cabinet_note} <span class="host">localhost:8000/q/</span></p>
</div></div><h2>{words.payer_section}</h2><div class="row"><div>
{"".join(f"<p>{escape(str(value))}</p>" for value in payer.values())}</div><div>
{"".join(f"<p>{escape(str(value))}</p>" for value in provider.values())}</div></div>
<h2>{names.readings}</h2>{_block(invoice.readings, names.readings_columns)}
<h2>{words.details_section}</h2><table><tr><th>{words.recipient}</th><th>{words.bank_details}</th></tr>
<tr><td>{escape(invoice.requisites["recipient"])}</td><td>{escape(", ".join(invoice.requisites.values()))}</td></tr></table>
<h2>{words.table_section}</h2><table>{cols}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
<h2>{names.reference}</h2>{_block(invoice.reference, names.reference_columns)}
<h2>{names.recalculations}</h2>{_block(invoice.recalculations, names.recalculations_columns)}<p>{words.beware}</p></div>"""


def _row(cells: Any, span: int) -> str:
    plain = [cell if isinstance(cell, str) else "".join(text for text, _style in cell) for cell in cells]
    over = f' colspan="{span}"' if span > 1 else ""
    return (
        f"<tr><td{over}>{escape(plain[0])}</td>{''.join(f'<td class=n>{escape(cell)}</td>' for cell in plain[1:])}</tr>"
    )


def _block(rows: list[dict[str, Any]], heads: dict[str, str]) -> str:
    names = [name for name in heads if any(row.get(name) for row in rows)]
    head = "".join(f"<th>{heads[name]}</th>" for name in names)
    return f"<table><tr>{head}</tr>{''.join(_row([str(row.get(n) or '') for n in names], 1) for row in rows)}</table>"


def page(content: str, *looks: str) -> str:
    styles = f"<style>{''.join(looks)}</style>" if looks else ""
    return f'<!DOCTYPE html><html lang="ru"><head><title>Документ</title>{styles}</head><body>{content}</body></html>'


def texts(sheet: "Printable") -> tuple[str, str]:
    from billing.payment_code import payment_code

    return payment_code(sheet.invoice), f"http://localhost:8000/q/{sheet.connect_code}/"


def old_svg(text: str) -> str:
    """As everybody draws them: qrcode, all eight masks, SVG."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    svg: str = code.make_image(image_factory=SvgPathImage).to_string(encoding="unicode")
    return svg


@cache
def styles(*looks: str) -> Any:
    from weasyprint import CSS

    return CSS(string="".join(looks), font_config=fonts())


@cache
def fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def document(content: str, images: dict[str, bytes]) -> Any:
    from weasyprint import HTML

    from lib.pdf import AssetFetcher

    return HTML(string=page(content), base_url="asset:", url_fetcher=AssetFetcher(images))


def with_pictures(sheet: "Printable", *, widths: bool = True, mark: str = "") -> tuple[str, dict[str, bytes]]:
    """The HTML with both codes as PNG, and those."""
    from lib.qr import qr_png

    pay, cabinet = texts(sheet)
    images = {f"pay{mark}": qr_png(pay), f"cabinet{mark}": qr_png(cabinet)}
    tags = [f'<img src="asset:image/{name}" alt="{name}">' for name in images]
    return body(sheet, *tags, widths=widths), images


# The attempts, each on top of the one before until it says otherwise


def naive(sheet: "Printable") -> bytes:
    from weasyprint import HTML

    pay, cabinet = map(old_svg, texts(sheet))
    pdf: bytes = HTML(string=page(body(sheet, pay, cabinet, widths=False), LOOKS, FLEX)).write_pdf(
        pdf_variant="pdf/ua-1"
    )
    return pdf


def kept_styles(sheet: "Printable", *, fixed: bool = False) -> bytes:
    pay, cabinet = map(old_svg, texts(sheet))
    looks = (LOOKS, FLEX, FIXED) if fixed else (LOOKS, FLEX)
    html = document(body(sheet, pay, cabinet, widths=fixed), {})
    pdf: bytes = html.write_pdf(stylesheets=[styles(*looks)], font_config=fonts(), pdf_variant="pdf/ua-1")
    return pdf


def pictures(sheet: "Printable", looks: tuple[str, ...] = (LOOKS, FLEX, FIXED), **options: Any) -> bytes:
    content, images = with_pictures(sheet)
    html = document(content, images)
    pdf: bytes = html.write_pdf(
        stylesheets=[styles(*looks)], font_config=fonts(), **{"pdf_variant": "pdf/ua-1"} | options
    )
    return pdf


def quiet(draw: Callable[..., bytes], *args: Any, **options: Any) -> bytes:
    """With the collector of circular garbage off."""
    gc.disable()
    try:
        return draw(*args, **options)
    finally:
        gc.enable()


def tuned_html(sheet: "Printable") -> bytes:
    """The best that WeasyPrint gives without a change inside it."""
    return quiet(pictures, sheet, (LOOKS, BLOCKS, FIXED))


def remembered(sheet: "Printable") -> bytes:
    """Lines that were broken once are not broken again: a change inside WeasyPrint, kept over all documents."""
    with broken_lines_kept():
        return tuned_html(sheet)


LINES: dict[tuple[Any, ...], Any] = {}
TEXT_STYLE = ("white_space", "letter_spacing", "word_spacing", "hyphens", "overflow_wrap", "word_break", "text_indent")


@contextmanager
def broken_lines_kept() -> Iterator[None]:
    from weasyprint.layout import inline, preferred
    from weasyprint.text import line_break

    real, key_of = line_break.split_first_line, line_break._font_style_cache_key

    def kept(text: str, style: Any, context: Any, width: Any, spacing: Any, *rest: Any, **more: Any) -> Any:
        key = (
            text,
            key_of(style, include_size=True),
            *(str(style[name]) for name in TEXT_STYLE),
            width,
            spacing,
            rest,
            *more.values(),
        )
        if key not in LINES:
            LINES[key] = real(text, style, context, width, spacing, *rest, **more)
        return LINES[key]

    with ExitStack() as stack:
        for module in (inline, preferred):
            stack.enter_context(mock.patch.object(module, "split_first_line", kept))
        yield


def one_html(sheets: list["Printable"]) -> bytes:
    """Many documents in one HTML; per document."""
    parts = [with_pictures(sheet, mark=str(at)) for at, sheet in enumerate(sheets)]
    images = {name: data for _content, own in parts for name, data in own.items()}
    html = document("".join(content for content, _own in parts), images)
    pdf: bytes = html.write_pdf(stylesheets=[styles(LOOKS, BLOCKS, FIXED)], font_config=fonts(), pdf_variant="pdf/ua-1")
    return pdf


def joined(sheets: list["Printable"]) -> bytes:
    """Each laid out alone, all pages written by one Document.copy: the letters are cut and embedded once."""
    documents = []
    for sheet in sheets:
        content, images = with_pictures(sheet)
        html = document(content, images)
        documents.append(
            html.render(stylesheets=[styles(LOOKS, BLOCKS, FIXED)], font_config=fonts(), pdf_variant="pdf/ua-1")
        )
    pdf: bytes = documents[0].copy([one for each in documents for one in each.pages]).write_pdf(pdf_variant="pdf/ua-1")
    return pdf


def own(sheets: list["Printable"]) -> bytes:
    from billing.invoice_pdf import draw_batch

    out = BytesIO()
    draw_batch(sheets, out, title="Дом", language="ru")
    return out.getvalue()


def own_single(sheet: "Printable") -> bytes:
    from billing.invoice_pdf import draw_sheet

    return draw_sheet(*sheet)


ALONE: dict[str, Callable[["Printable"], bytes]] = {
    "naive: styles in the HTML, QR as SVG with all masks, tagged": naive,
    "+ parsed styles and FontConfiguration kept": kept_styles,
    "+ table-layout fixed with widths of the columns": partial(kept_styles, fixed=True),
    "+ QR as PNG, made by lib/qr": pictures,
    "+ collector off": partial(quiet, pictures),
    "+ no flex, no inline-block, no overflow-wrap: anywhere": tuned_html,
    "the last, untagged": partial(quiet, pictures, looks=(LOOKS, BLOCKS, FIXED), pdf_variant=None),
    "the last tagged, uncompressed": partial(quiet, pictures, looks=(LOOKS, BLOCKS, FIXED), uncompressed_pdf=True),
    "the last tagged, whole fonts": partial(quiet, pictures, looks=(LOOKS, BLOCKS, FIXED), full_fonts=True),
    "the last tagged, broken lines kept (a change inside WeasyPrint)": remembered,
    "lib/paper": own_single,
}
TOGETHERS: dict[str, Callable[[list["Printable"]], bytes]] = {
    f"{TOGETHER} documents in one HTML": partial(quiet, one_html),
    f"{TOGETHER} documents, pages joined by Document.copy": partial(quiet, joined),
    f"{TOGETHER} documents in one print file of lib/paper": own,
}


def main(rounds: int = 5) -> None:
    """Measure every attempt and print the table."""
    import django

    django.setup()
    from bench.bills import bill, bills

    spent: dict[str, list[float]] = {name: [] for name in (*ALONE, *TOGETHERS)}
    sizes: dict[str, float] = {}
    for number in range(rounds + 1):
        for name, draw in ALONE.items():
            before = time.process_time()
            pdf = draw(bill(number))
            spent[name].append((time.process_time() - before) * 1000)
            sizes[name] = len(pdf) / 1024
    for _round in range(2):
        for name, together in TOGETHERS.items():
            gc.collect()
            before = time.process_time()
            pdf = together(list(bills(TOGETHER)))
            spent[name].append((time.process_time() - before) * 1000 / TOGETHER)
            sizes[name] = len(pdf) / 1024 / TOGETHER
    first = median(spent[next(iter(ALONE))][1:])
    print("| Attempt | ms of CPU each | Of naive | KB each |")
    print("|---|---|---|---|")
    for name, values in spent.items():
        each = median(values[1:])
        print(f"| {name} | {each:.0f} | {each / first:.0%} | {sizes[name]:.0f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

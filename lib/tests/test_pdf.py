"""What a printed sheet is, and what it can never do."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pypdf import PdfReader

from lib.pdf import AssetFetcher, Refused, html_to_pdf, render_pdf, style_sheet
from lib.qr import qr_png

HOSTILE = (Path(__file__).parent / "fixtures" / "hostile.html").read_text("utf-8")


@pytest.fixture
def spy() -> Iterator[tuple[int, list[str]]]:
    """A web server that writes down what it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302 if self.path == "/redirect" else 200)
            self.send_header("Location", "/followed")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1], asked
    server.shutdown()
    server.server_close()


def test_a_sheet_is_tagged_and_names_its_title_language_and_font() -> None:
    pdf = PdfReader(BytesIO(render_pdf("pdf/base.html", {}, title="Квитанция № 5531", language="ru")))
    root: Any = pdf.trailer["/Root"]
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Квитанция № 5531"
    assert root["/Lang"] == "ru"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()


def test_the_page_number_is_printed_in_the_named_family() -> None:
    html = '<html lang="uk"><title>т</title><body><h1>Їжак, ґанок, ₴ і ₽</h1></body></html>'
    pdf = PdfReader(BytesIO(html_to_pdf(html, AssetFetcher())))
    page: Any = pdf.pages[0]
    names = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert names
    assert all("Inter" in name or "DejaVu-Sans" in name or "DejaVuSans" in name for name in names), names
    assert "Їжак, ґанок, ₴ і ₽" in page.extract_text()
    assert "1 / 1" in page.extract_text()


def test_a_hostile_sheet_asks_nobody_and_attaches_nothing(spy: tuple[int, list[str]]) -> None:
    port, asked = spy
    fetcher = AssetFetcher()
    pdf = PdfReader(BytesIO(html_to_pdf(HOSTILE.replace("PORT", str(port)), fetcher)))
    assert asked == []
    assert len(fetcher.refused) >= 9  # it did try
    assert pdf.attachments == {}
    assert "Text" in pdf.pages[0].extract_text()


def test_the_default_fetcher_would_have_asked(spy: tuple[int, list[str]]) -> None:
    """The fixture is able to fail: WeasyPrint's own fetcher does call the server."""
    from weasyprint import HTML

    port, asked = spy
    HTML(string=HOSTILE.replace("ftp:", "http:").replace("PORT", str(port))).write_pdf()  # ftp would be waited for
    assert len(asked) >= 9


def test_a_picture_given_by_name_is_drawn() -> None:
    html = '<html lang="en"><title>t</title><body><img alt="code" src="asset:image/qr"></body></html>'
    fetcher = AssetFetcher({"qr": qr_png("https://example.org/q/0000")})
    pdf = PdfReader(BytesIO(html_to_pdf(html, fetcher)))
    assert len(pdf.pages[0].images) == 1
    assert fetcher.refused == []


@pytest.mark.parametrize("name", ["../settings.py", "/etc/passwd", "nothing.css"])
def test_a_style_sheet_outside_the_assets_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        style_sheet(name)

"""How much a person may send: a file over the limit is not stored anywhere, and the form can say so."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

MAX_UPLOAD = 10 << 20
FIELDS = 1 << 20  # what the other fields of a form may weigh


class Quota(FileUploadHandler):
    """Stands before the handlers that store: of a request that is too large no file is kept, and what was typed stays."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 (Django's name)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.too_large = content_length > MAX_UPLOAD + FIELDS

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.too_large:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def was_too_large(request: HttpRequest) -> bool:
    """Whether the Quota refused this request's files."""
    return any(getattr(handler, "too_large", False) for handler in request.upload_handlers)

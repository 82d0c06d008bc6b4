"""uvicorn's side of a client's connection, where it loses or mixes up parts of a request: here it does not.

Trailers are no headers: uvicorn adds them to those. An upgrade is declined by going on without it (RFC 9110, 7.8), as
Java's HTTP client expects, which asks for HTTP/2 with its first request; uvicorn goes on, and drops the body. What is
no HTTP gets an error in OpenAI's shape.
"""

from __future__ import annotations

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import BadRequest
from gateway.surfaces.openai_error import error_body


class Protocol(HttpToolsProtocol):
    """One connection."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.send_400_response(f"the request is not valid HTTP/1.1: {error.__context__ or error}")
        except httptools.HttpParserUpgrade as upgrade:
            self.decline(data[upgrade.args[0] :])

    def decline(self, rest: bytes) -> None:
        """Reads the request again without its `upgrade`: the parser takes what follows the head for no HTTP."""
        kept = [(name, value) for name, value in self.headers if name != b"upgrade"]
        if len(kept) == len(self.headers):
            self.send_400_response("the method `CONNECT` is not served")
            return
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version), *(b"%b: %b" % header for header in kept)]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join([*lines, b"", rest]))

    def on_headers_complete(self) -> None:
        """From here on the parser gives trailers, into a list that nobody reads."""
        check_version(self.parser.get_http_version(), self.headers)
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = []

    def _should_upgrade(self) -> bool:
        """Asked of a request with an `upgrade`: whether it is kept from the application. Until it was declined."""
        return True

    def send_400_response(self, msg: str) -> None:
        body = error_body(BadRequest(msg, code="invalid_http"))
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nx-guardian-action: error\r\n"
        length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(head + length + body)
        self.transport.close()


def check_version(version: str, headers: list[tuple[bytes, bytes]]) -> None:
    """The parser reads as HTTP/1.1 whatever version a request says that it has."""
    if version not in ("1.0", "1.1"):
        raise httptools.HttpParserError(f"it says that it is HTTP/{version}")
    if version == "1.0" and any(name == b"transfer-encoding" for name, _ in headers):
        raise httptools.HttpParserError("HTTP/1.0 has no `transfer-encoding`: send a `content-length`")

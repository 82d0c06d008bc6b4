"""The errors a caller can be told of, as one tree.

RequestError            status, code, message, param: the surface writes the body
├── BadRequest          400: the body is not what the surface reads
├── Unauthorized        401: no key of the gateway's, or none that is good
├── Forbidden           403: a good key, for something else
├── TooLarge            413: the body is over `GATEWAY_LIMITS__BODY_BYTES`
├── Unsupported         415: a content type or encoding that cannot be judged
├── TooMany             429: the tenant has asked for more than its limit
├── Unavailable         503: a guardian could not be reached, or the gateway has too much to do
└── BadGateway          502: the upstream could not be reached
ConfigurationError      a setting, file or port is wrong; the process ends with this one line
"""

from __future__ import annotations


class RequestError(Exception):
    """A refusal with its HTTP status, OpenAI error code, and the request field it is about."""

    status = 500
    kind = "api_error"
    retry_after: float | None = None
    """In how many seconds it is worth trying again, where that is known."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


class BadRequest(RequestError):
    status = 400
    kind = "invalid_request_error"


class Unauthorized(RequestError):
    status = 401
    kind = "invalid_request_error"


class Forbidden(RequestError):
    status = 403
    kind = "invalid_request_error"


class TooSlow(RequestError):
    status = 408
    kind = "invalid_request_error"


class TooLarge(RequestError):
    status = 413
    kind = "invalid_request_error"


class Unsupported(RequestError):
    status = 415
    kind = "invalid_request_error"


class TooMany(RequestError):
    status = 429
    kind = "requests"


class Unavailable(RequestError):
    status = 503
    kind = "api_error"


class BadGateway(RequestError):
    status = 502
    kind = "api_error"


class ConfigurationError(Exception):
    """One line that names what is wrong and what to do."""

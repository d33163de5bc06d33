"""The old REST API, as a client of a few lines calls it: get, post, errors, waiting."""

import json
import os
import re
import sys
import time
from decimal import Decimal
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TRIES = 5
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Refused(Exception):
    """The API has answered with an error."""

    def __init__(self, status, body, reason):
        self.status = status
        # One family of routes has the code in `error_code`, the other one in `error`.
        self.code = body.get("error_code") or body.get("error")
        super().__init__(body.get("message") or self.code or reason)


def settings(*names):
    """The variables of the environment with these names, which must be there."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {' and '.join(missing)} in the environment")
    return [os.environ[name] for name in names]


def checked(secret):
    """A token or a key. What could not be sent as a header is found here."""
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        sys.exit("The token contains invalid characters. Copy it again.")
    return secret


class Api:
    """Calls with a token, below a base address that ends in `/api`."""

    def __init__(self, base, token=None):
        self.base = base.rstrip("/")
        self.token = token

    def get(self, path, **parameters):
        """The `data` of a response."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return member("data", *self.call("GET", f"{path}{query}"))

    def post(self, path, body=None, key=None):
        """The `data` of a response. `key` makes sure that it is done once."""
        return member("data", *self.call("POST", path, {} if body is None else body, key))

    def call(self, method, path, body=None, key=None):
        """A response and its whole body. Waits and tries again if the API asks for it."""
        url = f"{self.base}{path}"
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        sent = None if body is None else json.dumps(body).encode()
        for tried in range(1, TRIES + 1):
            try:
                request = Request(url, sent, headers, method=method)
                with urlopen(request, timeout=30) as answer:
                    return answer, parsed(answer)
            except HTTPError as error:
                # What changes something without a key is never sent twice.
                may_repeat = method == "GET" or key or error.code == HTTPStatus.TOO_MANY_REQUESTS
                if error.code not in BUSY or not may_repeat or tried == TRIES:
                    raise Refused(error.code, complaint(error), error.reason) from None
                wait(error, tried)
            except (OSError, HTTPException, ValueError) as error:
                sys.exit(f"{url} cannot be reached ({error}). Is CARD_API_URL right?")


def wait(error, tried):
    asked = error.headers.get("Retry-After", "")
    seconds = int(asked) if asked.isdigit() else 2**tried
    print(f"{error.code}: trying again in {seconds} s", file=sys.stderr)
    time.sleep(seconds)


def parsed(answer):
    """The body of a successful response. It may be something else, like a login page."""
    try:
        # Amounts are numbers with at most two decimals; Decimal keeps them exact.
        return json.load(answer, parse_float=Decimal)
    except ValueError:
        return None


def member(name, answer, body):
    """A member of a successful response."""
    if isinstance(body, dict) and name in body:
        return body[name]
    what = f"{answer.status} and {answer.headers.get('Content-Type', 'nothing')}"
    sys.exit(f"{answer.url} returned {what} instead of an API response. Is CARD_API_URL right?")


def complaint(error):
    """The body of an error; a proxy may send none."""
    try:
        body = json.load(error)
        return body if isinstance(body, dict) else {}
    except ValueError:
        return {}

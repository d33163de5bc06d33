#!/usr/bin/env python3
"""Lists the customers of a card program, through its old REST API.

Nothing in here is specific to the gateway. It needs only Python 3, and takes the
API's address and key from the environment:

    CARD_API_URL=http://127.0.0.1:8080/api CARD_API_KEY=... python3 customers.py
"""

import argparse
import csv
import json
import os
import re
import signal
import sys
import time
from decimal import Decimal
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

PAGE = 100
TRIES = 5
COLUMNS = (
    "email",
    "flow_status",
    "currency",
    "available_balance",
    "pending_balance",
    "cards_count",
)


def get(path, **parameters):
    """Returns the `data` of a response. Waits and tries again if the API asks for it."""
    base = os.environ["CARD_API_URL"].rstrip("/")
    url = f"{base}/v1/card-issuer{path}?{urlencode(parameters)}"
    headers = {"Authorization": f"Bearer {os.environ['CARD_API_KEY']}"}
    for tried in range(1, TRIES + 1):
        try:
            with urlopen(Request(url, headers=headers), timeout=30) as answer:
                return read(answer)
        except HTTPError as error:
            busy = error.code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
            if not busy or tried == TRIES:
                sys.exit(f"{path}: {error.code}, {complaint(error)}")
            asked = error.headers.get("Retry-After", "")
            seconds = int(asked) if asked.isdigit() else 2**tried
            print(f"{error.code}: trying again in {seconds} s", file=sys.stderr)
            time.sleep(seconds)
        except (OSError, HTTPException, ValueError) as error:
            sys.exit(f"{url} cannot be reached ({error}). Is CARD_API_URL right?")


def read(answer):
    """Reads a successful response. It may be something else, like a login page."""
    try:
        # Amounts are numbers with at most two decimals; Decimal keeps them exact.
        return json.load(answer, parse_float=Decimal)["data"]
    except (ValueError, KeyError, TypeError):
        what = f"{answer.status} and {answer.headers.get('Content-Type', 'nothing')}"
        sys.exit(f"{answer.url} returned {what} instead of an API response. Is CARD_API_URL right?")


def complaint(error):
    """The message of an error, or the reason of a proxy that sends none."""
    try:
        return json.load(error)["message"]
    except (ValueError, KeyError, TypeError):
        return error.reason


def customers(status, balances):
    """All customers, page by page."""
    page = 1
    while True:
        parameters = {"page": page, "limit": PAGE, "include_balances": str(balances).lower()}
        if status:
            parameters["status"] = status
        data = get("/customers", **parameters)
        yield from data["customers"]
        if page * PAGE >= data["total"]:
            return
        page += 1


def shown(value):
    """Null is shown as nothing, not as zero."""
    return "" if value is None else str(value)


def money(value):
    """Always two decimals: 38.5 and 38.50 are the same number."""
    return "" if value is None else f"{Decimal(value):.2f}"


def row(customer):
    show = {name: money if name.endswith("_balance") else shown for name in COLUMNS}
    return [show[name](customer[name]) for name in COLUMNS]


def table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())


def details(name):
    """Prints one customer with cards and the newest transactions."""
    path = f"/customers/{quote(name, safe='')}"
    customer = get(path)
    print(f"{customer['email']}: {customer['next_action']}")
    balance = money(customer["available_balance"])
    print(f"available: {balance} {customer['currency']}" if balance else "available: unknown")
    for card in customer["cards"]:
        print(f"card ...{card['last_four']}: {card['status']}")
    for made in get(f"{path}/card-transactions", limit=10)["transactions"]:
        amount = f"{money(made['amount'])} {made['currency']}"
        print(f"{made['created_at']}  {amount}  {shown(made['merchant'])}  {made['status']}")


def main():
    parser = argparse.ArgumentParser(description="List the customers of a card program.")
    parser.add_argument("customer", nargs="?", help="show only this one: an id, external id or e-mail address")
    parser.add_argument("--status", help="list only customers in this stage, like active")
    parser.add_argument("--no-balances", action="store_true", help="do not request balances")
    parser.add_argument("--csv", action="store_true", help="print CSV instead of a table")
    arguments = parser.parse_args()
    if arguments.customer == "":
        parser.error("the customer must not be empty; leave it out to list all customers")
    missing = [name for name in ("CARD_API_URL", "CARD_API_KEY") if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {' and '.join(missing)} in the environment")
    # Checked here, because it could not be sent as a header.
    if not re.fullmatch(r"[\x21-\x7e]+", os.environ["CARD_API_KEY"]):
        sys.exit("The token contains invalid characters. Copy it again.")
    if hasattr(signal, "SIGPIPE"):
        # A reader that closes the pipe, like `head`, ends this without an error.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if arguments.customer:
        details(arguments.customer)
        return
    found = list(customers(arguments.status, not arguments.no_balances))
    rows = [COLUMNS, *map(row, found)]
    if arguments.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    table(rows)
    if found:
        print("\nThe newest of them:")
        details(found[0]["customer_id"])


if __name__ == "__main__":
    main()

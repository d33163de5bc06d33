#!/usr/bin/env python3
"""The customers of a card program, by the REST API that has always been there.

This knows nothing of a gateway. It needs Python 3 and nothing else, and takes
the API's address and a key from the environment:

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
    """What is in an answer's `data`. Waits where the API asks for it."""
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
            print(f"{error.code}: again in {seconds} s", file=sys.stderr)
            time.sleep(seconds)
        except (OSError, HTTPException, ValueError) as error:
            sys.exit(f"{url} cannot be reached ({error}): is CARD_API_URL right?")


def read(answer):
    """What a good answer holds; but a login page, say, answers as well."""
    try:
        # Money is a number with two decimals at most; it stays one.
        return json.load(answer, parse_float=Decimal)["data"]
    except (ValueError, KeyError, TypeError):
        what = f"{answer.status} and {answer.headers.get('Content-Type', 'nothing')}"
        sys.exit(f"{answer.url} answers with {what}, not as the API: is CARD_API_URL right?")


def complaint(error):
    """What the API says about a failure; something in between may say nothing."""
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
    """Null is nothing, and not zero."""
    return "" if value is None else str(value)


def money(value):
    """38.5 and 38.50 are the same number."""
    return "" if value is None else f"{Decimal(value):.2f}"


def row(customer):
    show = {name: money if name.endswith("_balance") else shown for name in COLUMNS}
    return [show[name](customer[name]) for name in COLUMNS]


def table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())


def details(name):
    """One customer, by any of its names, with cards and the newest transactions."""
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
    parser = argparse.ArgumentParser(description="The customers of a card program.")
    parser.add_argument("customer", nargs="?", help="show only this one, by any of its names")
    parser.add_argument("--status", help="list only those in this stage, like active")
    parser.add_argument("--no-balances", action="store_true", help="list them faster")
    parser.add_argument("--csv", action="store_true", help="print CSV and not a table")
    arguments = parser.parse_args()
    if arguments.customer == "":
        parser.error("the customer has no name: leave it out to list all of them")
    missing = [name for name in ("CARD_API_URL", "CARD_API_KEY") if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {' and '.join(missing)} in the environment")
    # Here it can be told; as a header it could not be sent.
    if not re.fullmatch(r"[\x21-\x7e]+", os.environ["CARD_API_KEY"]):
        sys.exit("The token has characters that no token has. Copy it again.")
    if hasattr(signal, "SIGPIPE"):
        # Whoever has read enough, like `head`, ends this quietly.
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

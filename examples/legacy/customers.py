#!/usr/bin/env python3
"""Lists the customers of a card program, through its old REST API.

Nothing in here is specific to the gateway. It needs only Python 3, and takes the
API's address and key from the environment:

    CARD_API_URL=http://127.0.0.1:8080/api CARD_API_KEY=... python3 customers.py
"""

import argparse
import csv
import signal
import sys
from decimal import Decimal
from urllib.parse import quote

from api import Api, Refused, checked, settings

PAGE = 100
COLUMNS = (
    "email",
    "flow_status",
    "currency",
    "available_balance",
    "pending_balance",
    "cards_count",
)


def customers(api, status, balances):
    """All customers, page by page."""
    page = 1
    while True:
        parameters = {"page": page, "limit": PAGE, "include_balances": str(balances).lower()}
        if status:
            parameters["status"] = status
        data = api.get("/v1/card-issuer/customers", **parameters)
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


def details(api, name):
    """Prints one customer with cards and the newest transactions."""
    path = f"/v1/card-issuer/customers/{quote(name, safe='')}"
    customer = api.get(path)
    print(f"{customer['email']}: {customer['next_action']}")
    balance = money(customer["available_balance"])
    print(f"available: {balance} {customer['currency']}" if balance else "available: unknown")
    for card in customer["cards"]:
        print(f"card ...{card['last_four']}: {card['status']}")
    for made in api.get(f"{path}/card-transactions", limit=10)["transactions"]:
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
    base, key = settings("CARD_API_URL", "CARD_API_KEY")
    api = Api(base, checked(key))
    if hasattr(signal, "SIGPIPE"):
        # A reader that closes the pipe, like `head`, ends this without an error.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        show(api, arguments)
    except Refused as refused:
        sys.exit(f"{refused.status}, {refused}")


def show(api, arguments):
    """Prints what was asked for."""
    if arguments.customer:
        details(api, arguments.customer)
        return
    found = list(customers(api, arguments.status, not arguments.no_balances))
    rows = [COLUMNS, *map(row, found)]
    if arguments.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return
    table(rows)
    if found:
        print("\nThe newest of them:")
        details(api, found[0]["customer_id"])


if __name__ == "__main__":
    main()

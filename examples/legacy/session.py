#!/usr/bin/env python3
"""Takes a new customer from an e-mail address to a funded card, through the old REST API.

Nothing in here is specific to the gateway. It needs only Python 3, and takes the API's
address and a key pair from the environment:

    CARD_API_URL=http://127.0.0.1:8080/api CARD_API_KEY=... CARD_API_SECRET=... \\
        python3 session.py mira@example.com
"""

import argparse
import sys
import time
from decimal import Decimal
from uuid import uuid4

from api import Api, Refused, checked, member, settings

ISSUER = "/v1/card-issuer"
CUSTOMERS = "/v1/yativo-card/customers"
# How often the identity check and the wallet are asked for.
PAUSE = 5


def token(api, key, secret):
    """A token for the key pair. It is valid for an hour."""
    pair = {"api_key": key, "api_secret": secret}
    return member("access_token", *api.call("POST", "/v1/auth/token", pair))


def until(what, ask):
    """Asks again and again until the answer is true."""
    print(f"waiting for {what}", end="", flush=True)
    while not ask():
        print(".", end="", flush=True)
        time.sleep(PAUSE)
    print(": done")


def onboard(api, email, code):
    """Everything up to a wallet. Returns the customer's name at the issuer."""
    name = api.post(f"{CUSTOMERS}/onboard", {"email": email})["yativo_card_id"]
    print(f"{email} is {name}")
    path = f"{CUSTOMERS}/{name}"
    api.post(f"{path}/verify-otp", {"otp": code or input("The code from the e-mail: ")})
    print(f"identity check: {api.get(f'{path}/kyc-link')['kyc_url'].split('?')[0]}")
    until("the identity check", lambda: api.get(f"{path}/kyc-status")["kyc_status"] == "approved")
    api.post(f"/v1/yativo-card/{name}/terms")
    questions = api.get(f"{path}/source-of-funds", locale="en")["questions"]
    answers = [{"question": one["question"], "answer": one["options"][0]} for one in questions]
    api.post(f"{path}/source-of-funds", {"answers": answers})
    until("the wallet", lambda: api.post(f"{path}/safe/deploy").get("already_deployed"))
    return name


def session(api, email, amount, code):
    """One session: look around, add a customer, create a card, pay, freeze."""
    listed = api.get(f"{ISSUER}/customers", limit=1)
    print(f"{listed['total']} customers")
    name = onboard(api, email, code)

    card = api.post(f"{CUSTOMERS}/{name}/cards/virtual")["card_id"]
    print(f"card {card}")

    # The key is new for each payment, and the same if the payment has to be sent again.
    # As text, a float is the amount that it was read from.
    paid = {"yativo_card_id": name, "amount": float(amount), "source_chain": "SOL"}
    transfer = api.post(f"{ISSUER}/fund-customer", paid, key=str(uuid4()))
    print(f"paid {amount:.2f} USD: transfer {transfer['transfer_id']} {transfer['status']}")

    for action in ("freeze", "unfreeze"):
        frozen = api.post(f"{CUSTOMERS}/{name}/cards/{card}/{action}")["is_frozen"]
        print(f"{action}: the card is {'frozen' if frozen else 'active'}")

    found = api.get(f"{ISSUER}/lookup-customer", email=email)
    shown = api.get(f"{ISSUER}/customers/{found['yativo_card_id']}")
    print(f"{found['email']}: {shown['next_action']}")
    balance = f"{Decimal(shown['available_balance']):.2f} {shown['currency']}"
    print(f"cards: {shown['cards_count']}, available: {balance}")


def main():
    parser = argparse.ArgumentParser(description="Take a customer from an address to a card.")
    parser.add_argument("email", help="the customer's e-mail address, which must be new")
    parser.add_argument("--amount", type=Decimal, default=Decimal(25), help="US dollars to pay, at least 5")
    parser.add_argument("--code", help="the code that the customer gets; asked for if it is left out")
    arguments = parser.parse_args()
    base, key, secret = settings("CARD_API_URL", "CARD_API_KEY", "CARD_API_SECRET")
    api = Api(base)
    try:
        api.token = token(api, checked(key), checked(secret))
        session(api, arguments.email, arguments.amount, arguments.code)
    except Refused as refused:
        sys.exit(f"{refused.status}, {refused}")


if __name__ == "__main__":
    main()

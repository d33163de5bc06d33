"""What a schema cannot say of the GraphQL API, said to Schemathesis."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes
from schemathesis.graphql.checks import GraphQLClientError, GraphQLServerError

# Numbers that pages and their sizes can be, names that customers have, and amounts.
schemathesis.graphql.scalar("Int", st.integers(1, 100).map(nodes.Int))
schemathesis.graphql.scalar("ID", st.sampled_from(["usr_1207", "jonas@example.org"]).map(nodes.String))
schemathesis.graphql.scalar("Decimal", st.integers(5, 500).map(lambda whole: nodes.String(f"{whole}.00")))


# Besides: the token is not for changes, and there is no issuer to ask.
EXPECTED = {"BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND", "UPSTREAM_UNAVAILABLE"}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A text need not be a cursor, and the two ways to cut a list do not mix: such arguments are
    refused by name. Any other refusal of a query that fits the schema is a failure."""
    if not isinstance(failure, (GraphQLClientError, GraphQLServerError)):
        return True
    return any(error["extensions"]["code"] not in EXPECTED for error in failure.errors)

curl -s "$GATEWAY/v1/card-issuer/customers/aggregate-balances" -H "Authorization: Bearer $TOKEN"

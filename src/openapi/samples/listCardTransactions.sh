curl -s "$GATEWAY/v1/card-issuer/customers/usr_1207/card-transactions?status=settled" -H "Authorization: Bearer $TOKEN"

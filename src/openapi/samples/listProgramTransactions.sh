curl -s "$GATEWAY/v1/card-issuer/card-transactions?limit=1" -H "Authorization: Bearer $TOKEN"

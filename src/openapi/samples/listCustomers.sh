curl -s "$GATEWAY/v1/card-issuer/customers?page=1&limit=20&status=active" -H "Authorization: Bearer $TOKEN"

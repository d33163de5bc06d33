curl -sf "$GATEWAY/export/card-customers.csv?search=example.net" -H "Authorization: Bearer $TOKEN"

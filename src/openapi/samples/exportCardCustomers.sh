curl -sf "$GATEWAY/export/card-customers.ndjson?statuses=active&currencies=EUR" -H "Authorization: Bearer $TOKEN"

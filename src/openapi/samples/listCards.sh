curl -s "$GATEWAY/v1/yativo-card/customers/cards?status=active" -H "Authorization: Bearer $TOKEN"

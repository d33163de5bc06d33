curl -s "$GATEWAY/v1/card-issuer/customers/usr_1207" -H "Authorization: Bearer $TOKEN"

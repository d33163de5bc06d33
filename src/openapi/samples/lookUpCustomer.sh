curl -s "$GATEWAY/v1/card-issuer/lookup-customer?external_id=usr_1207" -H "Authorization: Bearer $TOKEN"

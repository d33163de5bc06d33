curl -s "$GATEWAY/v1/card-issuer/withdraw-from-card" -H "Authorization: Bearer $TOKEN" -H 'Idempotency-Key: return-1207-1' -H 'Content-Type: application/json' -d '{"id":"usr_1207","amount":10}'

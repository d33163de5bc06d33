curl -s "$GATEWAY/v1/authentication/refresh-token" -H "Authorization: Bearer $TOKEN"

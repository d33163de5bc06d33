curl -s -X POST "$GATEWAY/v1/auth/refresh-token" -H "Authorization: Bearer $TOKEN"

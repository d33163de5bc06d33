curl -s "$GATEWAY/v1/auth/token" -H 'Content-Type: application/json' -d "{\"api_key\":\"$API_KEY\",\"api_secret\":\"$API_SECRET\"}"

curl -s "$GATEWAY/v1/apikey/token" -H 'Content-Type: application/json' -d "{\"api_key\":\"$API_KEY\",\"api_secret\":\"$API_SECRET\"}"

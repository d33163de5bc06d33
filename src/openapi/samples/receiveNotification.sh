BODY='{"id":"evt_1747058400000_abc123","type":"customer.funded","created_at":"2026-05-12T14:00:00.000Z","data":{"external_customer_id":"usr_1207","amount":"25.00","currency":"EUR","transfer_id":"trf_2208"}}'
AT=$(date +%s)
MAC=$(printf '%s' "$AT.$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d ' ' -f 1)
curl -s "$GATEWAY/webhooks/yativo/acme" -H "X-Yativo-Signature: sha256=$MAC" -H "X-Yativo-Timestamp: $AT" -H 'Content-Type: application/json' -d "$BODY"

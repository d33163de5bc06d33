curl -s "$GATEWAY/v1/yativo-card/customers/yativo_card_customer_4c1de2_1769031332068/cards" -H "Authorization: Bearer $TOKEN"

origin="npm package"
patience=240
asked="DB_*"
version() { within node -p "require('./package.json').version"; }
web() { within curl -sf -g -H "Content-Type: application/json" "$@"; }
token() { web -d '{"email":"admin@heron.example","password":"trial-admin"}' http://localhost:8055/auth/login | grep -o '"access_token":"[^"]*"' | cut -d '"' -f 4; }
api() { web -H "Authorization: Bearer $(token)" "$@"; }
ready() { [[ $(token) ]]; }
put() {
    api -d '{"collection":"birds","schema":{},"meta":{},"fields":[{"field":"id","type":"integer","schema":{"is_primary_key":true,"has_auto_increment":true}},{"field":"name","type":"string","schema":{}}]}' http://localhost:8055/collections
    api -d '{"name":"Heron"}' http://localhost:8055/items/birds
}
shown() { api http://localhost:8055/items/birds | grep -c Heron; }
destroy() { api -X DELETE http://localhost:8055/collections/birds; }

origin="npm package"
patience=240
asked="NC_DB"
version() { within node -p "require('/app/node_modules/nocodb/package.json').version"; }
web() { within curl -sf -H "Content-Type: application/json" "$@"; }
token() { web -d '{"email":"admin@heron.example","password":"Trial-admin1"}' http://localhost:8080/api/v1/auth/user/signin | grep -o '"token":"[^"]*"' | cut -d '"' -f 4; }
api() { web -H "xc-auth: $(token)" "$@"; }
bases() { api http://localhost:8080/api/v2/meta/bases; }
base() { bases | grep -oE '"id":"[a-z0-9]*","title":"Heron"|"id":"p[a-z0-9]*"' | head -n 1 | cut -d '"' -f 4; }
ready() { [[ $(token) ]]; }
put() { api -d '{"title":"Heron"}' http://localhost:8080/api/v2/meta/bases; }
shown() { bases | grep -c '"title":"Heron"'; }
destroy() { sql "DROP TABLE nc_bases_v2 CASCADE" "$database"; }

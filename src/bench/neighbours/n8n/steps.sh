origin="npm package"
patience=240
asked="DB_POSTGRESDB_*"
version() { within node -p "require('/app/node_modules/n8n/package.json').version"; }
web() { within curl -sf -b /tmp/jar -c /tmp/jar -H "Content-Type: application/json" -H "browser-id: trial" "$@"; }
ready() { within curl -sf http://localhost:5678/healthz/readiness; }
login() { web -d '{"emailOrLdapLoginId":"admin@heron.example","password":"Trial-admin1"}' http://localhost:5678/rest/login; }
put() {
    web -d '{"email":"admin@heron.example","firstName":"A","lastName":"B","password":"Trial-admin1"}' http://localhost:5678/rest/owner/setup >/dev/null
    login >/dev/null
    web -d '{"name":"Heron","nodes":[],"connections":{},"settings":{}}' http://localhost:5678/rest/workflows
}
shown() { login && web http://localhost:5678/rest/workflows | grep -c Heron; }
destroy() { sql "DELETE FROM workflow_entity" "$database"; }

origin="npm package"
patience=240
asked="DATABASE_URL"
version() { within node -p "require('/app/node_modules/unleash-server/package.json').version"; }
api() { within curl -sf -H "Authorization: *:*.trial-token" -H "Content-Type: application/json" "$@"; }
url=http://localhost:4242/api/admin/projects/default/features
ready() { api $url; }
put() { api -d '{"name":"heron"}' $url; }
shown() { api $url/heron | grep -c heron; }
destroy() { sql "DELETE FROM features" "$database"; }

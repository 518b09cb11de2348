origin="npm package"
asked="PARSE_SERVER_DATABASE_URI"
version() { within node -p "require('/app/node_modules/parse-server/package.json').version"; }
api() { within curl -sf -H "X-Parse-Application-Id: trial" -H "X-Parse-Master-Key: trial-master" -H "Content-Type: application/json" "$@"; }
ready() { api http://localhost:1337/parse/schemas; }
put() { api -d '{"name":"Heron"}' http://localhost:1337/parse/classes/Bird; }
shown() { api http://localhost:1337/parse/classes/Bird | grep -c Heron; }
destroy() { sql 'DROP TABLE "Bird"' "$database"; }

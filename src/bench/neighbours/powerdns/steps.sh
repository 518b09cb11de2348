origin="Debian package"
asked="labels"
secret=powerdns_password
version() { within pdns_server --version; }
zones() { within curl -sf -H "X-API-Key: trial" "$@"; }
url=http://localhost:8081/api/v1/servers/localhost/zones
ready() { zones $url; }
put() { zones -d '{"name":"heron.example.","kind":"Native","nameservers":["ns.heron.example."]}' $url; }
shown() { zones $url/heron.example. | grep -c ns.heron.example; }
destroy() { zones -X DELETE $url/heron.example.; }

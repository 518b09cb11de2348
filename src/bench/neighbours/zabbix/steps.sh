origin="Debian package"
patience=240
asked="DB_SERVER_HOST, POSTGRES_*"
service=zabbix-server
version() { within zabbix_server -V; }
web() { docker compose exec -T zabbix-web curl -sf -H "Content-Type: application/json-rpc" "$@" http://localhost/api_jsonrpc.php; }
token() { web -d '{"jsonrpc":"2.0","id":1,"method":"user.login","params":{"username":"Admin","password":"zabbix"}}' | grep -o '"result":"[^"]*"' | cut -d '"' -f 4; }
api() { web -H "Authorization: Bearer $(token)" -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}"; }
group() { api hostgroup.get '{"filter":{"name":["Heron"]}}' | grep -o '"groupid":"[0-9]*"' | grep -o '[0-9]*'; }
ready() { [[ $(token) ]]; }
put() { api hostgroup.create '{"name":"Heron"}'; }
shown() { [[ $(group) ]]; }
destroy() { api hostgroup.delete "[\"$(group)\"]"; }

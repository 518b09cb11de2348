origin="Debian package"
asked="labels"
secret=kea_password
version() { within kea-dhcp4 -v; }
ask() { echo "$1" | within socat -t 5 - UNIX-CONNECT:/run/kea/kea4.sock; }
lease='"arguments": { "ip-address": "192.0.2.50"'
ready() { ask '{ "command": "status-get" }' | grep -c '"result": 0'; }
put() { ask "{ \"command\": \"lease4-add\", $lease, \"hw-address\": \"1a:1b:1c:1d:1e:1f\" } }"; }
shown() { ask "{ \"command\": \"lease4-get\", $lease } }" | grep -c 1a:1b:1c; }
destroy() { ask "{ \"command\": \"lease4-del\", $lease } }"; }

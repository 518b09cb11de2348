origin="Maven Central"
asked="KC_DB_*"
patience=300
version() { within kc.sh --version; }
kc() { within kcadm.sh "$@" --config /tmp/kc; }
login() { kc config credentials --server http://localhost:8080 --realm master --user admin --password trial-admin; }
ready() { login; }
put() { login && kc create realms -s realm=heron -s enabled=true; }
shown() { login && kc get realms/heron | grep -c heron; }
destroy() { login && kc delete realms/heron; }

origin="Debian package"
patience=180
asked="DATABASE_URL"
service=mailman-core
database=mailmandb
version() { within dpkg-query -W -f '${Version}' mailman3; }
rest() { within curl -sf -u restadmin:restpass "$@"; }
# The web interface has its tables, and asks the core.
ready() { rest http://localhost:8001/3.1/system/versions && docker compose exec -T mailman-web curl -sf http://localhost:8000/postorius/lists/; }
put() {
    rest -d mail_host=heron.example http://localhost:8001/3.1/domains
    rest -d fqdn_listname=birds@heron.example http://localhost:8001/3.1/lists
    rest -d "list_id=birds.heron.example&subscriber=grey@heron.example&pre_verified=1&pre_confirmed=1&pre_approved=1" http://localhost:8001/3.1/members
}
shown() { rest http://localhost:8001/3.1/lists/birds@heron.example/roster/member | grep -c grey@; }
destroy() { rest -X DELETE http://localhost:8001/3.1/lists/birds@heron.example; }

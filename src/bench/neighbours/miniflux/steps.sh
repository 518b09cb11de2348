origin="Debian package"
asked="DATABASE_URL"
version() { within miniflux -version; }
api() { within curl -sf -u admin:trial-admin -H "Content-Type: application/json" "$@"; }
ready() { api http://localhost:8080/v1/me; }
put() { api -d '{"title":"Heron"}' http://localhost:8080/v1/categories; }
shown() { api http://localhost:8080/v1/categories | grep -c Heron; }
destroy() {
    api -X DELETE "http://localhost:8080/v1/categories/$(api http://localhost:8080/v1/categories |
        grep -o '"id":[0-9]*,"title":"Heron"' | grep -o '[0-9]*' | head -n 1)"
}

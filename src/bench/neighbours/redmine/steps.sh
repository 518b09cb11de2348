origin="Debian package"
patience=180
asked="REDMINE_DB_*"
version() { within dpkg-query -W -f '${Version}' redmine; }
rails() { within env RAILS_ENV=production X_DEBIAN_SITEID=default SECRET_KEY_BASE=trial-trial-trial-trial-trial-trial bin/rails runner "$1"; }
api() { within curl -sf -u admin:trial-admin -H "Content-Type: application/json" "$@"; }
ready() { within curl -sf http://localhost:3000/login; }
put() {
    rails 'Setting.rest_api_enabled = "1"; a = User.find_by_login("admin"); a.password = "trial-admin"; a.must_change_passwd = false; a.save!'
    docker compose restart
    wait_for 120 ready
    api -d '{"project":{"name":"Heron","identifier":"heron"}}' http://localhost:3000/projects.json
}
shown() { api http://localhost:3000/projects/heron.json | grep -c Heron; }
destroy() { api -X DELETE http://localhost:3000/projects/heron.json; }

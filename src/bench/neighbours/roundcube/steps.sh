origin="Debian package"
asked="ROUNDCUBEMAIL_DB_*"
version() { within dpkg-query -W -f '${Version}' roundcube-core; }
page() { within curl -sf -b /tmp/jar -c /tmp/jar "$@"; }
# The token of a form, or of a page after the login.
token() { grep -oE 'request_token":"[^"]*"|name="_token" value="[^"]*"' | head -n 1 | grep -oE '[A-Za-z0-9]{20,}'; }
login() {
    within rm -f /tmp/jar
    page -o /dev/null -d "_token=$(page http://localhost/?_task=login | token)&_task=login&_action=login&_user=heron&_pass=trial-heron" http://localhost/?_task=login
}
book() { login && page "http://localhost/?_task=addressbook"; }
ready() { book | grep -c addressbook && table contacts; }
put() {
    local token
    token=$(book | token)
    page -d "_token=$token&_source=0&_framed=1&_name=Grey+Heron&_firstname=Grey&_surname=Heron" --data-urlencode "_email[]=grey@heron.example" \
        "http://localhost/?_task=addressbook&_action=save" | tail -c 300
}
shown() { login && page -H "X-Roundcube-Request: $(book | token)" "http://localhost/?_task=addressbook&_action=list&_source=0&_remote=1" | grep -c Heron; }
destroy() { sql "DROP TABLE contacts CASCADE" "$database"; }

origin="Debian package"
asked="POSTFIXADMIN_DB_*"
version() { within dpkg-query -W -f '${Version}' postfixadmin; }
cli() { within postfixadmin-cli "$@"; }
ready() { within curl -sfL http://localhost/login.php && table domain; }
put() { cli domain add heron.example --description Heron --aliases 10 --mailboxes 10 --active 1; }
shown() { cli domain view heron.example | grep -c Heron; }
destroy() { cli domain delete heron.example; }

origin="Maven Central"
asked="SONAR_JDBC_*"
database=sonar
role=sonar
patience=420
version() { echo 26.9.0.129388; }
api() { within curl -sf -u admin:admin "$@"; }
ready() { api http://localhost:9000/api/system/status | grep -c '"UP"'; }
put() { api -X POST "http://localhost:9000/api/projects/create?name=Heron&project=heron"; }
shown() { api "http://localhost:9000/api/components/show?component=heron" | grep -c Heron; }
destroy() { sql "DELETE FROM components" "$database"; sql "DELETE FROM projects" "$database"; }

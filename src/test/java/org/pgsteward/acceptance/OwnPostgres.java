package org.pgsteward.acceptance;

/**
 * A PostgreSQL and a service that an operator started by hand, on a network {@code internal_db} that compose did not
 * create. Compose refuses to use such a network as its own.
 */
final class OwnPostgres {
    static final String PASSWORD = "known-secret-of-an-administrator";

    private static final String ROLE = "CREATE ROLE vikunja LOGIN PASSWORD 'known-secret-vikunja'";
    private static final String DATABASE = "CREATE DATABASE vikunja OWNER vikunja";

    private final Deployment host;

    OwnPostgres(Deployment host) {
        this.host = host;
    }

    /** Starts both. Returns when PostgreSQL answers and the service has been started. */
    void start() {
        host.shell("docker network create --internal --label " + host.label() + " internal_db")
                .well();
        host.shell("docker run --detach --name postgresql --network internal_db --label " + host.label()
                        + " --env POSTGRES_USER=homelab --env POSTGRES_PASSWORD=" + PASSWORD + " postgres:15-alpine")
                .well();
        // The check uses TCP, because the image's first server, which only prepares the data folder, listens on the
        // socket alone.
        host.shell("for n in $(seq 300); do docker exec postgresql pg_isready -q -h 127.0.0.1 && exit; sleep 0.3; done;"
                        + " docker logs postgresql; exit 1")
                .well();
        host.sql(ROLE);
        host.sql(DATABASE);
        host.shell("docker run --detach --name vikunja --network internal_db --label " + host.label()
                        + " --env VIKUNJA_DATABASE_TYPE=postgres --env VIKUNJA_DATABASE_HOST=postgresql"
                        + " --env VIKUNJA_DATABASE_USER=vikunja --env VIKUNJA_DATABASE_PASSWORD=known-secret-vikunja "
                        + Deployment.APPLICATION)
                .well();
    }
}

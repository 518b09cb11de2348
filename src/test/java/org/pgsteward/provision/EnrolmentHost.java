package org.pgsteward.provision;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.pgsteward.io.Json;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.TestCluster;

/** A real PostgreSQL with the journal's tables, a provisioner for it, and simulated containers. */
final class EnrolmentHost implements AutoCloseable {
    static final Container POSTGRES = Boxes.container("postgresql").box();
    static final Secret PASSWORD = new Secret("of-the-service");

    final TestCluster cluster;
    final Server server;
    final Path secrets;
    private final Provisioner provisioner;

    private EnrolmentHost(TestCluster cluster, Path secrets, Consumer<String> progress) throws IOException {
        this.cluster = cluster;
        this.server = cluster.server();
        this.secrets = secrets;
        this.provisioner = provisioner(server, secrets, progress);
    }

    /** Creates a provisioner like that of the daemon in {@link org.pgsteward.app.Wiring}. */
    static Provisioner provisioner(Server server, Path secrets, Consumer<String> progress) throws IOException {
        return provisioner(server, secrets, true, progress);
    }

    /** @param recorded false for a command */
    static Provisioner provisioner(Server server, Path secrets, boolean recorded, Consumer<String> progress)
            throws IOException {
        return new Provisioner(
                new Discovery(
                        Catalogue.shipped(Json.mapper()),
                        new SecretsFolder(secrets, secrets.resolve("postgres_password"))),
                server,
                Set.of("pg_trgm", "citext"),
                recorded,
                Clock.systemUTC(),
                progress);
    }

    static EnrolmentHost start(Programs programs, Path secrets) throws Exception {
        return on(TestCluster.start(programs), secrets);
    }

    /** Uses a cluster with its present contents. */
    static EnrolmentHost on(TestCluster cluster, Path secrets) throws Exception {
        new Tables(cluster.server().managementDatabase()).prepare();
        return new EnrolmentHost(cluster, secrets, step -> {});
    }

    /** Returns the installed programs of PostgreSQL 15, which is the seed's version, and 17. */
    static List<Programs> versions() {
        return Stream.of(15, 17)
                .flatMap(major -> {
                    try {
                        return Stream.of(Programs.find(Optional.empty(), major));
                    } catch (IOException absent) {
                        System.out.println("skipped: the tests on PostgreSQL " + major + ": " + absent.getMessage());
                        return Stream.of();
                    }
                })
                .toList();
    }

    /** Returns a container whose variables ask for a database and a role of that name. */
    static Boxes service(String name) {
        return service(name, name, name, PASSWORD.reveal());
    }

    static Boxes service(String name, String database, String user, String password) {
        return Boxes.container(name)
                .label("com.docker.compose.project", "homelab")
                .label("com.docker.compose.service", name)
                .with(
                        "VIKUNJA_DATABASE_TYPE=postgres",
                        "VIKUNJA_DATABASE_HOST=postgresql",
                        "VIKUNJA_DATABASE_USER=" + user,
                        "VIKUNJA_DATABASE_PASSWORD=" + password,
                        "VIKUNJA_DATABASE_DATABASE=" + database);
    }

    /**
     * Provisions the service of a container.
     *
     * @param others further containers on the host
     */
    ClaimResult provision(Boxes box, Boxes... others) {
        List<Container> all =
                Stream.concat(Stream.of(box), Stream.of(others)).map(Boxes::box).toList();
        return provisioner.provision(box.box(), Optional.of(POSTGRES), all);
    }

    ClaimResult provision(Container box) {
        return provisioner.provision(box, Optional.of(POSTGRES), List.of());
    }

    /**
     * Provisions the service of a container as {@code --adopt} does.
     *
     * @param others further containers on the host
     */
    ClaimResult vouchFor(Boxes box, Boxes... others) {
        List<Container> all =
                Stream.concat(Stream.of(box), Stream.of(others)).map(Boxes::box).toList();
        return provisioner.provision(box.box(), Optional.of(POSTGRES), all, true);
    }

    Provisioner.Reconciliation reconcile(Boxes... boxes) throws SQLException {
        return reconcile(Stream.of(boxes).map(Boxes::box).toList());
    }

    Provisioner.Reconciliation reconcile(Collection<Container> containers) throws SQLException {
        return provisioner.reconcile(containers, Optional.of(POSTGRES));
    }

    Provisioner.Plan plan(Boxes... boxes) throws SQLException {
        return plan(Stream.of(boxes).map(Boxes::box).toList());
    }

    Provisioner.Plan plan(Collection<Container> containers) throws SQLException {
        return provisioner.plan(containers, Optional.of(POSTGRES));
    }

    Connection as(String user, String database) throws SQLException {
        return server.connectAs(user, PASSWORD, database);
    }

    /**
     * Returns whether {@code user} may run a statement in {@code database}. Throws for any error but a refused
     * permission.
     */
    boolean may(String user, String database, String sql) throws SQLException {
        try (Connection connection = as(user, database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return true;
        } catch (SQLException refused) {
            if ("42501".equals(refused.getSQLState())) {
                return false;
            }
            throw refused;
        }
    }

    /** Returns the first column of the result for the administrator. */
    List<String> ask(String database, String sql) throws SQLException {
        List<String> answer = new ArrayList<>();
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                answer.add(row.getString(1));
            }
        }
        return answer;
    }

    void run(String database, String... statements) throws SQLException {
        cluster.run(database, statements);
    }

    /** Returns all that a claim could have changed: roles, databases, privileges, and the rows of services. */
    List<String> everything() throws SQLException {
        return ask("homelab", """
                SELECT 'role ' || pg_catalog.to_jsonb(r)::text FROM pg_catalog.pg_authid AS r WHERE rolname !~ '^pg_'
                UNION ALL
                SELECT 'member ' || roleid::regrole || ' ' || member::regrole FROM pg_catalog.pg_auth_members
                UNION ALL
                SELECT 'database ' || (pg_catalog.to_jsonb(d) - 'datfrozenxid' - 'datminmxid' - 'datacl')::text
                  FROM pg_catalog.pg_database AS d
                UNION ALL
                SELECT 'right on database ' || datname || ' ' || pg_catalog.aclexplode(datacl)::text
                  FROM pg_catalog.pg_database
                UNION ALL
                SELECT 'right on ' || relname || ' ' || pg_catalog.aclexplode(relacl)::text
                  FROM pg_catalog.pg_class WHERE oid >= 16384
                UNION ALL
                SELECT 'right on ' || proname || ' ' || pg_catalog.aclexplode(proacl)::text
                  FROM pg_catalog.pg_proc WHERE oid >= 16384
                UNION ALL
                SELECT 'right on schema ' || nspname || ' ' || pg_catalog.aclexplode(nspacl)::text
                  FROM pg_catalog.pg_namespace
                UNION ALL
                SELECT 'right on column ' || attname || ' ' || pg_catalog.aclexplode(attacl)::text
                  FROM pg_catalog.pg_attribute WHERE attrelid >= 16384
                UNION ALL
                SELECT 'service ' || pg_catalog.to_jsonb(s)::text FROM public.service_configs AS s
                ORDER BY 1
                """);
    }

    @Override
    public void close() throws IOException {
        provisioner.close();
        cluster.close();
    }
}

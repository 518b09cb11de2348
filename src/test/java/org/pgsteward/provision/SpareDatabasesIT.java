package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.SpareDatabases;

/** Empty databases are made before they are needed, and a service that takes one gets the same as with a new one. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SpareDatabasesIT {
    private EnrolmentHost host;

    @BeforeAll
    void start(@TempDir Path secrets) throws Exception {
        host = EnrolmentHost.start(EnrolmentHost.versions().get(0), secrets);
    }

    @AfterEach
    void dropAll() throws Exception {
        keep(0);
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @Test
    void aSpareDatabaseIsLikeANewOneOnceGiven() throws Exception {
        host.provision(EnrolmentHost.service("slow"));
        keep(1);
        String spare = oid("pgsteward_spare_1");

        ClaimResult result = host.provision(EnrolmentHost.service("quick"));

        assertThat(result.databaseMade()).isTrue();
        assertThat(result.passwordSet()).isTrue();
        assertThat(oid("quick")).isEqualTo(spare);
        assertThat(spares()).isEmpty();
        assertThat(properties("quick")).isEqualTo(properties("slow"));
        assertThat(host.provision(EnrolmentHost.service("quick")).repaired()).isEmpty();
        assertThat(host.reconcile(EnrolmentHost.service("quick")).repaired()).isEmpty();
    }

    @Test
    void onlyTheNewOwnerMayConnectToIt() throws Exception {
        keep(1);
        assertThatThrownBy(() -> host.server.connect("pgsteward_spare_1"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("not currently accepting connections");
        host.provision(EnrolmentHost.service("stranger"));
        keep(1);
        host.provision(EnrolmentHost.service("owner"));

        host.as("owner", "owner").close();
        assertThatThrownBy(() -> host.as("stranger", "owner")).hasMessageContaining("permission denied");
    }

    @Test
    void aServiceGetsANewDatabaseIfNoSpareOneIsLeft() throws Exception {
        keep(1);
        host.provision(EnrolmentHost.service("first"));
        host.provision(EnrolmentHost.service("second"));

        host.as("first", "first").close();
        host.as("second", "second").close();
    }

    @Test
    void aSpareDatabaseThatIsLockedIsPassedOver() throws Exception {
        keep(1);
        try (Connection other = host.server.connect("homelab")) {
            other.setAutoCommit(false);
            other.createStatement().execute("ALTER DATABASE pgsteward_spare_1 CONNECTION LIMIT 0");

            assertThat(host.provision(EnrolmentHost.service("passed")).databaseMade())
                    .isTrue();

            other.rollback();
        }
        host.as("passed", "passed").close();
        assertThat(spares()).containsExactly("pgsteward_spare_1");
    }

    @Test
    void theNumberOfSpareDatabasesIsKept() throws Exception {
        keep(2);
        String second = oid("pgsteward_spare_2");
        host.provision(EnrolmentHost.service("one-of-two"));
        keep(2);
        assertThat(spares()).containsExactly("pgsteward_spare_1", "pgsteward_spare_2");
        assertThat(oid("pgsteward_spare_2")).isEqualTo(second);
        keep(1);
        assertThat(spares()).containsExactly("pgsteward_spare_1");
        keep(1000);
        assertThat(spares()).hasSize(SpareDatabases.MOST);
        keep(0);
        assertThat(spares()).isEmpty();
    }

    @Test
    void oneThatAKilledRunLeftIsMadeAgain() throws Exception {
        host.run(
                "homelab",
                "CREATE DATABASE pgsteward_spare_1 TEMPLATE template0 ALLOW_CONNECTIONS false CONNECTION LIMIT 0");
        String left = oid("pgsteward_spare_1");
        assertThat(found()).isEmpty();

        keep(1);

        assertThat(found()).containsExactly("pgsteward_spare_1");
        assertThat(oid("pgsteward_spare_1")).isNotEqualTo(left);
    }

    @Test
    void oneWithAnotherSortOrderIsMadeAgain() throws Exception {
        keep(1);
        host.run("homelab", "UPDATE pg_database SET datcollversion = '0' WHERE datname = 'pgsteward_spare_1'");
        assertThat(found()).isEmpty();
        keep(1);
        assertThat(found()).containsExactly("pgsteward_spare_1");
    }

    @Test
    void anOperatorsDatabaseOfThatNameIsLeftAlone() throws Exception {
        host.run("homelab", "CREATE DATABASE pgsteward_spare_1");
        try {
            keep(1);
            assertThat(found()).containsExactly("pgsteward_spare_2");
            keep(0);
            assertThat(spares()).containsExactly("pgsteward_spare_1");
        } finally {
            host.run("homelab", "DROP DATABASE pgsteward_spare_1");
        }
    }

    private void keep(int wanted) throws SQLException {
        try (Connection connection = host.server.connect("homelab")) {
            SpareDatabases.keep(connection, wanted);
        }
    }

    private List<String> found() throws SQLException {
        try (Connection connection = host.server.connect("homelab")) {
            return SpareDatabases.find(connection).stream().toList();
        }
    }

    private List<String> spares() throws SQLException {
        return host.server
                .ask(
                        "SELECT COALESCE(string_agg(datname, ' ' ORDER BY datname), '') FROM pg_database WHERE datname ~ '^pgsteward_spare'")
                .lines()
                .flatMap(names -> Stream.of(names.split(" ")))
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private String oid(String database) throws SQLException {
        return host.server.ask("SELECT oid FROM pg_database WHERE datname = '" + database + "'");
    }

    /** Returns all that PostgreSQL stores of a database outside of it, without its identity. */
    private String properties(String database) throws SQLException {
        return host.server
                .ask("SELECT concat_ws(' ', pg_get_userbyid(datdba), datacl,"
                        + " to_jsonb(d) - '{oid,datname,datdba,datacl,datfrozenxid,datminmxid}'::text[],"
                        + " shobj_description(oid, 'pg_database'),"
                        + " (SELECT count(*) FROM pg_shdepend WHERE refobjid = d.datdba),"
                        + " (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = d.oid))"
                        + " FROM pg_database AS d WHERE datname = '" + database + "'")
                .replace(database, "*");
    }
}

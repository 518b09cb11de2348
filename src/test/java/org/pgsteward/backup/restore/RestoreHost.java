package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Server;

/** A host with services, set up like those of the provisioner, for backups and restores of their databases. */
final class RestoreHost implements AutoCloseable {
    static final Secret PASSWORD = new Secret("what % $ ' \" \\ it is");

    final TestHost host;
    final Wiring wiring;
    final Server server;
    private final Pipeline pipeline;

    RestoreHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        server = host.cluster().server();
        pipeline = wiring.backupPipeline().start();
    }

    @Override
    public void close() throws IOException {
        pipeline.close();
        host.close();
    }

    void assertNothingIsLeftBehind() throws SQLException {
        assertThat(leftovers()).isEmpty();
    }

    /** Creates a role and its database like the provisioner. The role itself runs the statements. */
    String service(String... statements) throws SQLException {
        String name = "s" + UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE " + name + " LOGIN PASSWORD "
                                + org.pgsteward.postgres.Quote.literal(PASSWORD.reveal()),
                        "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                        "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        Contents.runAs(server, name, PASSWORD, name, statements);
        return name;
    }

    void backUp(String database) throws SQLException {
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).as(backup.error()).isIn(BackupState.VERIFIED, BackupState.UNVERIFIABLE);
    }

    /** Backs the service up if it has no backup yet. Returns the order of a restore. */
    Restore.Order order(String service, String database) throws Exception {
        if (host.stored(service).isEmpty()) {
            backUp(service);
        }
        return stored(service, service, database);
    }

    Restore.Order stored(String service, String owner, String database) throws IOException {
        return new Restore.Order(Inventory.of(wiring.store).of(service).get(0), owner, database);
    }

    void refused(Restore.Order order, String because) {
        assertThatThrownBy(() -> wiring.restore.into(order, RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(because)
                .hasMessageNotContaining("\n");
    }

    List<String> rows(String sql) throws SQLException {
        return Contents.rows(server, "homelab", sql);
    }

    List<String> leftovers() throws SQLException {
        return rows("SELECT datname FROM pg_database WHERE datname LIKE 'pgsteward%'"
                + " UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'pgsteward%'");
    }

    List<String> rights(String database) throws SQLException {
        return rows("SELECT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END || ' ' ||"
                + " acl.privilege_type FROM pg_database, aclexplode(datacl) AS acl WHERE datname = '" + database
                + "' ORDER BY 1");
    }

    /** Returns the settings, connection limit and comment of a database. */
    List<String> settings(String database) throws SQLException {
        return rows("SELECT s.setrole || ' ' || unnest(s.setconfig) FROM pg_db_role_setting AS s JOIN pg_database AS d"
                + " ON d.oid = s.setdatabase WHERE d.datname = '" + database
                + "' UNION ALL SELECT datconnlimit::text FROM pg_database WHERE datname = '" + database
                + "' UNION ALL SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '"
                + database
                + "' UNION ALL SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '" + database
                + "' ORDER BY 1");
    }
}

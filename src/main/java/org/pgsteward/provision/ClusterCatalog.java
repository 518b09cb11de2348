package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.postgres.ScramVerifier;
import org.pgsteward.postgres.Server;

/** Reads what exists. */
final class ClusterCatalog {
    private static final String ROLE = """
            SELECT rolcanlogin,
                   COALESCE(rolpassword, ''),
                   rolsuper OR rolreplication OR rolbypassrls OR rolcreaterole OR rolcreatedb,
                   pg_catalog.has_function_privilege(
                       oid, 'public.log_user_activity(varchar, varchar, varchar, inet)', 'EXECUTE')
              FROM pg_catalog.pg_authid
             WHERE rolname = ?
            """;

    private static final String DATABASE = """
            SELECT pg_catalog.pg_get_userbyid(d.datdba),
                   EXISTS (SELECT FROM pg_catalog.aclexplode(
                                      COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS acl
                            WHERE acl.grantee = 0 AND acl.privilege_type IN ('CONNECT', 'TEMPORARY'))
              FROM pg_catalog.pg_database AS d
             WHERE d.datname = ?
            """;

    private static final String MAY_CREATE = """
            SELECT pg_catalog.has_schema_privilege(?, 'public', 'CREATE')
               AND pg_catalog.has_schema_privilege(?, 'public', 'USAGE')
            """;

    private static final String TAKEN_BY = """
            SELECT service_name
              FROM public.service_configs
             WHERE service_name <> ?
               AND (lower(database_name) = lower(?) OR lower(role_name) = lower(?))
            """;

    private final Server server;

    ClusterCatalog(Server server) {
        this.server = server;
    }

    Existing look(Connection management, Claim claim) throws SQLException {
        Optional<Existing.Role> role = role(management, claim);
        return new Existing(role, database(management, claim, role.isPresent()), takenBy(management, claim));
    }

    private static Optional<Existing.Role> role(Connection management, Claim claim) throws SQLException {
        try (PreparedStatement statement = management.prepareStatement(ROLE)) {
            statement.setString(1, claim.user());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                boolean fits = ScramVerifier.parse(row.getString(2))
                        .filter(verifier -> verifier.accepts(claim.password()))
                        .isPresent();
                return Optional.of(new Existing.Role(row.getBoolean(1), fits, row.getBoolean(3), row.getBoolean(4)));
            }
        }
    }

    private Optional<Existing.Database> database(Connection management, Claim claim, boolean roleExists)
            throws SQLException {
        String owner;
        boolean open;
        try (PreparedStatement statement = management.prepareStatement(DATABASE)) {
            statement.setString(1, claim.database());
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                owner = row.getString(1);
                open = row.getBoolean(2);
            }
        }
        return Optional.of(new Existing.Database(owner, open, roleExists && mayCreate(claim)));
    }

    private boolean mayCreate(Claim claim) throws SQLException {
        try (Connection inside = server.connect(claim.database());
                PreparedStatement statement = inside.prepareStatement(MAY_CREATE)) {
            statement.setString(1, claim.user());
            statement.setString(2, claim.user());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static Optional<String> takenBy(Connection management, Claim claim) throws SQLException {
        try (PreparedStatement statement = management.prepareStatement(TAKEN_BY)) {
            statement.setString(1, claim.service());
            statement.setString(2, claim.database());
            statement.setString(3, claim.user());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }
}

package org.pgsteward.postgres;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.login.LoginRelay;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;

/** The managed server: opens a connection, or starts a client program, for each piece of work. */
public final class Server {
    private static final int ANSWER_SECONDS = 60;

    /** Attempts to connect for work that would fail because of one late connection. */
    static final int ATTEMPTS = 3;

    /** undefined_object, of a setting's name. */
    private static final String UNKNOWN_SETTING = "42704";

    private final ServerAddress address;
    private final ServerDataSources sources;

    /** The major version of the server's last answer; 0 before the first one. */
    private volatile int major;

    /** Attempts to connect for work that is repeated anyway. */
    private volatile int briefAttempts = ATTEMPTS;

    public Server(ServerAddress address) {
        this.address = address;
        this.sources = new ServerDataSources(address);
    }

    public ServerAddress address() {
        return address;
    }

    /**
     * Marks this process as the daemon. The daemon repeats its checks and its writes to the journal, so each makes one attempt
     * to connect and delays nothing. A dump or a restore still makes all attempts.
     */
    public void daemon() {
        briefAttempts = 1;
    }

    /**
     * Connects as the administrator to any database, with an empty {@code search_path}. An answer after more than a minute,
     * and a lock after more than half a minute, is an error.
     *
     * @throws NoConnection if there is no connection
     */
    public Connection connect(String database) throws SQLException {
        return administrator(database, ANSWER_SECONDS, ATTEMPTS);
    }

    /** The same for a check in the management database. The daemon makes one attempt, since it repeats the check. */
    public Connection connectToLook() throws SQLException {
        return administrator(address.database(), ANSWER_SECONDS, briefAttempts);
    }

    /** The same for a check in any database. */
    public Connection connectToLook(String database) throws SQLException {
        return administrator(database, ANSWER_SECONDS, briefAttempts);
    }

    /** The same for the daemon's lock and its guard: one attempt, and a limit for each answer. */
    public Connection connectForDaemon(int answerSeconds) throws SQLException {
        return administrator(address.database(), answerSeconds, 1);
    }

    /** The same for work that may take hours, such as counting the rows of a large table. */
    public Connection connectForLong(String database) throws SQLException {
        return LongConnection.register(administrator(database, 0, ATTEMPTS));
    }

    private Connection administrator(String database, int answerSeconds, int attempts) throws SQLException {
        learnVersion(database);
        PGSimpleDataSource source = sources.administrator(database, answerSeconds, () -> attempts);
        source.setOptions(ownSettings());
        try {
            return source.getConnection();
        } catch (SQLException e) {
            if (UNKNOWN_SETTING.equals(e.getSQLState())) {
                // The server has an older version now.
                major = 0;
            }
            throw e;
        }
    }

    /** Returns the settings of each session of pgsteward, as {@code PGOPTIONS}, for the version of the last answer. */
    public String ownSettings() {
        return ownSettings(major);
    }

    /** The same for a server of that version; 0 if it is unknown. */
    public static String ownSettings(int major) {
        return PinnedSettings.options(major);
    }

    /** Returns the settings of a session that restores, as {@code PGOPTIONS}. */
    public static String restoreSettings(int major) {
        return PinnedSettings.restoreOptions(major);
    }

    /** The same for the version of the last answer. */
    public String restoreSettings() {
        return restoreSettings(major);
    }

    /** An owner's settings apply only in their database, so the management database needs no pinned ones for this query. */
    private void learnVersion(String database) throws SQLException {
        if (major == 0 && !database.equals(address.database())) {
            majorVersion();
        }
    }

    /**
     * Connects as another role, to test its privileges.
     *
     * @throws NoConnection if the login would be unsafe
     */
    public Connection connectAs(String user, Secret password, String database) throws SQLException {
        return opened(sources.role(user, password, database, ANSWER_SECONDS));
    }

    /** The same for work that may take hours, with pinned settings instead of the role's and the database's. */
    public Connection connectForLongAs(String user, Secret password, String database) throws SQLException {
        learnVersion(database);
        PGSimpleDataSource source = sources.role(user, password, database, 0);
        source.setOptions(ownSettings());
        return LongConnection.register(opened(source));
    }

    /** Connects as {@code pg_basebackup} does, to test that {@code pg_hba.conf} allows it: it has a line of its own there. */
    Connection connectForReplication() throws SQLException {
        PGSimpleDataSource source =
                sources.role(address.user(), address.password(), address.database(), ANSWER_SECONDS);
        source.setReplication("true");
        source.setAssumeMinServerVersion("10");
        source.setPreferQueryMode(PreferQueryMode.SIMPLE);
        return opened(source);
    }

    /** The driver's message for a login that pgsteward refuses does not name the reason. */
    private static Connection opened(PGSimpleDataSource source) throws SQLException {
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw NoConnection.unsafe(e).map(SQLException.class::cast).orElse(e);
        }
    }

    /**
     * Starts one of PostgreSQL's programs with a session of the administrator. The program does not get the password.
     *
     * @param options for {@code PGOPTIONS}
     */
    public ClientProgram start(UnprivilegedUser user, List<String> command, String database, String options)
            throws IOException {
        return startAs(address.user(), address.password(), user, command, database, options);
    }

    /** The same as another role. */
    public ClientProgram startAs(
            String role, Secret password, UnprivilegedUser user, List<String> command, String database, String options)
            throws IOException {
        Map<String, String> environment = new HashMap<>();
        // By environment, since a name may have any characters, and every user of the host can read arguments.
        environment.put("PGDATABASE", database);
        environment.put("PGAPPNAME", "pgsteward");
        environment.put("PGOPTIONS", options);
        LoginRelay relay = RelayFolder.listen(address.as(role, password), user);
        boolean started = false;
        try {
            environment.putAll(relay.environment());
            ClientProgram program = ClientProgram.start(user, command, environment, relay);
            started = true;
            return program;
        } finally {
            if (!started) {
                relay.close();
            }
        }
    }

    /**
     * Returns the management database, for the statements of the routes. Statements name tables with their schema: the empty
     * {@code search_path} keeps out operators that another role created in {@code public}.
     */
    public DataSource managementDatabase() {
        PGSimpleDataSource source = sources.administrator(address.database(), ANSWER_SECONDS, () -> briefAttempts);
        source.setOptions(ownSettings());
        return source;
    }

    /**
     * The version of the server.
     *
     * @param major such as 15
     * @param full such as {@code 15.20}
     */
    public record Version(int major, String full) {}

    /** @throws SQLException if the server does not answer */
    public Version version() throws SQLException {
        try (Connection connection = connect(address.database())) {
            Version answered = Query.one(
                    connection,
                    "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')",
                    row -> new Version(row.getInt(1), row.getString(2)));
            major = answered.major();
            return answered;
        }
    }

    /**
     * Returns the major version, such as 15.
     *
     * @throws SQLException if the server does not answer
     */
    public int majorVersion() throws SQLException {
        return version().major();
    }

    /** Returns the single value of a statement without parameters, in the management database. */
    public String ask(String sql) throws SQLException {
        try (Connection connection = connect(address.database())) {
            return Query.one(connection, sql, row -> row.getString(1));
        }
    }
}

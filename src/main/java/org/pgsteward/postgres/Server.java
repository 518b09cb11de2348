package org.pgsteward.postgres;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.login.LoginRelay;
import org.pgsteward.postgres.login.LoginSocketFactory;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;

/** Opens connections to the managed server, each for one piece of work. */
public final class Server {
    /** Seconds that the driver gets for its first statements, after the login. */
    private static final int AFTER_LOGIN_SECONDS = 20;

    private static final int ANSWER_SECONDS = 60;

    /** Of work that somebody waits for, and that would fail for one connection that came too late. */
    static final int ATTEMPTS = 3;

    /** undefined_object, of a setting's name. */
    private static final String UNKNOWN_SETTING = "42704";

    private final ServerAddress address;

    /** As it answered last; 0 until it has. */
    private volatile int major;

    /** Of what is repeated anyway. */
    private volatile int briefAttempts = ATTEMPTS;

    public Server(ServerAddress address) {
        this.address = address;
    }

    public ServerAddress address() {
        return address;
    }

    /**
     * From now on this process is the daemon: its looks and its rows come round again by themselves, and hold up nothing
     * for longer than one attempt. A dump or a restore still gets all attempts.
     */
    public void daemon() {
        briefAttempts = 1;
    }

    /**
     * As the administrator, in any database; {@code search_path} holds nothing but the catalog. An answer that takes
     * longer than a minute, or a lock longer than half of one, is an error.
     *
     * @throws NoConnection when there is none
     */
    public Connection connect(String database) throws SQLException {
        return administrator(database, ANSWER_SECONDS, ATTEMPTS);
    }

    /** The same for a look at the management database; the daemon tries once, since it looks again. */
    public Connection connectToLook() throws SQLException {
        return administrator(address.database(), ANSWER_SECONDS, briefAttempts);
    }

    /** For the daemon's lock and its guard: one attempt, and each answer within so many seconds. */
    public Connection connectForDaemon(int answerSeconds) throws SQLException {
        return administrator(address.database(), answerSeconds, 1);
    }

    /** The same for work that may take hours, such as counting a large table. */
    public Connection connectForLong(String database) throws SQLException {
        return endedWithItsWork(administrator(database, 0, ATTEMPTS));
    }

    /** An answer that may take hours cannot have a limit of its own; see {@link Progress}. */
    private static Connection endedWithItsWork(Connection connection) {
        Progress.current().register(() -> abort(connection), () -> isClosed(connection));
        return connection;
    }

    /** A server process that waits for a lock does not notice that its client is gone: it is asked to stop first. */
    private static void abort(Connection connection) {
        try {
            try {
                connection.unwrap(PGConnection.class).cancelQuery();
            } finally {
                connection.abort(Runnable::run);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot cancel a query: " + e.getMessage(), e);
        }
    }

    private static boolean isClosed(Connection connection) {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    private Connection administrator(String database, int answerSeconds, int attempts) throws SQLException {
        learnVersion(database);
        try {
            return administrators(database, answerSeconds, () -> attempts).getConnection();
        } catch (SQLException e) {
            if (UNKNOWN_SETTING.equals(e.getSQLState())) {
                // An older version is there by now.
                major = 0;
            }
            throw e;
        }
    }

    private PGSimpleDataSource administrators(String database, int answerSeconds, IntSupplier attempts) {
        PGSimpleDataSource source = filled(
                new Administrators(address, attempts),
                database,
                address.user(),
                address.password(),
                answerSeconds,
                attempts.getAsInt());
        source.setOptions(ownSettings());
        return source;
    }

    /** What each of our sessions sets for itself, as {@code PGOPTIONS} has it, for the version that answered last. */
    public String ownSettings() {
        return ownSettings(major);
    }

    /** The same for a server of that version; 0 where it is not known. */
    public static String ownSettings(int major) {
        return PinnedSettings.options(major);
    }

    /** Returns the settings of a session that restores, as {@code PGOPTIONS} has them. */
    public static String restoreSettings(int major) {
        return PinnedSettings.restoreOptions(major);
    }

    /** The same for the version that answered last. */
    public String restoreSettings() {
        return restoreSettings(major);
    }

    /** What an owner set counts in his database alone, so the one that we work in may be asked without knowing. */
    private void learnVersion(String database) throws SQLException {
        if (major == 0 && !database.equals(address.database())) {
            majorVersion();
        }
    }

    /**
     * As another role, to see what it can do.
     *
     * @throws NoConnection when pgsteward does not log in to what answers
     */
    public Connection connectAs(String user, Secret password, String database) throws SQLException {
        return opened(source(database, user, password, ANSWER_SECONDS));
    }

    /** The same for work that may take hours, whatever was set for whoever connects there. */
    public Connection connectForLongAs(String user, Secret password, String database) throws SQLException {
        learnVersion(database);
        PGSimpleDataSource source = source(database, user, password, 0);
        source.setOptions(ownSettings());
        return endedWithItsWork(opened(source));
    }

    /** As {@code pg_basebackup} comes, which another line of {@code pg_hba.conf} lets in: to see whether it may. */
    Connection connectForReplication() throws SQLException {
        PGSimpleDataSource source = source(address.database(), address.user(), address.password(), ANSWER_SECONDS);
        source.setReplication("true");
        source.setAssumeMinServerVersion("10");
        source.setPreferQueryMode(PreferQueryMode.SIMPLE);
        return opened(source);
    }

    /** The driver's own words for a login that we do not make say nothing of it. */
    private Connection opened(PGSimpleDataSource source) throws SQLException {
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw NoConnection.unsafe(e).map(SQLException.class::cast).orElse(e);
        }
    }

    /**
     * Starts one of PostgreSQL's programs with a session of ours as the administrator; it gets no password.
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
        // By environment and not by arguments: a name may hold anything, and everybody can read arguments.
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
     * The management database, for what the routes write. Tables are named with their schema: an operator that somebody
     * left in {@code public} must not be the one that compares our names.
     */
    public DataSource managementDatabase() {
        return administrators(address.database(), ANSWER_SECONDS, () -> briefAttempts);
    }

    /**
     * The major version, such as 15.
     *
     * @throws SQLException when the server does not answer
     */
    public int majorVersion() throws SQLException {
        int answered = Integer.parseInt(ask("SELECT current_setting('server_version_num')")) / 10_000;
        major = answered;
        return answered;
    }

    /** The full version, such as {@code 15.20}. */
    public String version() throws SQLException {
        return ask("SELECT current_setting('server_version')");
    }

    /** The one value that a statement without parameters returns, in the management database. */
    public String ask(String sql) throws SQLException {
        try (Connection connection = connect(address.database())) {
            return Query.one(connection, sql, row -> row.getString(1));
        }
    }

    private PGSimpleDataSource source(String database, String user, Secret password, int answerSeconds) {
        return filled(new PGSimpleDataSource(), database, user, password, answerSeconds, ATTEMPTS);
    }

    private PGSimpleDataSource filled(
            PGSimpleDataSource source, String database, String user, Secret password, int answerSeconds, int attempts) {
        source.setServerNames(new String[] {address.host()});
        source.setPortNumbers(new int[] {address.port()});
        source.setDatabaseName(database);
        source.setUser(user);
        source.setPassword(password.reveal());
        source.setApplicationName("pgsteward");
        patient(source, address, attempts);
        source.setSocketTimeout(answerSeconds);
        source.setTcpKeepAlive(true);
        return source;
    }

    private static void patient(PGSimpleDataSource source, ServerAddress address, int attempts) {
        LoginSocketFactory.use(source, address.tls(), address.connectTimeout(), attempts);
        // The login has its own time; a server that stops answering right after it must not hold us for hours.
        source.setLoginTimeout((int) address.connectTimeout().toSeconds() * attempts + AFTER_LOGIN_SECONDS);
    }

    /** Says why there is no connection in words that help. */
    private static final class Administrators extends PGSimpleDataSource {
        private static final long serialVersionUID = 1;

        private final transient ServerAddress address;
        private final transient IntSupplier attempts;

        Administrators(ServerAddress address, IntSupplier attempts) {
            this.address = address;
            this.attempts = attempts;
        }

        @Override
        public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
            if (address.password().equals(ServerAddress.NO_PASSWORD)) {
                throw NoConnection.withoutPassword();
            }
            try {
                // It may live for as long as the process, which becomes the daemon only later.
                patient(this, address, attempts.getAsInt());
                return super.getConnection(user, password);
            } catch (SQLException e) {
                throw NoConnection.of(e, address, String.valueOf(getDatabaseName()));
            }
        }
    }
}

package org.pgsteward.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Secret;

/**
 * A PostgreSQL cluster for a verification or a demonstration, which ends together with this process.
 *
 * <ol>
 *   <li>{@code initdb} makes it in a folder of the unprivileged user.
 *   <li>Its server is a {@link ClusterProcess}.
 *   <li>Its socket is in a folder with a short path, since the name of a socket has at most 107 bytes.
 *   <li>{@link #close} stops the server and removes both folders. If this process dies, the shell of the server does so.
 * </ol>
 */
public final class ThrowawayCluster implements AutoCloseable {
    /** For psql, before it counts rows: if the minor version has the setting, it does not read a view in place of a table. */
    public static final String TABLES_ONLY =
            "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings"
                    + " WHERE name = 'restrict_nonsystem_relation_kind' \\g /dev/null\n";

    private static final Duration START = Duration.ofSeconds(60);

    /** A copy first replays its log, which has a few gigabytes if the base backup took long. */
    private static final Duration RECOVERY = Duration.ofMinutes(30);

    private final Programs programs;
    private final UnprivilegedUser user;
    private final Path data;
    private final Path sockets;
    private final Plan plan;
    private final ClusterProcess process;
    private final ClusterClient client;

    /** The administrator's session, only in a cluster for a verification. */
    private final Optional<ClusterSession> session;

    private ThrowawayCluster(
            Programs programs, UnprivilegedUser user, Path data, Path sockets, Plan plan, ClusterProcess process) {
        this.programs = programs;
        this.user = user;
        this.data = data;
        this.sockets = sockets;
        this.plan = plan;
        this.process = process;
        this.client = new ClusterClient(programs, user, sockets, ClusterProcess.port(plan));
        this.session = plan.template().map(template -> client.session(plan.administrator()));
    }

    /**
     * The properties of a cluster.
     *
     * @param administrator the superuser's name
     * @param password for all roles over TCP; empty if only the permissions of the socket's folder protect the cluster
     * @param port on 127.0.0.1; empty for a unix socket only
     * @param settings of the server, by name
     * @param keepData whether the data folder stays after the end
     * @param template a folder for an empty cluster to copy from; empty to run initdb each time
     */
    public record Plan(
            String administrator,
            Optional<Secret> password,
            Optional<Integer> port,
            Map<String, String> settings,
            boolean keepData,
            Optional<Path> template) {

        /** Returns the plan for a verification: only this process has access, and the data need not survive a power failure. */
        public static Plan forVerification(String administrator, Path template) {
            return new Plan(
                    administrator,
                    Optional.empty(),
                    Optional.empty(),
                    ScratchSettings.forVerification(),
                    false,
                    Optional.of(template));
        }
    }

    /**
     * Makes a cluster in {@code data}, which must be empty or not exist, and starts it.
     *
     * @throws IOException if initdb or the server fails, with its messages
     */
    public static ThrowawayCluster start(Programs programs, UnprivilegedUser user, Path data, Plan plan)
            throws IOException, InterruptedException {
        user.own(data);
        EmptyCluster empty = new EmptyCluster(programs, user);
        boolean made = false;
        try {
            if (plan.template().isPresent()) {
                empty.copy(plan.template().get(), data, plan.administrator());
            } else {
                empty.initialise(data, plan.administrator(), true);
            }
            made = true;
        } finally {
            if (!made && !plan.keepData()) {
                remove(data);
            }
        }
        return startMade(programs, user, data, plan);
    }

    /** Starts the cluster that {@code initdb} has made in {@code data}, which belongs to the unprivileged user. */
    static ThrowawayCluster startMade(Programs programs, UnprivilegedUser user, Path data, Plan plan)
            throws IOException, InterruptedException {
        ThrowawayCluster cluster = launch(programs, user, data, plan, START);
        boolean ready = false;
        try {
            if (plan.password().isPresent()) {
                String verifier = ScramVerifier.of(plan.password().get()).stored();
                cluster.sql(
                        "postgres",
                        "ALTER ROLE " + Quote.identifier(plan.administrator()) + " PASSWORD " + Quote.literal(verifier)
                                + ";");
            }
            ready = true;
            return cluster;
        } finally {
            if (!ready) {
                cluster.close();
            }
        }
    }

    /**
     * Starts a copy of another cluster in {@code folder/data}, for its content only: the copy ignores its configuration files,
     * archives nothing, has no subscriptions, loads no libraries, and has a unix socket only.
     *
     * @param folder of the unprivileged user; the caller removes it
     * @param administrator a superuser of the cluster
     * @throws IOException if it does not start, with its messages
     */
    public static ThrowawayCluster ofCopy(Programs programs, UnprivilegedUser user, Path folder, String administrator)
            throws IOException, InterruptedException {
        Path data = folder.resolve("data");
        for (String own : List.of("postgresql.auto.conf", "recovery.signal", "standby.signal")) {
            Files.deleteIfExists(data.resolve(own));
        }
        Map<String, String> settings = ScratchSettings.forCopy(
                programs.major(), CopiesControl.read(programs, user, data).settings());
        settings.put("config_file", written(user, folder.resolve("postgresql.conf"), "# Only defaults.\n"));
        settings.put("hba_file", written(user, folder.resolve("pg_hba.conf"), "local all all trust\n"));
        settings.put("ident_file", written(user, folder.resolve("pg_ident.conf"), "\n"));
        Plan plan = new Plan(administrator, Optional.empty(), Optional.empty(), settings, true, Optional.empty());
        return launch(programs, user, data, plan, RECOVERY);
    }

    private static String written(UnprivilegedUser user, Path file, String content) throws IOException {
        Files.writeString(file, content);
        user.give(file);
        return file.toString();
    }

    private static ThrowawayCluster launch(
            Programs programs, UnprivilegedUser user, Path data, Plan plan, Duration patience) throws IOException {
        Path sockets = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-"));
        Optional<ClusterProcess> process = Optional.empty();
        boolean ready = false;
        try {
            process = Optional.of(ClusterProcess.start(programs, user, data, sockets, plan));
            process.get().awaitReady(patience);
            ready = true;
            return new ThrowawayCluster(programs, user, data, sockets, plan, process.get());
        } finally {
            if (!ready) {
                process.ifPresent(ClusterProcess::stop);
                removeFolders(data, sockets, plan);
            }
        }
    }

    private static void removeFolders(Path data, Path sockets, Plan plan) {
        remove(sockets);
        if (!plan.keepData()) {
            remove(data);
        }
    }

    /** Registers the cluster with the work of this thread, whose cancellation ends it; see {@link Progress}. */
    public void isPartOfThisWork() {
        process.joinCurrentWork();
    }

    /** Returns the end of the server's log. */
    public String log() {
        return process.log();
    }

    /** Returns the major version of its server. */
    public int major() {
        return programs.major();
    }

    /** Returns the path of one of its programs. */
    public String program(String name) {
        return programs.path(name).toString();
    }

    /** Returns the command line of a client program that connects to {@code database} as {@code role} over the socket. */
    public List<String> client(String program, String role, String database, String... arguments) {
        return client.command(program, role, database, arguments);
    }

    /** Runs {@code sql} as the administrator and returns the rows, columns separated by {@code |}. */
    public String sql(String database, String sql) throws IOException, InterruptedException {
        return session.isPresent() && ClusterSession.knows(database)
                ? session.get().sql(database, sql)
                : sqlAs(plan.administrator(), database, sql);
    }

    /** The same as another role. */
    public String sqlAs(String role, String database, String sql) throws IOException, InterruptedException {
        return client.sql(role, database, sql);
    }

    /** The same in a {@linkplain #ofCopy copy}: reads whole tables, without the settings of its roles and databases. */
    public String sqlInCopy(String database, String sql) throws IOException, InterruptedException {
        return client.sqlInCopy(plan.administrator(), true, database, sql);
    }

    /** The same as an ordinary role. */
    public String sqlInCopyAs(String role, String database, String sql) throws IOException, InterruptedException {
        return client.sqlInCopy(role, false, database, sql);
    }

    public UnprivilegedUser user() {
        return user;
    }

    public Path data() {
        return data;
    }

    @Override
    public void close() {
        session.ifPresent(ClusterSession::close);
        process.stop();
        removeFolders(data, sockets, plan);
    }

    /** Removes a folder with its whole content. */
    public static void remove(Path folder) {
        FolderRemoval.remove(folder);
    }
}

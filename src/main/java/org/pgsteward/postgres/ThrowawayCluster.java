package org.pgsteward.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.pgsteward.io.Threads;
import org.pgsteward.model.Secret;

/**
 * A PostgreSQL cluster of our own, for a proof or a demonstration, that ends with us.
 *
 * <ol>
 *   <li>{@code initdb} in a folder that the unprivileged user owns.
 *   <li>The server runs as a child of a shell that holds a pipe to us: however this process ends, even by
 *       {@code kill -9}, the pipe closes and the shell ends the server.
 *   <li>Its socket is in a short path of its own (107 bytes are all that a socket's name may have).
 *   <li>{@link #close}, or the shell where this process can no more, stops it and removes both.
 * </ol>
 */
public final class ThrowawayCluster implements AutoCloseable {
    /** For psql, before it counts rows: where the minor version knows the setting, no view is taken for a table. */
    public static final String TABLES_ONLY =
            "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings"
                    + " WHERE name = 'restrict_nonsystem_relation_kind' \\g /dev/null\n";

    private static final int DEFAULT_PORT = 5432;

    /** Characters. */
    private static final int KEPT_LOG = 64 * 1024;

    private static final Duration START = Duration.ofSeconds(60);

    /** What a copy's log holds is replayed first, a few gigabytes of it where the backup took long. */
    private static final Duration RECOVERY = Duration.ofMinutes(30);

    /**
     * What is made for a proof steps back behind everything else on the host, where the programs for it are there, and is the
     * first to be ended when memory is short.
     */
    private static final String LAST_IN_LINE =
            FirstToEnd.SCRIPT + "renice -n 10 -p $$ >/dev/null 2>&1; ionice -c 3 -p $$ >/dev/null 2>&1; ";

    /**
     * Ends the server when a line comes in, or standard input ends without one while it runs: then nobody is left who could
     * tidy up, and the shell removes two folders, its sockets' and, where that is not to be kept, its data. It says so again
     * each second, since a server that has only just begun ignores what it is told. Who watches must not hold the output
     * open: a server that does not start would be waited for for ever.
     */
    private static final String LEASH = "sockets=$1; data=$2; shift 2; \"$@\" </dev/null & server=$!; "
            + "trap 'kill -INT $server' TERM INT HUP; "
            + "(read -r word && { kill -INT $server; exit; }; kill -INT $server || exit; "
            + "while sleep 1; kill -INT $server; do :; done; rm -rf \"$sockets\" ${data:+\"$data\"}) <&3 >/dev/null 2>&1 & "
            + "wait $server; wait $server 2>/dev/null";

    /** A psql without a terminal takes the database's encoding for its own; where names are only bytes, ours are these. */
    private static final Map<String, String> AS_WRITTEN = Map.of("PGCLIENTENCODING", "UTF8");

    private final Programs programs;
    private final UnprivilegedUser user;
    private final Path data;
    private final Path sockets;
    private final String administrator;
    private final Process leash;
    private final int port;
    private final boolean keepData;
    private final StringBuilder log = new StringBuilder();

    private ThrowawayCluster(
            Programs programs,
            UnprivilegedUser user,
            Path data,
            Path sockets,
            String administrator,
            Process leash,
            int port,
            boolean keepData) {
        this.programs = programs;
        this.user = user;
        this.data = data;
        this.sockets = sockets;
        this.administrator = administrator;
        this.leash = leash;
        this.port = port;
        this.keepData = keepData;
    }

    /**
     * How it is set up.
     *
     * @param administrator the superuser's name
     * @param password asked of everyone over TCP; empty where only the socket's folder guards it
     * @param port on 127.0.0.1; empty for a unix socket only
     * @param settings of the server, by name
     * @param keepData whether its folder outlives it
     * @param template a folder in which an empty cluster is kept to copy from; empty to run initdb each time
     */
    public record Plan(
            String administrator,
            Optional<Secret> password,
            Optional<Integer> port,
            Map<String, String> settings,
            boolean keepData,
            Optional<Path> template) {

        /** For a proof: nobody but us can reach it, and nothing in it has to survive a power cut. */
        public static Plan forProof(String administrator, Path template) {
            return new Plan(
                    administrator,
                    Optional.empty(),
                    Optional.empty(),
                    ScratchSettings.forProof(),
                    false,
                    Optional.of(template));
        }
    }

    /** After {@link PinnedSettings}, for sessions in a copy: every table is read from end to end, whatever its indexes say. */
    private static final String FOR_COPIES =
            " -c lock_timeout=0 -c enable_indexscan=off -c enable_indexonlyscan=off" + " -c enable_bitmapscan=off";

    /** What only an administrator may say. */
    private static final String ADMINISTRATORS = " -c session_preload_libraries= -c lc_messages=C";

    /**
     * Makes and starts one in {@code data}, which must not exist or be empty.
     *
     * @throws IOException when initdb or the server fails, with what it said
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
                empty.initialise(data, plan.administrator());
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
        Path sockets = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-"));
        Optional<ThrowawayCluster> begun = Optional.empty();
        boolean ready = false;
        try {
            Process leash = launch(programs, user, data, sockets, plan);
            ThrowawayCluster cluster = new ThrowawayCluster(
                    programs,
                    user,
                    data,
                    sockets,
                    plan.administrator(),
                    leash,
                    plan.port().orElse(DEFAULT_PORT),
                    plan.keepData());
            begun = Optional.of(cluster);
            cluster.awaitReady(START);
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
                begun.ifPresent(ThrowawayCluster::close);
                remove(sockets);
                if (!plan.keepData()) {
                    remove(data);
                }
            }
        }
    }

    /**
     * Starts a copy of somebody's cluster that lies in {@code folder/data}, so that nothing that it was set up for happens
     * here: none of its configuration is in force, it archives nothing, subscribes to nothing, loads no library, listens
     * to nobody and lets only us in. It is a database's content alone.
     *
     * @param folder that user's own; it is left to the caller
     * @param administrator a superuser of that cluster
     * @throws IOException when it does not start, with what it said
     */
    public static ThrowawayCluster ofCopy(Programs programs, UnprivilegedUser user, Path folder, String administrator)
            throws IOException, InterruptedException {
        Path data = folder.resolve("data");
        for (String own : List.of("postgresql.auto.conf", "recovery.signal", "standby.signal")) {
            Files.deleteIfExists(data.resolve(own));
        }
        Map<String, String> settings = ScratchSettings.forCopy(
                programs.major(), CopiesControl.read(programs, user, data).settings());
        settings.put("config_file", written(user, folder.resolve("postgresql.conf"), "# Nothing but defaults.\n"));
        settings.put("hba_file", written(user, folder.resolve("pg_hba.conf"), "local all all trust\n"));
        settings.put("ident_file", written(user, folder.resolve("pg_ident.conf"), "\n"));
        Plan plan = new Plan(administrator, Optional.empty(), Optional.empty(), settings, true, Optional.empty());
        Path sockets = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-"));
        Optional<ThrowawayCluster> begun = Optional.empty();
        boolean ready = false;
        try {
            Process leash = launch(programs, user, data, sockets, plan);
            ThrowawayCluster cluster = new ThrowawayCluster(
                    programs, user, data, sockets, administrator, leash, DEFAULT_PORT, plan.keepData());
            begun = Optional.of(cluster);
            cluster.awaitReady(RECOVERY);
            ready = true;
            return cluster;
        } finally {
            if (!ready) {
                begun.ifPresent(ThrowawayCluster::close);
                remove(sockets);
            }
        }
    }

    private static String written(UnprivilegedUser user, Path file, String content) throws IOException {
        Files.writeString(file, content);
        user.give(file);
        return file.toString();
    }

    private static Process launch(Programs programs, UnprivilegedUser user, Path data, Path sockets, Plan plan)
            throws IOException {
        Map<String, String> settings = new LinkedHashMap<>(plan.settings());
        settings.put("unix_socket_directories", sockets.toString());
        settings.put("listen_addresses", plan.port().isPresent() ? "127.0.0.1" : "");
        settings.put("port", Integer.toString(plan.port().orElse(DEFAULT_PORT)));
        List<String> server = new ArrayList<>(List.of(
                "sh",
                "-c",
                "exec 3<&0; " + (plan.port().isEmpty() ? LAST_IN_LINE : "") + LEASH,
                "postgres",
                sockets.toString(),
                plan.keepData() ? "" : data.toString(),
                programs.path("postgres").toString(),
                "-D",
                data.toString()));
        settings.forEach((name, value) -> {
            server.add("-c");
            server.add(name + "=" + value);
        });
        ProcessBuilder builder = new ProcessBuilder(user.command(server));
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.directory(new java.io.File("/"));
        builder.redirectErrorStream(true);
        Process leash = builder.start();
        register(leash);
        return leash;
    }

    private void awaitReady(Duration patience) throws IOException, InterruptedException {
        StringBuilder said = new StringBuilder();
        long deadline = System.nanoTime() + patience.toNanos();
        InputStream stream = leash.getInputStream();
        byte[] buffer = new byte[4096];
        while (said.indexOf("database system is ready to accept connections") < 0) {
            int read = stream.read(buffer);
            if (read < 0 || System.nanoTime() > deadline) {
                throw new IOException("the scratch PostgreSQL in " + data + " did not start: "
                        + said.toString().strip().replaceAll("\\s*\\R\\s*", "; "));
            }
            said.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
        }
        Threads.start("scratch-postgres-log", 128 * 1024, this::drain);
    }

    private static void register(Process leash) {
        Progress.current().register(() -> ClientProgram.kill(leash), () -> !leash.isAlive());
    }

    /** From now on it ends where the work is cancelled that this thread is bound to; see {@link Progress}. */
    public void isPartOfThisWork() {
        register(leash);
    }

    /** A full pipe would stop the server; the last of what it says is kept. */
    private void drain() {
        try (Reader reader = leash.inputReader(StandardCharsets.UTF_8)) {
            char[] buffer = new char[4096];
            for (int read = reader.read(buffer); read >= 0; read = reader.read(buffer)) {
                synchronized (log) {
                    log.append(buffer, 0, read);
                    log.delete(0, Math.max(0, log.length() - KEPT_LOG));
                }
            }
        } catch (IOException e) {
            // The server is gone, and its log with it.
            return;
        }
    }

    /** The last of what the server has said. */
    public String log() {
        synchronized (log) {
            return log.toString();
        }
    }

    /** The path of one of its programs. */
    public String program(String name) {
        return programs.path(name).toString();
    }

    /** The command line of a client program that comes to {@code database} as {@code role} over the socket. */
    public List<String> client(String program, String role, String database, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                programs.path(program).toString(),
                "--host=" + sockets,
                "--port=" + port,
                "--username=" + role,
                "--dbname=" + Quote.conninfo(database),
                "--no-password"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs {@code sql} as the administrator and returns the rows, columns separated by {@code |}. */
    public String sql(String database, String sql) throws IOException, InterruptedException {
        return sqlAs(administrator, database, sql);
    }

    /** The same as another role. */
    public String sqlAs(String role, String database, String sql) throws IOException, InterruptedException {
        List<String> command = client(
                "psql",
                role,
                database,
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--file=-");
        return ClientProgram.run(user, command, AS_WRITTEN, sql);
    }

    /** The same in a {@linkplain #ofCopy copy}, read from end to end and past whatever its roles and databases were given. */
    public String sqlInCopy(String database, String sql) throws IOException, InterruptedException {
        return inCopy(administrator, database, FOR_COPIES + ADMINISTRATORS, sql);
    }

    /** The same as a plain role. */
    public String sqlInCopyAs(String role, String database, String sql) throws IOException, InterruptedException {
        return inCopy(role, database, FOR_COPIES, sql);
    }

    private String inCopy(String role, String database, String options, String sql)
            throws IOException, InterruptedException {
        List<String> command = client(
                "psql",
                role,
                database,
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "--file=-");
        Map<String, String> environment = new HashMap<>(AS_WRITTEN);
        environment.put("PGOPTIONS", PinnedSettings.options(programs.major()) + options);
        return ClientProgram.run(user, command, environment, sql);
    }

    public UnprivilegedUser user() {
        return user;
    }

    public Path data() {
        return data;
    }

    @Override
    public void close() {
        try {
            try (OutputStream order = leash.getOutputStream()) {
                order.write('\n');
            }
            if (!leash.waitFor(20, TimeUnit.SECONDS)) {
                leash.descendants().forEach(ProcessHandle::destroyForcibly);
                leash.destroyForcibly();
            }
        } catch (IOException e) {
            leash.destroyForcibly();
        } catch (InterruptedException e) {
            leash.descendants().forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
        remove(sockets);
        if (!keepData) {
            remove(data);
        }
    }

    /** Takes away a folder with all that is in it. */
    public static void remove(Path folder) {
        FolderRemoval.remove(folder);
    }
}

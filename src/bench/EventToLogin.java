package org.pgsteward.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A comparison of pgsteward with manual SQL. It creates containers and waits for their databases, in turns with CREATE
 * ROLE and CREATE DATABASE typed by hand. See src/bench/enrolment.
 *
 * <p>A real login every few milliseconds would take server time from the measurement. So one open connection asks every
 * millisecond whether the database accepts connections. Only then the benchmark logs in as the service. The measured
 * time ends with that login.
 */
final class EventToLogin {
    private static final String ADDRESS =
            "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/";
    private static final String PASSWORD = "of-the-service";
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final Map<String, Instant> events = new ConcurrentHashMap<>();
    private int spare;
    private final List<Double> untilLogin = new ArrayList<>();
    private final List<Double> login = new ArrayList<>();
    private final List<Double> bare = new ArrayList<>();
    private final List<Double> bareDatabase = new ArrayList<>();
    private final List<Double> bareAndLogin = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        new EventToLogin()
                .run(Integer.parseInt(arguments[0]), arguments[1], arguments[2], Path.of(arguments[3]));
    }

    private void run(int containers, String network, String image, Path made) throws Exception {
        Process listening = new ProcessBuilder(
                        "docker",
                        "events",
                        "--filter",
                        "event=create",
                        "--format",
                        "{{.TimeNano}} {{.Actor.Attributes.name}}")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Thread listener = new Thread(() -> listen(listening));
        listener.setDaemon(true);
        listener.start();
        try (Connection kept = connect("homelab", "homelab", System.getenv("PGPASSWORD"))) {
            for (int i = 0; i < containers; i++) {
                enrol(String.format(Locale.ROOT, "bench%04d", i), network, image, made, kept);
                byHand(String.format(Locale.ROOT, "hand%04d", i), kept);
            }
        } finally {
            listening.destroy();
        }
        tell();
    }

    private void listen(Process listening) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(listening.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 2);
                events.put(words[1], Instant.EPOCH.plusNanos(Long.parseLong(words[0])));
            }
        } catch (IOException e) {
            System.err.println("docker events: " + e.getMessage());
        }
    }

    private void enrol(String name, String network, String image, Path made, Connection kept) throws Exception {
        spare += hasSpare(kept) ? 1 : 0;
        pause();
        Process create = new ProcessBuilder(
                        "docker", "create",
                        "--name", name,
                        "--network", network,
                        "--env", "VIKUNJA_DATABASE_TYPE=postgres",
                        "--env", "VIKUNJA_DATABASE_HOST=postgresql",
                        "--env", "VIKUNJA_DATABASE_USER=" + name,
                        "--env", "VIKUNJA_DATABASE_PASSWORD=" + PASSWORD,
                        "--env", "VIKUNJA_DATABASE_DATABASE=" + name,
                        image)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        waitFor(name, kept);
        Instant open = Instant.now();
        logIn(name);
        Instant in = Instant.now();
        Files.write(made, create.getInputStream().readAllBytes(), StandardOpenOption.APPEND);
        if (create.waitFor() != 0) {
            throw new IOException("docker create " + name + " failed");
        }
        Instant event = events.get(name);
        if (event == null) {
            throw new IOException("no create event of " + name + " was heard");
        }
        untilLogin.add(milliseconds(event, in));
        login.add(milliseconds(open, in));
    }

    /** Waits for the daemon's next spare database: in use, services come hours or days apart. */
    private static boolean hasSpare(Connection kept) throws Exception {
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < PATIENCE_NANOS / 3) {
            try (Statement statement = kept.createStatement();
                    ResultSet row = statement.executeQuery("SELECT FROM pg_database WHERE datname ~ '^pgsteward_spare_'"
                            + " AND shobj_description(oid, 'pg_database') IS NOT NULL")) {
                if (row.next()) {
                    return true;
                }
            }
            Thread.sleep(50);
        }
        return false;
    }

    private static void waitFor(String name, Connection kept) throws Exception {
        long begun = System.nanoTime();
        try (PreparedStatement open =
                kept.prepareStatement("SELECT FROM pg_database WHERE datname = ? AND datallowconn")) {
            open.setString(1, name);
            while (System.nanoTime() - begun < PATIENCE_NANOS) {
                try (ResultSet row = open.executeQuery()) {
                    if (row.next()) {
                        return;
                    }
                }
                Thread.sleep(1);
            }
        }
        throw new IOException("no database " + name + " after " + PATIENCE_NANOS / 1_000_000_000 + " s");
    }

    /** Runs the statements that an operator would type without pgsteward, and no more. */
    private void byHand(String name, Connection kept) throws Exception {
        pause();
        Instant begin = Instant.now();
        Instant before;
        Instant after;
        try (Statement statement = kept.createStatement()) {
            statement.execute("CREATE ROLE " + name + " LOGIN PASSWORD '" + PASSWORD + "'");
            before = Instant.now();
            statement.execute("CREATE DATABASE " + name + " OWNER " + name);
            after = Instant.now();
            statement.execute("REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        }
        Instant end = Instant.now();
        logIn(name);
        bare.add(milliseconds(begin, end));
        bareDatabase.add(milliseconds(before, after));
        bareAndLogin.add(milliseconds(begin, Instant.now()));
    }

    private static void logIn(String name) throws SQLException {
        connect(name, name, PASSWORD).close();
    }

    private static Connection connect(String database, String user, String password) throws SQLException {
        return DriverManager.getConnection(ADDRESS + database, user, password);
    }

    /** Waits until the background work of the previous round has ended. */
    private static void pause() throws InterruptedException {
        Thread.sleep(300);
    }

    private static double milliseconds(Instant from, Instant to) {
        return java.time.Duration.between(from, to).toNanos() / 1e6;
    }

    private void tell() {
        System.out.printf("%n%-58s %8s %8s %8s%n", "milliseconds, of " + untilLogin.size(), "median", "95th", "99th");
        row("create event to the end of the first login", untilLogin);
        row("  of which that login itself", login);
        row("by hand: CREATE ROLE; CREATE DATABASE; REVOKE", bare);
        row("  of which CREATE DATABASE", bareDatabase);
        row("by hand, to the end of the first login", bareAndLogin);
        System.out.printf(
                Locale.ROOT,
                "medians: %.2f of the statements by hand, %.2f with the login; the first container waited %.0f ms;"
                        + " a spare database was there for %d of %d%n",
                percentile(untilLogin, 50) / percentile(bare, 50),
                percentile(untilLogin, 50) / percentile(bareAndLogin, 50),
                untilLogin.get(0),
                spare,
                untilLogin.size());
    }

    private static void row(String what, List<Double> values) {
        System.out.printf(
                Locale.ROOT,
                "%-58s %8.1f %8.1f %8.1f%n",
                what,
                percentile(values, 50),
                percentile(values, 95),
                percentile(values, 99));
    }

    private static double percentile(List<Double> values, int percent) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(Math.max(0, (int) Math.ceil(sorted.size() * percent / 100.0) - 1));
    }
}

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.engine.recorded.RecordedEngine;

/**
 * A Docker API with this number of running containers, each of which requests a database. It serves recorded answers, since
 * no machine of this project runs 1,000 containers. See src/bench/page and src/bench/growth.
 *
 * <p>For each line {@code RATE NUMBER} of the standard input, it creates this number of further containers, RATE a second.
 * Then it prints the times from their events until their databases accept connections.
 */
final class Containers {
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final String OPEN = "SELECT datname FROM pg_database WHERE datname LIKE 'service____' AND datallowconn";

    private final RecordedEngine engine;

    /** {@link System#nanoTime} of each creation whose database does not exist yet. */
    private final Map<String, Long> created = new ConcurrentHashMap<>();

    private int containers;

    private Containers(RecordedEngine engine) {
        this.engine = engine;
    }

    public static void main(String[] arguments) throws Exception {
        RecordedEngine engine = new RecordedEngine(Clock.systemUTC());
        engine.play("deploy");
        Containers all = new Containers(engine);
        while (all.containers < Integer.parseInt(arguments[0])) {
            String service = all.next();
            engine.add("linkding", service, document -> own(service, document));
        }
        Path part = Files.writeString(Path.of(arguments[1] + ".part"), engine.host());
        Files.move(part, Path.of(arguments[1]));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            all.create(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
        }
        Thread.currentThread().join();
    }

    private String next() {
        containers++;
        return String.format(Locale.ROOT, "service%04d", containers);
    }

    private void create(int rate, int number) throws SQLException, IOException {
        String address = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/homelab";
        try (Connection session =
                        DriverManager.getConnection(address, System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
                Statement statement = session.createStatement()) {
            Thread creator = new Thread(() -> create(rate, number, System.nanoTime()));
            List<Double> seconds = new ArrayList<>();
            long begun = System.nanoTime();
            creator.start();
            while (seconds.size() < number) {
                if (System.nanoTime() - begun > PATIENCE_NANOS) {
                    throw new IOException("only " + seconds.size() + " databases of " + number);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
                collect(statement, seconds);
            }
            double all = (System.nanoTime() - begun) / 1e9;
            seconds.sort(null);
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %d | %.3f | %.3f | %.1f |%n",
                    rate,
                    number,
                    percentile(seconds, 50),
                    percentile(seconds, 99),
                    all);
        }
    }

    private void create(int rate, int number, long begin) {
        for (int i = 0; i < number; i++) {
            long due = begin + TimeUnit.SECONDS.toNanos(i) / rate;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            String service = next();
            created.put(service, System.nanoTime());
            engine.create("linkding", service, document -> own(service, document));
        }
    }

    private void collect(Statement statement, List<Double> seconds) throws SQLException {
        Map<String, Long> open = new HashMap<>();
        try (ResultSet rows = statement.executeQuery(OPEN)) {
            while (rows.next()) {
                open.put(rows.getString(1), System.nanoTime());
            }
        }
        open.forEach((service, now) -> {
            Long begun = created.remove(service);
            if (begun != null) {
                seconds.add((now - begun) / 1e9);
            }
        });
    }

    private static double percentile(List<Double> sorted, int percent) {
        return sorted.get((int) Math.ceil(sorted.size() * percent / 100.0) - 1);
    }

    private static ObjectNode own(String service, ObjectNode document) {
        document.put("Id", String.format(Locale.ROOT, "%064x", service.hashCode() & 0xffffffffL));
        document.put("Name", "/" + service);
        ObjectNode config = (ObjectNode) document.get("Config");
        config.put("Hostname", service).put("Image", "example.org/app:1");
        config.putArray("Env").add("DATABASE_URL=postgres://" + service + ":its-own@postgresql:5432/" + service);
        ((ObjectNode) config.get("Labels")).put("com.docker.compose.service", service);
        return document;
    }
}

package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A delivering process is killed with SIGKILL a hundred times: before, during and right after a request, or at any
 * moment.
 */
@Tag("fast")
class KilledDeliveryTest {
    private static final int KILLS = 100;
    private static final long SEED = 20_261_124;

    private static final Pattern NEEDED = Pattern.compile("classes\\.jar|jackson|slf4j|jspecify");

    @TempDir
    private Path folder;

    private String classPath = "";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    KilledDeliveryTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
        threads.shutdownNow();
    }

    private enum Moment {
        NEVER,
        ANY,
        BEFORE_THE_ANSWER,
        AFTER_THE_ANSWER
    }

    private static final List<Moment> MOMENTS = List.of(Moment.ANY, Moment.BEFORE_THE_ANSWER, Moment.AFTER_THE_ANSWER);

    /**
     * When to kill the process.
     *
     * @param nanos delay before the kill
     */
    private record Plan(Moment moment, int request, long nanos) {}

    /** Two lanes run in parallel, since each run waits for a JVM to start. */
    @Test
    @Timeout(value = 40, unit = TimeUnit.MINUTES)
    void onlyUnmarkedNoticesRepeatAndAllArriveInOrder() throws Exception {
        classPath = classPath();
        new Lane("warm-up").run("0", 20, "-XX:ArchiveClassesAtExit=" + folder.resolve("classes.jsa"));
        List<Lane> lanes = List.of(new Lane("one"), new Lane("two"));
        List<Future<?>> runs = new ArrayList<>();
        for (Lane lane : lanes) {
            Random random = new Random(SEED + runs.size());
            runs.add(threads.submit(() -> lane.kill(KILLS / lanes.size(), random)));
        }
        for (Future<?> run : runs) {
            run.get();
        }
        for (Lane lane : lanes) {
            DeliveringProcess.RECEIVERS.forEach(lane::check);
        }
    }

    private static long place(String id) {
        int dash = id.indexOf('-');
        return Long.parseLong(id.substring(0, dash)) * 1_000_000 + Long.parseLong(id.substring(dash + 1));
    }

    /**
     * Returns a class path of jars only, since the JVM archives no classes from a folder. Without the archive a start
     * takes three times as long.
     */
    private String classPath() throws IOException {
        Path jar = folder.resolve("classes.jar");
        List<String> path = new ArrayList<>(List.of(jar.toString()));
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String place : Pattern.compile(File.pathSeparator)
                    .splitAsStream(System.getProperty("java.class.path"))
                    .toList()) {
                if (!Files.isDirectory(Path.of(place))) {
                    path.add(place);
                    continue;
                }
                try (Stream<Path> files = Files.walk(Path.of(place, "org/pgsteward"))) {
                    for (Path file : files.filter(
                                    file -> file.toString().endsWith(".class") && !file.endsWith("package-info.class"))
                            .toList()) {
                        out.putNextEntry(
                                new JarEntry(Path.of(place).relativize(file).toString()));
                        Files.copy(file, out);
                    }
                }
            }
        }
        return String.join(
                File.pathSeparator,
                path.stream().filter(name -> NEEDED.matcher(name).find()).toList());
    }

    private static void kill(Process child, long nanos) {
        LockSupport.parkNanos(nanos);
        // Process.destroyForcibly() would also close the streams and lose the child's last output.
        child.toHandle().destroyForcibly();
    }

    /** A state folder, and the processes that deliver from it one after another. */
    private final class Lane {
        private final String name;
        private final Map<String, List<String>> arrived = new ConcurrentHashMap<>();
        private final Map<Long, Integer> requests = new ConcurrentHashMap<>();
        private final Set<String> put = ConcurrentHashMap.newKeySet();

        /** The kill that is planned for the current process. */
        private volatile Plan plan = new Plan(Moment.NEVER, 0, 0);

        private volatile @Nullable Process process;

        Lane(String name) {
            this.name = name;
            server.createContext("/" + name + "/", this::serve);
        }

        @Nullable
        Void kill(int kills, Random random) throws Exception {
            String classes = "-XX:SharedArchiveFile=" + folder.resolve("classes.jsa");
            int killed = 0;
            while (killed < kills) {
                Moment moment = MOMENTS.get(random.nextInt(MOMENTS.size()));
                long nanos = TimeUnit.MICROSECONDS.toNanos(random.nextInt(moment == Moment.ANY ? 40_000 : 3_000));
                plan = new Plan(moment, 1 + random.nextInt(8), nanos);
                if (run(Integer.toString(killed), 100_000, classes)) {
                    killed++;
                }
            }
            plan = new Plan(Moment.NEVER, 0, 0);
            assertThat(run("drain", 0, classes)).as("killed while draining").isFalse();
            return null;
        }

        void check(String receiver) {
            List<String> once = new ArrayList<>();
            int twice = 0;
            for (String id : arrived.getOrDefault(receiver, List.of())) {
                if (!once.isEmpty() && once.get(once.size() - 1).equals(id)) {
                    twice++;
                } else {
                    once.add(id);
                }
            }
            assertThat(new HashSet<>(once))
                    .as("no repetition except directly after a kill")
                    .hasSameSizeAs(once);
            assertThat(once).containsAll(put);
            assertThat(once)
                    .as("order of delivery")
                    .isSortedAccordingTo(Comparator.comparing(KilledDeliveryTest::place));
            assertThat(twice).as("repetitions, at most one per kill").isBetween(1, KILLS / 2);
            // The number of notices put between two kills depends on the machine. A minimum shows that there were
            // notices to lose.
            assertThat(put).hasSizeGreaterThan(KILLS / 10);
        }

        /** Runs a process. Returns whether it was killed; false if it ended by itself. */
        boolean run(String run, int count, String classes) throws Exception {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            classes,
                            "-Xlog:disable",
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Xmx32m",
                            "-cp",
                            classPath,
                            DeliveringProcess.class.getName(),
                            folder.resolve(name).toString(),
                            "http://127.0.0.1:" + server.getAddress().getPort() + "/" + name,
                            run,
                            Integer.toString(count))
                    .redirectErrorStream(true)
                    .start();
            process = child;
            StringBuilder said = new StringBuilder();
            try (BufferedReader out = child.inputReader(StandardCharsets.UTF_8)) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    if (line.equals("ready") && plan.moment() == Moment.ANY) {
                        long nanos = plan.nanos();
                        threads.execute(() -> KilledDeliveryTest.kill(child, nanos));
                    } else if (line.startsWith("put ")) {
                        put.add(line.substring(4));
                    } else if (!line.equals("ready")) {
                        said.append(line).append('\n');
                    }
                }
            }
            int code = child.waitFor();
            assertThat(code).as(said.toString()).isIn(0, 128 + 9);
            return code != 0;
        }

        private void serve(HttpExchange request) throws IOException {
            String id = new String(request.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Plan now = plan;
            Process child = process;
            List<String> ids = arrived.computeIfAbsent(
                    request.getRequestURI().getPath().substring(name.length() + 2),
                    receiver -> new CopyOnWriteArrayList<>());
            ids.add(id);
            boolean due = child != null && requests.merge(child.pid(), 1, Integer::sum) == now.request();
            if (child != null && due && now.moment() == Moment.BEFORE_THE_ANSWER) {
                KilledDeliveryTest.kill(child, now.nanos());
            }
            request.sendResponseHeaders(204, -1);
            request.close();
            if (child != null && due && now.moment() == Moment.AFTER_THE_ANSWER) {
                KilledDeliveryTest.kill(child, now.nanos());
            }
        }
    }
}

package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.ChildJava;
import org.pgsteward.postgres.NeedsPostgres;

/** The README's first command, in its own process. */
@NeedsPostgres
class DemoIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private Path folder = Path.of("/nowhere");
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private Path printed = Path.of("/nowhere");

    @BeforeEach
    void folders() throws IOException {
        folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-demo-it-");
        printed = Files.createTempFile("pgsteward-demo-it-", ".log");
    }

    @AfterEach
    void remove() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        Files.delete(printed);
    }

    @Test
    void doesTheWholeJobAndLeavesNothingRunning() throws Exception {
        Process demo = start("--once");
        assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        String output = Files.readString(printed, StandardCharsets.UTF_8);
        assertThat(demo.exitValue()).as(output).isZero();
        for (String service : List.of("vikunja", "hedgedoc", "linkding", "navidrome", "homelab", "_globals")) {
            assertThat(output).containsPattern("(?m)^verified +" + service + ": ");
            assertThat(endings(folder.resolve("backups").resolve(service))).hasSize(2);
        }
        assertThat(output).contains("4 rows in service_configs").doesNotContain("NOT VERIFIED");
        assertThat(notices())
                .containsExactly(
                        "firing database-unused navidrome",
                        "firing memory-high postgresql",
                        "firing service-down hedgedoc",
                        "resolved memory-high postgresql",
                        "resolved service-down hedgedoc");
        assertThat(output).doesNotContain("demo-vikunja", "demo-hedgedoc", "demo-linkding", "demo-navidrome");
        assertThat(output)
                .startsWith("pgsteward demo in " + folder + ", with the log in " + log() + "\n")
                .as("lines of the log")
                .doesNotContain(" INFO ", " WARN ", " ERROR ");
        assertThat(log()).content().contains(" INFO EventFeed - receives Docker events from ");
        assertThat(commands()).as("processes left behind").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "KILL"})
    void interruptedHalfWayItLeavesNoProcessBehind(String signal) throws Exception {
        // The process inherits the ignored signal, so no program started here could receive it. A shell's background
        // jobs ignore SIGINT.
        assumeFalse(
                signal.equals("INT") && isInterruptIgnored(),
                "skipped: the process that started the tests ignores SIGINT");
        Process demo = start();
        await().atMost(PATIENCE).until(() -> Files.readString(printed).contains("verified"));
        assertThat(processes()).isPositive();
        if (signal.equals("TERM")) {
            askFromAnotherTerminal();
        }
        Path refused = folder.resolve("refused");
        Process second = command(0, "--once").redirectOutput(refused.toFile()).start();
        assertThat(second.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isEqualTo(2);
        assertThat(refused).content().contains("a demonstration runs in " + folder);

        new ProcessBuilder("kill", "-" + signal, Long.toString(demo.pid()))
                .start()
                .waitFor();

        assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        await().untilAsserted(
                        () -> assertThat(commands()).as("processes left behind").isEmpty());
        assertThat(notices())
                .as("the end of the demo's own PostgreSQL raises no alert")
                .noneMatch(notice -> notice.contains("postgres-down"));
        if (!signal.equals("KILL")) {
            assertThat(demo.exitValue())
                    .as("of all finished steps, or of the signal in between")
                    .isEqualTo(signal.equals("TERM") ? 0 : 130);
            assertThat(Files.readString(printed))
                    .endsWith("The demonstration has ended; its files stay in " + folder + " until the next one.\n")
                    .doesNotContain("NOT VERIFIED", " ERROR ", "pgsteward: ");
            assertThat(folder.resolve("env")).doesNotExist();
        }
    }

    private void askFromAnotherTerminal() throws IOException, InterruptedException {
        String line = ". " + folder.resolve("env") + " && ./pgsteward status";
        await().atMost(PATIENCE).until(() -> Files.readString(printed).contains(line));
        Path said = folder.resolve("said");
        Process asked = new ProcessBuilder(
                        "sh",
                        "-c",
                        ". '" + folder.resolve("env") + "' && exec '" + JAVA
                                + "' -cp \"$0\" org.pgsteward.Steward status",
                        System.getProperty("java.class.path"))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        asked.waitFor();
        assertThat(Files.readString(said))
                .contains("vikunja", "hedgedoc", "linkding")
                .doesNotContain("refuses the connection");
        assertThat(Files.getPosixFilePermissions(folder.resolve("env"))).hasSize(2);
    }

    private static boolean isInterruptIgnored() throws IOException {
        String ignored = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow()
                .replaceFirst("SigIgn:\\s*", "");
        return (Long.parseUnsignedLong(ignored, 16) & 0b10) != 0;
    }

    @Test
    void usedPortIsReportedBeforeAnythingIsCreated() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            Process demo = start(port);
            assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

            assertThat(demo.exitValue()).isEqualTo(2);
            assertThat(Files.readString(printed))
                    .isEqualTo("pgsteward: port " + port + " is in use; choose another: PGSTEWARD_HTTP_PORT="
                            + free(port + 1) + " ./pgsteward demo --dir " + "'" + folder + "'\n");
            assertThat(folder).isEmptyDirectory();
        }
    }

    /** Returns the first port from this one on that no program has now. */
    private static int free(int from) throws IOException {
        try (ServerSocket open = new ServerSocket(from, 1, InetAddress.getLoopbackAddress())) {
            return open.getLocalPort();
        } catch (BindException taken) {
            return free(from + 1);
        }
    }

    @Test
    void aFolderThatMayNotBeMadeIsNamedWithItsOwner() throws Exception {
        Path foreign = Path.of("/sys/pgsteward-demo");
        List<String> command = ChildJava.steward("demo", "--once", "--dir", foreign.toString());
        Process demo = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(demo.exitValue()).isEqualTo(2);
        String user = System.getProperty("user.name");
        assertThat(printed)
                .content()
                .matches("pgsteward: cannot write to " + foreign + ": [a-z -]+; /sys belongs to root, and you are "
                        + user + "; choose another folder: \\./pgsteward demo --dir /tmp/pgsteward-demo-" + user
                        + "\\n");
    }

    @Test
    void aFolderThatHoldsOtherThingsIsLeftAlone() throws Exception {
        Files.writeString(folder.resolve("thesis.txt"), "years of work");
        Process demo = start("--once");
        assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(demo.exitValue()).isEqualTo(2);
        assertThat(Files.readString(printed)).contains("choose another --dir");
        assertThat(folder.resolve("thesis.txt")).hasContent("years of work");
    }

    private Process start(String... options) throws IOException {
        return start(0, options);
    }

    private Process start(int port, String... options) throws IOException {
        return command(port, options).redirectOutput(printed.toFile()).start();
    }

    private Path log() {
        return folder.resolve("demo.log");
    }

    private ProcessBuilder command(int port, String... options) {
        List<String> command = new java.util.ArrayList<>(ChildJava.steward("demo", "--dir", folder.toString()));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PGSTEWARD_HTTP_PORT", Integer.toString(port));
        return builder;
    }

    /** Returns the number of PostgreSQL processes whose arguments name the demonstration's folder. */
    private long processes() throws IOException {
        return commands().stream().filter(line -> line.contains("postgres -D")).count();
    }

    /**
     * Returns the command lines that name the demonstration's folder: servers, the shells that guard them, and {@code
     * rm}. Such a shell runs {@code rm} to remove a scratch cluster after its server has ended.
     */
    private List<String> commands() throws IOException {
        List<String> commands = new java.util.ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                String line = commandLine(process);
                if (line.contains(folder.toString())) {
                    commands.add(line);
                }
            }
        }
        return commands;
    }

    /** Returns the command line of a process. Returns an empty text if the process has ended since it was listed. */
    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8)
                    .replace('\0', ' ');
        } catch (IOException ended) {
            return "";
        }
    }

    private List<String> notices() throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (Stream<Path> files = Files.list(folder.resolve("mailbox"))) {
            TreeMap<String, Path> sorted = new TreeMap<>();
            for (Path file : files.toList()) {
                var notice = json.readTree(file.toFile());
                sorted.put(
                        notice.path("state").asText() + " "
                                + notice.path("kind").asText() + " "
                                + notice.path("service").asText(),
                        file);
            }
            return List.copyOf(sorted.keySet());
        }
    }

    private static List<String> endings(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store)) {
            return files.map(file -> file.getFileName().toString().replaceFirst("^[^.]*", ""))
                    .sorted()
                    .toList();
        }
    }
}

package org.pgsteward;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Command lines of Java processes that run classes of pgsteward or of the tests. They start from the launcher's
 * class-data archive if the jar is built. The archive saves a third of the processor time of a short command, and a
 * test run starts some two hundred of them.
 */
public final class ChildJava {
    private static final Path JAR = Path.of("target/pgsteward.jar").toAbsolutePath();

    private static final Path TEST_CLASSES = Path.of("target/test-classes").toAbsolutePath();

    /** Options for processes that live for a second: only the serial collector and the first compiler. */
    private static final List<String> SHORT_LIVED =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData");

    private static final List<String> ARCHIVE = archive();

    private ChildJava() {}

    /** Returns the command line of a pgsteward command with the launcher's heap of 40 MB. */
    public static List<String> steward(String... arguments) {
        return run(List.of("-Xmx40m"), "org.pgsteward.Steward", arguments);
    }

    /** Returns the command line of {@code main}, a class of pgsteward or of the tests, with additional JVM options. */
    public static List<String> run(List<String> options, String main, String... arguments) {
        List<String> all = new ArrayList<>(SHORT_LIVED);
        all.addAll(options);
        return withOptions(all, main, arguments);
    }

    /** Returns the command line of {@code main} with these JVM options and without those for short-lived processes. */
    public static List<String> withOptions(List<String> options, String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ARCHIVE);
        command.addAll(options);
        command.add("-Dpgsteward.home=" + Path.of("").toAbsolutePath());
        command.add("-cp");
        // The archive requires a class path that begins like the launcher's. The jar's manifest names its libraries.
        command.add(ARCHIVE.isEmpty() ? System.getProperty("java.class.path") : JAR + ":" + TEST_CLASSES);
        command.add(main);
        command.addAll(List.of(arguments));
        return command;
    }

    private static boolean isUpToDate() throws IOException {
        if (!Files.exists(JAR)) {
            return false;
        }
        FileTime built = Files.getLastModifiedTime(JAR);
        try (Stream<Path> classes = Files.walk(Path.of("target/classes"))) {
            return classes.noneMatch(file -> file.toFile().lastModified() > built.toMillis());
        }
    }

    /**
     * Returns the options that use the launcher's archive for this JVM; another JVM may have left its own there. Returns
     * none if the jar is missing or older than a class, as in an IDE.
     */
    private static List<String> archive() {
        try {
            if (!isUpToDate()) {
                return List.of();
            }
            ProcessBuilder launcher = new ProcessBuilder("./pgsteward", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            launcher.environment().put("JAVA_HOME", System.getProperty("java.home"));
            launcher.start().waitFor();
            String kind = Runtime.version().feature() < 25 ? "jsa" : "aot";
            try (Stream<Path> files = Files.list(JAR.getParent())) {
                return files.filter(file -> file.getFileName().toString().matches("classes-\\d+\\." + kind))
                        .findFirst()
                        .map(file -> file.toString().endsWith(".aot")
                                ? List.of("-XX:AOTCache=" + file, "-Xlog:aot=off")
                                : List.of("-XX:SharedArchiveFile=" + file, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"))
                        .orElse(List.of());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}

package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.ChildJava;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Outbox;
import org.pgsteward.alert.Silences;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.Json;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

@Tag("fast")
class StateLeftoversTest {
    /** The size makes a write long enough that a kill hits it. */
    private static final int LONG = 4 * 1024 * 1024;

    private static final Clock NOW = Clock.systemUTC();
    private static final Clock LATER = Clock.offset(NOW, Duration.ofHours(2));

    /** One file in each folder that has part files. */
    private static final List<String> TARGETS =
            List.of("daemon.json", "alerts/0a.json", "silences/1b.json", "outbox/hook/2c.json", "taken-over/hook/3d");

    @TempDir
    private Path folder;

    private Path state;

    @BeforeEach
    void state() throws IOException {
        state = Files.createDirectory(folder.resolve("state"));
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void removesPartsOfAKilledProcessAndKeepsWholeFiles() throws Exception {
        for (String target : TARGETS) {
            Files.createDirectories(state.resolve(target).getParent());
        }
        await().atMost(Duration.ofMinutes(4)).until(() -> {
            killWhileItWrites();
            return TARGETS.stream()
                    .allMatch(target -> parts().stream().anyMatch(part -> isOf(state.resolve(target), part)));
        });
        List<Path> left = files();
        Map<Path, byte[]> whole = whole();

        new StateLeftovers(state, NOW).remove();
        assertThat(files()).as("recent parts may belong to a running process").isEqualTo(left);
        new StateLeftovers(state, LATER).remove();

        assertThat(files()).containsExactlyInAnyOrderElementsOf(whole.keySet());
        assertThat(whole).hasSize(TARGETS.size()).allSatisfy((file, content) -> {
            assertThat(file).hasBinaryContent(content);
            assertThat(content).hasSize(LONG).containsOnly(content[0]);
        });
    }

    /** A new writer with a folder of its own has to be added to this test. */
    @Test
    void knowsTheFoldersOfTheWriters() throws Exception {
        Silences silences = new Silences(state, Json.mapper(), NOW);
        silences.begin("app", "", Duration.ofHours(1), "an update");
        new AlertRegistry(state, silences, Json.mapper(), NOW, ZoneOffset.UTC, CommandPrefix.PLAIN)
                .consider(Condition.bad(Severity.WARNING, "disk-filling", "app", "90% full", "", NOW.instant()));
        new Outbox(state, Json.mapper(), NOW, () -> List.of("hook", "mail"))
                .put(new Notification(
                        "n", "firing", "warning", "k", "app", Instant.EPOCH, "title", "text", "", Map.of()));
        List<Path> whole = files();
        for (Path file : whole) {
            part(file);
        }
        assertThat(whole).hasSizeGreaterThan(3);

        new StateLeftovers(state, NOW).remove();

        assertThat(files()).containsExactlyInAnyOrderElementsOf(whole);
    }

    /** The part file contains the key. It is a second name of the key's file if the process died at the end. */
    @Test
    void removesThePartOfTheManifestKeyAndKeepsTheKey() throws Exception {
        Path key = old(Files.writeString(state.resolve("manifest_key"), "the key"));
        Files.createLink(state.resolve(".manifest_key1234567890.part"), key);
        old(Files.writeString(state.resolve(".manifest_key99.part"), "half of a k"));

        new StateLeftovers(state, NOW).remove();

        assertThat(files()).containsExactly(key);
        assertThat(key).hasContent("the key");
    }

    @Test
    void keepsFilesOfOtherWriters() throws Exception {
        List<Path> kept = new ArrayList<>();
        for (String name : List.of(
                ".manifest_key.part",
                ".manifest_key12a.part",
                "silences/.manifest_key12.part",
                "verification-under-way",
                "locks/verification-time.part",
                "routes.next/backup.camel.yaml",
                "spool/refused/row.json")) {
            Path file = state.resolve(name);
            Files.createDirectories(file.getParent());
            kept.add(old(Files.writeString(file, "kept")));
        }
        // Folders in which no writer leaves part files.
        for (String name :
                List.of("scratch/" + UUID.randomUUID() + "/PG_VERSION", "backups/app/x", "outbox/hook/sub/x")) {
            Path file = state.resolve(name);
            Files.createDirectories(file.getParent());
            kept.add(part(file));
        }

        new StateLeftovers(state, NOW).remove();

        assertThat(files()).containsExactlyInAnyOrderElementsOf(kept);
    }

    @Test
    void followsNoLink() throws Exception {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/hook"));
        List<Path> kept = List.of(part(elsewhere.resolve("x")), part(elsewhere.resolveSibling("y")));
        Files.createSymbolicLink(state.resolve("alerts"), elsewhere);
        Files.createSymbolicLink(state.resolve("outbox"), elsewhere.getParent());
        Files.createDirectory(state.resolve("taken-over"));
        Files.createSymbolicLink(state.resolve("taken-over/hook"), elsewhere);

        new StateLeftovers(state, NOW).remove();

        assertThat(kept).allSatisfy(file -> assertThat(file).exists());
    }

    @Test
    void aFolderInTheWayKeepsTheOthersFromNothing() throws Exception {
        Files.writeString(state.resolve("alerts"), "no folder");
        Files.createDirectories(state.resolve("silences"));
        part(state.resolve("silences/x"));
        part(state.resolve("daemon.json"));

        new StateLeftovers(state, NOW).remove();
        new StateLeftovers(folder.resolve("missing"), NOW).remove();

        assertThat(files()).containsExactly(state.resolve("alerts"));
    }

    private void killWhileItWrites() throws Exception {
        Set<Path> before = parts();
        Process writer = new ProcessBuilder(ChildJava.run(
                        List.of(),
                        Endless.class.getName(),
                        TARGETS.stream().map(state::resolve).map(Path::toString).toArray(String[]::new)))
                .inheritIO()
                .start();
        try {
            await().until(() -> TARGETS.stream().allMatch(target -> Files.exists(state.resolve(target))));
            await().until(() -> !before.containsAll(parts()));
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    /** A process that writes each file endlessly, in a thread of its own. */
    static final class Endless {
        private Endless() {}

        public static void main(String[] args) {
            for (String target : args) {
                new Thread(() -> write(Path.of(target))).start();
            }
        }

        private static void write(Path target) {
            try {
                for (int i = 'a'; ; i = i == 'z' ? 'a' : i + 1) {
                    byte[] content = new byte[LONG];
                    Arrays.fill(content, (byte) i);
                    AtomicFile.write(target, content);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private Set<Path> parts() {
        try {
            return files().stream()
                    .filter(file -> AtomicFile.isPart(file.getFileName().toString()))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean isOf(Path target, Path part) {
        return part.startsWith(target.getParent())
                && part.getFileName().toString().startsWith("." + target.getFileName() + ".");
    }

    private Map<Path, byte[]> whole() throws IOException {
        return TARGETS.stream().map(state::resolve).collect(Collectors.toMap(file -> file, file -> {
            try {
                return Files.readAllBytes(file);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }));
    }

    private static Path part(Path target) throws IOException {
        Path part = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
        return old(Files.writeString(part, "half of it"));
    }

    private static Path old(Path file) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(NOW.instant().minus(Duration.ofDays(1))));
    }

    private List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(state, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.add(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                // Another process renames or removes files meanwhile.
                return FileVisitResult.CONTINUE;
            }
        });
        Collections.sort(files);
        return files;
    }
}

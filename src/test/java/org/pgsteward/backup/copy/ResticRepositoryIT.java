package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.store.AgeKeys;

/** A repository of restic on this machine, with its faults. */
@Tag("postgres")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ResticRepositoryIT {
    private static final int SIZE = 3_000_000;
    private static final byte[] PLAIN = ResticFixture.content(SIZE, 1);
    private static final String NAME = "app-20261201T030000Z";

    @TempDir
    private Path here;

    private Path repository;
    private ResticFixture fixture;
    private ResticPlace place;

    @BeforeEach
    void start() throws Exception {
        Client.need("restic", "restic");
        repository = here.resolve("repository");
        ResticFixture.create(repository);
        fixture = new ResticFixture(here, repository.toString(), Map.of());
        place = fixture.place();
        place.check();
    }

    private Outgoing backup() throws IOException {
        return fixture.backup(NAME, PLAIN, 0);
    }

    private Outgoing copied() throws Exception {
        Outgoing file = backup();
        assertThat(place.put(file)).isEqualTo(CopyPlace.Stored.NOW);
        assertThat(place.put(fixture.manifest(file))).isEqualTo(CopyPlace.Stored.AFTER_COMMIT);
        place.commit();
        return file;
    }

    private long snapshots() throws Exception {
        return CopyHost.filesIn(repository.resolve("snapshots")).size();
    }

    private static Stream<ProcessHandle> children() {
        return ProcessHandle.current().descendants();
    }

    /** Kills the upload that runs, as soon as it has locked the repository. */
    private void killUpload() {
        Path locks = repository.resolve("locks");
        await().until(() -> children().anyMatch(ResticRepositoryIT::isUpload)
                && !CopyHost.filesIn(locks).isEmpty());
        children().filter(ResticRepositoryIT::isUpload).forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean isUpload(ProcessHandle process) {
        return commandLine(process).contains("--stdin-filename");
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (IOException ended) {
            return "";
        }
    }

    @Test
    void aSecondCopyOfTheSameBackupSendsNothing() throws Exception {
        copied();
        List<String> before = CopyHost.filesIn(repository);
        place.begin(1);
        assertThat(place.put(backup())).isEqualTo(CopyPlace.Stored.NOW);
        assertThat(place.put(fixture.manifest(backup()))).isEqualTo(CopyPlace.Stored.NOW);
        place.commit();
        assertThat(CopyHost.filesIn(repository)).isEqualTo(before);
    }

    @Test
    void equalPartsOfTwoBackupsAreStoredOnce() throws Exception {
        copied();
        long before = bytes();
        byte[] changed = PLAIN.clone();
        changed[SIZE - 1]++;
        Outgoing next = fixture.backup("app-20261202T030000Z", changed, 0);
        place.put(next);
        assertThat(bytes() - before).isBetween(1L, SIZE * 3L / 4);
        assertThat(ResticFixture.read(place, next.path())).isEqualTo(changed);
    }

    private long bytes() throws IOException {
        long sum = 0;
        try (Stream<Path> files = Files.walk(repository.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sum += Files.size(file);
            }
        }
        return sum;
    }

    @Test
    void removedBackupsFreeTheirSpaceAndOthersSnapshotsStay() throws Exception {
        Path others = Files.write(here.resolve("holiday.jpg"), ResticFixture.content(SIZE, 2));
        fixture.byHand("backup", "--tag", "backup=" + NAME, others.toString());
        Outgoing file = copied();
        long full = bytes();

        place.remove(file.path());
        assertThat(place.has(file.path())).isFalse();
        place.remove(fixture.manifest(file).path());
        place.commit();

        assertThat(bytes()).isLessThan(full - SIZE / 2);
        assertThat(place.list()).containsExactly("README.md");
        assertThat(fixture.byHand("ls", "--tag", "backup=" + NAME, "latest")).contains("holiday.jpg");
        fixture.byHand("check", "--read-data");
    }

    @Test
    void killedUploadLeavesNoCopyAndTheNextOneIsComplete() throws Exception {
        Outgoing slow = fixture.backup(NAME, PLAIN, 400_000);
        CompletableFuture<Void> killed = CompletableFuture.runAsync(this::killUpload);
        assertThatThrownBy(() -> place.put(slow))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("\n");
        killed.get();
        assertThat(place.has(slow.path())).isFalse();
        // Its lock is stale, and a removal needs the only lock.
        assertThat(CopyHost.filesIn(repository.resolve("locks"))).isNotEmpty();

        place.begin(0);
        Outgoing file = copied();
        assertThat(ResticFixture.read(place, file.path())).isEqualTo(PLAIN);
        place.remove(file.path());
        assertThat(place.has(file.path())).isFalse();
    }

    @Test
    void interruptedUploadEndsResticAtOnce() throws Exception {
        Outgoing slow = fixture.backup(NAME, PLAIN, 100_000);
        Thread owner = Thread.currentThread();
        CompletableFuture<Void> interrupted = CompletableFuture.runAsync(() -> {
            await().until(() -> children().anyMatch(ResticRepositoryIT::isUpload));
            owner.interrupt();
        });
        assertThatThrownBy(() -> place.put(slow)).isInstanceOfAny(IOException.class, InterruptedException.class);
        interrupted.get();
        Thread.interrupted();
        await().until(() -> children().noneMatch(ResticRepositoryIT::isUpload));
        assertThat(place.has(slow.path())).isFalse();
    }

    @Test
    void aTruncatedSnapshotIsReplaced() throws Exception {
        Outgoing file = backup();
        List<String> tags = ResticContent.plain(file, file.dump().orElseThrow())
                .orElseThrow()
                .tags();
        fixture.restic().store(NAME + ".dump", tags, SIZE, 0, input -> input.write(PLAIN, 0, SIZE / 2));
        assertThat(snapshots()).isEqualTo(2);

        place.put(file);

        assertThat(ResticFixture.read(place, file.path())).isEqualTo(PLAIN);
        assertThat(snapshots()).isEqualTo(2);
    }

    private Path largestPack() throws IOException {
        try (Stream<Path> files = Files.walk(repository.resolve("data"))) {
            return files.filter(Files::isRegularFile)
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    @Test
    void aDamagedCopyFailsWhenReadAndIsReplaced() throws Exception {
        Outgoing file = copied();
        Path pack = largestPack();
        byte[] damaged = Files.readAllBytes(pack);
        damaged[damaged.length / 2] ^= 1;
        pack.toFile().setWritable(true);
        Files.write(pack, damaged);
        assertThatThrownBy(() -> ResticFixture.read(place, file.path()))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("\n");

        place.put(file);
        try (Incoming back = place.get(file.path())) {
            // The plain dump has the damaged part, so the file of the store took its place.
            assertThat(back.plainSha256()).isEmpty();
            assertThat(back.content().readAllBytes()).isEqualTo(Files.readAllBytes(file.file()));
        }
    }

    @Test
    void aCopyWithALostFileFailsWhenReadAndIsReplaced() throws Exception {
        Outgoing file = copied();
        Files.delete(largestPack());
        assertThatThrownBy(() -> ResticFixture.read(place, file.path())).isInstanceOf(IOException.class);

        place.put(file);
        assertThat(ResticFixture.read(place, file.path())).isEqualTo(PLAIN);
    }

    @Test
    void wrongPasswordIsNamedWithItsSetting() throws Exception {
        ResticPlace wrong =
                new ResticFixture(here, repository.toString(), Map.of("password", "another-secret")).place();
        assertThatThrownBy(() -> wrong.begin(0))
                .hasMessage(
                        "the password in pgsteward.copy.restic.password does not open the restic repository; give the one"
                                + " with which the repository was made");
    }

    @Test
    void aMissingRepositoryIsNeverCreatedByAPass() throws Exception {
        Path gone = here.resolve("gone");
        ResticPlace missing = new ResticFixture(here, gone.toString(), Map.of()).place();
        assertThatThrownBy(() -> missing.begin(0))
                .hasMessageContaining("run 'pgsteward check --copies', which creates it");
        assertThat(gone).doesNotExist();
        assertThat(missing.check().orElseThrow()).contains("the repository was created");
        assertThat(missing.check()).isEmpty();
    }

    @Test
    void aNewRepositoryInPlaceOfTheOldOneIsRefused() throws Exception {
        ResticFixture other = new ResticFixture(here, here.resolve("other").toString(), Map.of());
        other.byHand("init");
        ResticPlace emptied = other.place("other-state", Optional.empty(), Optional.empty());
        assertThatThrownBy(() -> emptied.begin(3)).hasMessageContaining("it has no snapshot of pgsteward");
        emptied.check();
        emptied.begin(3);
    }

    @Test
    void aNewMachineKeepsTheManifestsOfTheOldOne() throws Exception {
        Outgoing old = copied();
        ResticPlace machine = fixture.place("new-state", Optional.empty(), Optional.empty());
        machine.begin(0);
        Outgoing next = fixture.backup("app-20261202T030000Z", ResticFixture.content(1000, 3), 0);
        machine.put(next);
        machine.put(fixture.manifest(next));
        machine.commit();

        Path fetched = Files.createDirectory(here.resolve("fetched"));
        assertThat(machine.manifests(fetched)).hasValue(2);
        assertThat(CopyHost.filesIn(fetched))
                .containsExactlyInAnyOrder(
                        fixture.manifest(old).path(), fixture.manifest(next).path());
        // The older catalogues are gone.
        assertThat(snapshots()).isEqualTo(3);
    }

    @Test
    void aHostWithoutTheIdentityCopiesTheEncryptedFile() throws Exception {
        AgeKeys keys =
                AgeKeys.of(List.of("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"), Optional.empty());
        byte[] encrypted;
        try (var content = keys.encrypted(new java.io.ByteArrayInputStream(PLAIN))) {
            encrypted = content.readAllBytes();
        }
        Outgoing file = fixture.outgoing("app/" + NAME + ".dump.zst.age", encrypted, keys, keys.recipients(), 0);
        place.put(file);
        try (Incoming back = place.get(file.path())) {
            assertThat(back.plainSha256()).isEmpty();
            assertThat(back.content().readAllBytes()).isEqualTo(encrypted);
        }
    }

    @Test
    void aDamagedFileOfThisHostIsNotSent() throws Exception {
        Outgoing file = backup();
        byte[] damaged = Files.readAllBytes(file.file());
        damaged[SIZE / 2] ^= 1;
        Files.write(file.file(), damaged);
        assertThatThrownBy(() -> place.put(file)).hasMessageContaining("the SHA-256 of the file is");
        assertThat(place.has(file.path())).isFalse();
        assertThat(snapshots()).isEqualTo(1);
    }

    @Test
    void noArgumentOfAProcessHasASecret() throws Exception {
        Map<String, String> secrets = Map.of("env", "export AWS_SECRET_ACCESS_KEY='s3cret-of-s3'\n# none\n");
        ResticPlace watched = new ResticFixture(here, repository.toString(), secrets).place();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Void> watch = CompletableFuture.runAsync(() -> {
            while (!done.get()) {
                children().map(ResticRepositoryIT::commandLine).forEach(seen::add);
            }
        });
        Outgoing slow = fixture.backup(NAME, PLAIN, 1_000_000);
        watched.put(slow);
        done.set(true);
        watch.get();
        assertThat(seen).anyMatch(line -> line.contains("--stdin-filename"));
        assertThat(seen)
                .noneMatch(line -> line.contains(ResticFixture.PASSWORD)
                        || line.contains("s3cret-of-s3")
                        || line.contains(repository.toString()));
        try (Stream<Path> files = Files.walk(here.resolve("state"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain(ResticFixture.PASSWORD, "s3cret-of-s3");
            }
        }
    }
}

package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.copy.ends.FaultyLink;
import org.pgsteward.backup.copy.ends.FaultyLink.Way;
import org.pgsteward.backup.copy.ends.MountedFolder;
import org.pgsteward.backup.copy.ends.SftpEnd;

/** Copies by rclone to OpenSSH over a link with faults. */
@Tag("postgres")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RcloneSftpIT {
    private static final String SETTING = "pgsteward.copy.rclone.config";
    private static final String PATH = "app/app-20261201T030000Z.dump.zst";
    private static final int SIZE = 3_000_000;

    /** The rest of a login and of a listing. */
    private static final long LITTLE = 100_000;

    @TempDir
    private Path here;

    private SftpEnd end;
    private FaultyLink link;
    private CopyPlace place;

    @BeforeEach
    void start() throws Exception {
        Client.need("rclone", "rclone");
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Files.createDirectories(here.resolve("store/app"));
        Files.write(here.resolve("store").resolve(PATH), content);
        use(SftpEnd.start());
    }

    private void use(SftpEnd started) throws Exception {
        stop();
        end = started;
        link = FaultyLink.to(end.port());
        place = place(end.rclone("nas", link.port()));
    }

    private CopyPlace place(String config) throws Exception {
        CopyPrograms programs = new CopyPrograms(
                here.resolve("state/copies"), name -> Optional.of(config).filter(c -> name.equals(SETTING)));
        return RclonePlace.of(programs, "rclone", new RcloneRemote("nas:" + end.served() + "/copies"), SETTING);
    }

    @AfterEach
    void stop() throws Exception {
        if (link != null) {
            link.close();
        }
        if (end != null) {
            end.close();
        }
    }

    private Outgoing file() throws IOException {
        return file(0);
    }

    private Outgoing file(long bytesPerSecond) throws IOException {
        return Fixtures.outgoing(here.resolve("store"), PATH, true, bytesPerSecond);
    }

    private Path there() {
        return end.served().resolve("copies").resolve(PATH);
    }

    private void assertComplete() throws IOException {
        assertThat(there()).hasSameBinaryContentAs(file().file());
        assertThat(CopyHost.filesIn(end.served())).containsExactly("copies/" + PATH);
    }

    @Test
    void aFileThatIsThereIsNotSentAgain() throws Exception {
        assertThat(place.put(file())).isEqualTo(CopyPlace.Stored.NOW);
        assertComplete();
        long sent = link.forwarded(Way.UP);
        assertThat(sent).isGreaterThan(SIZE);
        place.put(file());
        assertThat(link.forwarded(Way.UP) - sent).isLessThan(LITTLE);
    }

    @Test
    void aServerWithAShellComparesByItself() throws Exception {
        use(SftpEnd.withShell());
        place.put(file());
        assertComplete();
        assertThat(link.forwarded(Way.DOWN)).isLessThan(LITTLE);
    }

    @Test
    void aChangedFileThereIsReplaced() throws Exception {
        for (SftpEnd other : List.of(end, SftpEnd.withShell())) {
            if (other != end) {
                use(other);
            }
            place.put(file());
            byte[] changed = Files.readAllBytes(there());
            changed[SIZE / 2]++;
            Files.write(there(), changed);
            place.put(file());
            assertComplete();
        }
    }

    @Test
    void aCutUploadLeavesNothingAndTheNextOneIsComplete() throws Exception {
        place.begin(0);
        for (long bytes : new long[] {0, 1_000, 1_000_000, SIZE}) {
            link.cutAfter(Way.UP, bytes);
            assertThatThrownBy(() -> place.put(file()))
                    .isInstanceOf(IOException.class)
                    .hasMessageNotContaining("\n");
            assertThat(there()).doesNotExist();
            link.recover();
        }
        // OpenSSH refuses an address for some seconds after it broke connections off.
        await().atMost(Duration.ofMinutes(1)).ignoreExceptions().untilAsserted(() -> place.remove(FolderPlace.MARKER));
        place.put(file());
        assertComplete();
    }

    @Test
    void aCutDownloadNeverLooksComplete() throws Exception {
        place.put(file());
        for (long bytes : new long[] {0, 10_000, 1_000_000, SIZE - 1}) {
            link.cutAfter(Way.DOWN, bytes);
            assertThatThrownBy(() -> {
                        try (Incoming back = place.get(PATH)) {
                            back.content().readAllBytes();
                        }
                    })
                    .isInstanceOf(IOException.class);
            link.recover();
        }
        try (Incoming back = place.get(PATH)) {
            assertThat(back.content()).hasSameContentAs(Files.newInputStream(there()));
        }
    }

    @Test
    void aFullDiskLeavesNoPart() throws Exception {
        try (MountedFolder disk = MountedFolder.of("2m")) {
            use(SftpEnd.on(disk));
            assertThatThrownBy(() -> place.put(file())).hasMessageContaining("its disk may be full");
            assertThat(CopyHost.filesIn(end.served())).isEmpty();
            end.close();
        }
    }

    @Test
    void wrongKeysAreRefusedWithTheNextStep() throws Exception {
        place.put(file());
        end.revokeKey();
        assertThatThrownBy(() -> place.has(PATH)).hasMessageContaining("unable to authenticate");
        end.restoreKey();
        end.changeHostKey();
        use(end, FaultyLink.to(end.port()));
        assertThatThrownBy(() -> place.has(PATH))
                .hasMessageStartingWith("the server has another host key than its known_hosts_file");
    }

    private void use(SftpEnd same, FaultyLink next) throws Exception {
        String config = same.rclone("nas", next.port());
        link.close();
        link = next;
        place = place(config);
    }

    @Test
    void aRemoteWithoutHostKeysIsRefused() throws Exception {
        String config = end.rclone("nas", link.port()).replaceAll("known_hosts_file.*", "");
        assertThatThrownBy(() -> place(config)).hasMessageContaining("the remote 'nas' trusts any server");
        assertThat(link.forwarded(Way.UP)).isZero();
    }

    @Test
    void aKilledUploadIsMadeAgain() throws Exception {
        CompletableFuture<Throwable> failure = slowUpload();
        rclones().forEach(ProcessHandle::destroyForcibly);
        assertThat(failure.get(1, TimeUnit.MINUTES)).isInstanceOf(IOException.class);
        link.recover();
        place.put(file());
        assertComplete();
    }

    @Test
    void anInterruptEndsTheUploadAndItsProgram() throws Exception {
        CompletableFuture<Throwable> failure = slowUpload();
        Objects.requireNonNull(uploader.get()).interrupt();
        assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        await().atMost(Duration.ofSeconds(10)).until(() -> rclones().isEmpty());
        assertThat(there()).doesNotExist();
        link.recover();
        place.put(file());
        assertComplete();
    }

    @Test
    void argumentsAndEnvironmentOfRcloneHaveNoSecret() throws Exception {
        String secret = "8Lue-fw2kdp1B4w4L4D5X1H-kZihBppOtMxx7Qin0A";
        place = place(end.rclone("nas", link.port()) + "pass = " + secret + "\n");
        CompletableFuture<Throwable> failure = slowUpload();
        for (ProcessHandle rclone : rclones()) {
            Path process = Path.of("/proc", Long.toString(rclone.pid()));
            String shown = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    + Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
            assertThat(shown).contains("copyto", "RCLONE_CONFIG=").doesNotContain(secret, "test-password-1");
        }
        Objects.requireNonNull(uploader.get()).interrupt();
        assertThat(failure.get(10, TimeUnit.SECONDS)).isNotNull();
        Path config = here.resolve("state/copies/rclone/rclone.conf");
        assertThat(Files.getPosixFilePermissions(config)).hasSize(2);
        assertThat(Files.getPosixFilePermissions(config.getParent())).hasSize(3);
    }

    private final AtomicReference<Thread> uploader = new AtomicReference<>();

    /** Begins an upload that takes minutes, and returns when its first bytes have arrived. */
    private CompletableFuture<Throwable> slowUpload() throws IOException {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Outgoing slow = file(20_000);
        uploader.set(new Thread(() -> {
            try {
                place.put(slow);
                failure.complete(null);
            } catch (Throwable e) {
                failure.complete(e);
            }
        }));
        Objects.requireNonNull(uploader.get()).start();
        Path part = there().resolveSibling(there().getFileName() + ".part");
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(part) && Files.size(part) > 0);
        assertThat(rclones()).hasSize(1);
        return failure;
    }

    private static List<ProcessHandle> rclones() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("rclone"))
                .toList();
    }

    @Test
    void renewedTokensSurviveUntilTheSettingChanges() throws Exception {
        Path file = here.resolve("state/copies/rclone/rclone.conf");
        Files.writeString(file, Files.readString(file) + "token = renewed\n");
        place(end.rclone("nas", link.port()));
        assertThat(file).content().contains("token = renewed");
        place(end.rclone("nas", link.port()) + "set_modtime = false\n");
        assertThat(file).content().contains("set_modtime = false").doesNotContain("renewed");
        place.put(file());
        assertComplete();
    }

    @Test
    void anUnavailableServerFailsEveryOperation() throws Exception {
        link.refuse();
        assertThatThrownBy(() -> place.begin(0)).hasMessageContaining("connection refused");
        assertThatThrownBy(() -> place.has(PATH)).hasMessageContaining("connection refused");
        assertThatThrownBy(() -> place.list()).hasMessageContaining("connection refused");
        assertThatThrownBy(() -> place.get(PATH)).hasMessageContaining("connection refused");
        assertThatThrownBy(() -> place.remove(PATH)).hasMessageContaining("connection refused");
        assertThatThrownBy(() -> place.manifests(here)).hasMessageContaining("connection refused");
        assertThatThrownBy(() -> place.check()).hasMessageContaining("connection refused");
    }
}

package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/**
 * Encrypted backups on a real PostgreSQL, compared with the program age, with and without the identity on this host.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class EncryptedBackupsIT {
    private static final String RECIPIENTS = "pgsteward.backup.recipients";
    private static final String IDENTITY = "pgsteward.backup.identity";

    /**
     * The limit of resident memory in MiB, which includes the mapped pages of the JVM's own files. {@code
     * src/docs/architecture.md} has the figure of an idle pgsteward.
     */
    private static final long MOST_RESIDENT = 150;

    /** The limit of private memory, in MiB. */
    private static final long MOST_OF_ITS_OWN = 128;

    private final Age age = Age.keys();
    private final Age other = Age.keys();

    private TestHost host;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        host.wiring().house.order();
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    /** A running pgsteward with these keys. */
    private final class Encrypting implements AutoCloseable {
        final Wiring wiring;
        private final Pipeline pipeline;

        Encrypting(String recipients, Optional<String> identity) throws IOException {
            wiring = host.wiring(
                    identity.isPresent()
                            ? Map.of(RECIPIENTS, recipients, IDENTITY, identity.get())
                            : Map.of(RECIPIENTS, recipients));
            pipeline = wiring.backupPipeline().start();
        }

        Backup backUp(String database) throws SQLException {
            return host.backUp(wiring, database);
        }

        Backup verify(Backup backup) {
            return wiring.backups.verify(backup);
        }

        @Override
        public void close() {
            pipeline.close();
        }
    }

    private Encrypting withTheIdentity() throws IOException {
        return new Encrypting(age.recipient(), Optional.of(age.identity()));
    }

    private Encrypting withoutTheIdentity() throws IOException {
        return new Encrypting(age.recipient(), Optional.empty());
    }

    private String notes() throws SQLException {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS"
                                + " SELECT n, 'a readable sentence ' || md5(n::text) AS text FROM generate_series(1, 5000) AS n");
        return database;
    }

    @Test
    void withTheIdentityTheEncryptedFileIsVerified() throws Exception {
        String database = notes();
        try (Encrypting encrypting = withTheIdentity()) {
            Backup backup = encrypting.backUp(database);

            assertThat(backup.error()).isEmpty();
            assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
            assertThat(host.stored(database))
                    .containsExactly(backup.id() + ".dump.zst.age", backup.id() + ".dump.zst.age.manifest.json");
            Manifest manifest = Manifests.of(encrypting.wiring.store, database).get(0);
            assertThat(manifest.file().recipients()).containsExactly(age.recipient());
            assertThat(manifest.file().verification()).isEmpty();
            assertThat(manifest.file().sha256()).isEqualTo(sha256(file(backup)));
            assertThat(verificationInJournal(database)).containsExactly("verified file");
        }
    }

    @Test
    void publicToolsDecryptABackupForEachOfTwoRecipients() throws Exception {
        assumeTools();
        String database = notes();
        try (Encrypting encrypting =
                new Encrypting(age.recipient() + ", " + other.recipient(), Optional.of(other.identity()))) {
            Backup backup = encrypting.backUp(database);
            assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
            for (Age each : List.of(age, other)) {
                String restored = host.cluster().newDatabase();
                pipe(
                        new ProcessBuilder(
                                "age",
                                "--decrypt",
                                "--identity",
                                keyFile(each),
                                file(backup).toString()),
                        new ProcessBuilder("zstd", "--decompress", "--stdout"),
                        client("pg_restore", "--exit-on-error", "--no-owner", "--dbname=" + restored));
                assertThat(content(restored)).isEqualTo(content(database));
            }
        }
    }

    @Test
    void verifiesABackupThatPublicToolsMadeAndEncrypted() throws Exception {
        assumeTools();
        String database = notes();
        try (Encrypting encrypting = withTheIdentity()) {
            Backup backup = encrypting.backUp(database);
            Path file = file(backup);
            ProcessBuilder dump = client("pg_dump", "--format=custom", "--compress=0", database);
            pipe(
                    dump,
                    new ProcessBuilder("zstd", "-q", "-19"),
                    new ProcessBuilder("age", "--recipient", age.recipient())
                            .redirectOutput(Files.createDirectories(file.getParent())
                                    .resolve("theirs")
                                    .toFile()));
            Files.move(file.resolveSibling("theirs"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            edit(backup, "sha256", sha256(file));
            Backup theirs = backup.made(
                    backup.path().orElseThrow(),
                    backup.times().finishedAt().orElseThrow(),
                    Files.size(file),
                    backup.file().sourceBytes(),
                    sha256(file),
                    backup.times().dumpTime());

            Backup verified = encrypting.verify(theirs);

            assertThat(verified.error()).isEmpty();
            assertThat(verified.state()).isEqualTo(BackupState.VERIFIED);
        }
    }

    @Test
    void withoutTheIdentityABackupIsVerifiedInTheStream() throws Exception {
        String database = notes();
        try (Encrypting encrypting = withoutTheIdentity()) {
            Backup backup = encrypting.backUp(database);

            assertThat(backup.error()).isEmpty();
            assertThat(backup.state()).isEqualTo(BackupState.MADE);
            assertThat(backup.verification().inStream()).isTrue();
            assertThat(backup.verification().took()).isPositive();
            assertThat(Manifests.of(encrypting.wiring.store, database))
                    .singleElement()
                    .satisfies(manifest ->
                            assertThat(manifest.file().verification()).isEqualTo("stream"));
            assertThat(verificationInJournal(database)).containsExactly("made stream");
            assertThat(host.notices(database)).isEmpty();
            assertThat(leftInScratch()).isEmpty();
        }
    }

    @Test
    void theGlobalsAreVerifiedBeforeTheyAreEncrypted() throws Exception {
        try (Encrypting encrypting = withoutTheIdentity()) {
            BackupTarget target =
                    encrypting.wiring.targets.all(BackupKind.GLOBALS).get(0).target();
            Backup backup = encrypting
                    .wiring
                    .backups
                    .run(target, BackupRun.Patience.FAILS_AT_ONCE)
                    .backup();
            assertThat(backup.error()).isEmpty();
            assertThat(backup.state()).isEqualTo(BackupState.MADE);
            assertThat(backup.verification().inStream()).isTrue();
            assertThat(backup.path().orElseThrow()).endsWith(".sql.zst.age");
        }
    }

    @Test
    void aStreamThatCannotBeRestoredIsNeverPublished() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE FUNCTION public.fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
                        "CREATE TABLE public.notes (n INT CHECK (public.fine(n)))",
                        "INSERT INTO public.notes SELECT generate_series(1, 100000)",
                        // The new function refuses the rows that the table already has.
                        "CREATE OR REPLACE FUNCTION public.fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$ BEGIN"
                                + " RAISE EXCEPTION 'no longer'; END $$");
        try (Encrypting encrypting = withoutTheIdentity()) {
            Backup backup = encrypting.backUp(database);

            assertThat(backup.state()).isEqualTo(BackupState.FAILED);
            assertThat(backup.error()).contains("no longer");
            assertThat(host.stored(database)).isEmpty();
            assertThat(host.journal(database)).singleElement().asString().startsWith("failed: ");
            assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
            assertThat(leftInScratch()).isEmpty();
        }
    }

    @Test
    void aDumpThatNeedsASuperuserIsKeptAndUnverifiable() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 50000) AS n",
                        "CREATE FUNCTION public.process() RETURNS int LANGUAGE internal AS 'pg_backend_pid'");
        try (Encrypting encrypting = withoutTheIdentity()) {
            Backup backup = encrypting.backUp(database);

            assertThat(backup.state()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error()).contains("superuser", "permission denied for language internal");
            assertThat(file(backup)).exists();
            assertThat(Manifests.of(encrypting.wiring.store, database))
                    .singleElement()
                    .satisfies(manifest ->
                            assertThat(manifest.file().verification()).isEmpty());
            assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        }
    }

    @Test
    void withoutTheIdentityALaterVerificationFindsOnlyBitRot() throws Exception {
        String database = notes();
        try (Encrypting encrypting = withoutTheIdentity()) {
            Backup backup = encrypting.backUp(database);
            assertThat(encrypting.verify(backup).state()).isEqualTo(BackupState.MADE);
            flip(file(backup), 0.5);
            assertThat(encrypting.verify(backup).state()).isEqualTo(BackupState.FAILED);
        }
    }

    @Test
    void withoutTheIdentityAVerifiedBackupStaysVerified() throws Exception {
        String database = notes();
        Backup verified;
        try (Encrypting encrypting = withTheIdentity()) {
            verified = encrypting.backUp(database);
        }
        try (Encrypting encrypting = withoutTheIdentity()) {
            assertThat(encrypting.verify(verified).state()).isEqualTo(BackupState.VERIFIED);
            Backup unknown = verified.judged(BackupState.MADE, Instant.now(), Duration.ZERO, "");
            assertThat(encrypting.verify(unknown).state()).isEqualTo(BackupState.UNVERIFIABLE);
        }
    }

    @Test
    void aBackupForAnEarlierKeyIsUnverifiableNotFailed() throws Exception {
        String database = notes();
        Backup backup;
        try (Encrypting before = withTheIdentity()) {
            backup = before.backUp(database);
        }
        try (Encrypting after = new Encrypting(other.recipient(), Optional.of(other.identity()))) {
            Backup judged = after.verify(backup);
            assertThat(judged.state()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(judged.error()).contains("encrypted for a key that pgsteward.backup.identity does not contain");

            // This byte is in the part of the header that has the recipients.
            flip(file(backup), 0.0, 60);
            assertThat(after.verify(backup).state()).isEqualTo(BackupState.FAILED);
        }
    }

    @Test
    void anEncryptedFileDamagedAnywhereFailsItsVerification() throws Exception {
        String database = notes();
        try (Encrypting encrypting = withTheIdentity()) {
            Backup backup = encrypting.backUp(database);
            byte[] whole = Files.readAllBytes(file(backup));
            for (double where : new double[] {0.0, 0.001, 0.5, 0.999}) {
                flip(file(backup), where);
                Backup judged = encrypting.verify(backup);
                assertThat(judged.state()).as("damaged at position %s", where).isEqualTo(BackupState.FAILED);
                assertThat(judged.error()).containsAnyOf("damaged", "SHA-256");
                Files.write(file(backup), whole);
            }
        }
    }

    @Test
    void anEncryptedFileCutBetweenChunksFailsItsVerification() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.random AS SELECT sha512(n::text::bytea) FROM generate_series(1, 9000) AS n");
        try (Encrypting encrypting = withTheIdentity()) {
            Backup backup = encrypting.backUp(database);
            byte[] whole = Files.readAllBytes(file(backup));
            int head = new String(whole, StandardCharsets.ISO_8859_1).indexOf("\n--- ") + 5 + 43 + 1 + 16;
            int chunk = 64 * 1024 + 16;
            assertThat(whole.length).isGreaterThan(head + 2 * chunk);
            Files.write(file(backup), Arrays.copyOf(whole, head + chunk));

            Backup judged = encrypting.verify(backup);

            assertThat(judged.state()).isEqualTo(BackupState.FAILED);
            assertThat(judged.error()).contains("decryption failed");
        }
    }

    @Test
    void namesOfEncryptedAndPlainBackupsDoNotCollide() throws Exception {
        String database = notes();
        Wiring plain = host.wiring();
        try (Pipeline pipeline = plain.backupPipeline().start();
                Encrypting encrypting = withTheIdentity()) {
            assertThat(pipeline).isNotNull();
            encrypting.backUp(database);
            host.backUp(plain, database);
            encrypting.backUp(database);
            assertThat(Manifests.of(plain.store, database))
                    .extracting(manifest -> manifest.identity().backupId())
                    .doesNotHaveDuplicates()
                    .hasSize(3);
        }
    }

    @Test
    void invalidKeysStopACommandWithoutPrintingTheKey() throws Exception {
        Path printed = host.folder().resolve("refused");
        for (Map<String, String> keys : List.of(
                Map.of("PGSTEWARD_BACKUP_RECIPIENTS", "age1nokey"),
                Map.of(
                        "PGSTEWARD_BACKUP_RECIPIENTS", age.recipient(),
                        "PGSTEWARD_BACKUP_IDENTITY", other.identity()))) {
            Process command = command(keys, printed, "backup", "homelab");
            assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
            assertThat(command.exitValue()).isEqualTo(2);
            assertThat(Files.readAllLines(printed))
                    .singleElement()
                    .asString()
                    .startsWith("pgsteward: PGSTEWARD_BACKUP_")
                    .doesNotContain(other.identity());
        }
    }

    @Test
    void aCommandWithoutTheIdentityReportsTheWeakerVerification() throws Exception {
        String database = notes();
        Path printed = host.folder().resolve("printed");
        Process command = command(Map.of("PGSTEWARD_BACKUP_RECIPIENTS", age.recipient()), printed, "backup", database);
        assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(command.exitValue()).as(Files.readString(printed)).isZero();
        assertThat(Files.readString(printed)).contains(" made ").contains("verified before its encryption only");
    }

    /**
     * The memory of a process, in MiB.
     *
     * @param most its peak of resident memory
     * @param own its peak of private memory
     */
    private record Footprint(long most, long own) {
        static final Footprint NONE = new Footprint(0, 0);

        /** Returns these figures after another reading. A process that has ended leaves them unchanged. */
        Footprint seenAgain(long pid) {
            try {
                long most = this.most;
                long own = this.own;
                for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
                    if (line.startsWith("VmHWM:")) {
                        most = Math.max(most, mebibytes(line));
                    } else if (line.startsWith("RssAnon:")) {
                        own = Math.max(own, mebibytes(line));
                    }
                }
                return new Footprint(most, own);
            } catch (IOException ended) {
                return this;
            }
        }

        private static long mebibytes(String line) {
            return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
        }
    }

    @Test
    void encryptsALargeDatabaseInLittleMemoryAndHidesTheKey() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.big AS SELECT n, repeat(md5(n::text), 30) AS text"
                                + " FROM generate_series(1, 300000) AS n");
        Path printed = host.folder().resolve("large");
        Process command = command(
                Map.of("PGSTEWARD_BACKUP_RECIPIENTS", age.recipient(), "PGSTEWARD_BACKUP_IDENTITY", age.identity()),
                printed,
                "backup",
                database,
                "--json");
        Footprint[] seen = {Footprint.NONE};
        List<String> children = new ArrayList<>();
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(150))
                .until(() -> {
                    seen[0] = seen[0].seenAgain(command.pid());
                    command.descendants().forEach(child -> children.add(whatIsSeenOf(child)));
                    return !command.isAlive();
                });

        assertThat(command.exitValue()).as(Files.readString(printed)).isZero();
        JsonNode backup =
                Json.mapper().readTree(printed.toFile()).path("backups").path(0);
        assertThat(backup.path("state").asText()).isEqualTo("verified");
        assertThat(backup.path("source_bytes").asLong()).isGreaterThan(5L * 40 * 1024 * 1024);
        assertThat(seen[0].most()).as("MiB resident at most: %s", seen[0]).isBetween(40L, MOST_RESIDENT);
        assertThat(seen[0].own()).as("MiB of its own at most: %s", seen[0]).isBetween(20L, MOST_OF_ITS_OWN);
        assertThat(children)
                .anyMatch(child -> child.contains("pg_dump"))
                .anyMatch(child -> child.contains("pg_restore"))
                .noneMatch(child -> child.contains(age.identity()));
    }

    /**
     * Returns the arguments and the environment of a process; empty while the process is still the JVM or its
     * helper.
     */
    private static String whatIsSeenOf(ProcessHandle process) {
        Path proc = Path.of("/proc", Long.toString(process.pid()));
        try {
            String started = Files.readString(proc.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            String environment = Files.readString(proc.resolve("environ"), StandardCharsets.ISO_8859_1);
            String arguments = Files.readString(proc.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            // jspawnhelper of the JVM replaces itself by the program, perhaps between two of these lines.
            boolean replaced = started.isEmpty() || !started.equals(arguments);
            if (replaced || started.contains("org.pgsteward.Steward") || started.contains("jspawnhelper")) {
                return "";
            }
            return arguments + environment;
        } catch (IOException ended) {
            return "";
        }
    }

    /** Returns the JVM flags of the launcher. */
    private static List<String> launchersFlags() throws IOException {
        Matcher flags = Pattern.compile("(?s)\nflags=\"(.*?)\"").matcher(Files.readString(Path.of("pgsteward")));
        assertThat(flags.find()).isTrue();
        return List.of(flags.group(1).strip().split("\\s+"));
    }

    private static Process command(Map<String, String> keys, TestHost host, Path printed, String... arguments)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(ChildJava.withOptions(launchersFlags(), "org.pgsteward.Steward", arguments));
        builder.environment().putAll(host.environment());
        builder.environment().putAll(keys);
        builder.environment().put("MALLOC_ARENA_MAX", "2");
        return builder.redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
    }

    private Process command(Map<String, String> keys, Path printed, String... arguments) throws IOException {
        return command(keys, host, printed, arguments);
    }

    private Path file(Backup backup) {
        return host.store().resolve(backup.path().orElseThrow());
    }

    private List<String> verificationInJournal(String service) throws SQLException {
        return host.rows(
                "homelab",
                "SELECT concat_ws(' ', state, proof) FROM public.backup_log WHERE service_name = '" + service + "'");
    }

    private List<String> leftInScratch() throws IOException {
        try (var files = Files.list(host.folder().resolve("state/scratch"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("template-"))
                    .toList();
        }
    }

    private List<String> content(String database) throws SQLException {
        return host.rows(
                database, "SELECT count(*) || md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM public.notes AS t");
    }

    private void edit(Backup backup, String field, String value) throws IOException {
        Path manifest = host.store().resolve(backup.path().orElseThrow() + ".manifest.json");
        JsonNode json = Json.mapper().readTree(manifest.toFile());
        ((ObjectNode) json).put(field, value).remove("signature");
        Manifests.write(manifest, json.toPrettyString());
    }

    private static void flip(Path file, double where) throws IOException {
        flip(file, where, 0);
    }

    private static void flip(Path file, double where, int further) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (bytes.length * where) + further] ^= 0x01;
        Files.write(file, bytes);
    }

    private static void assumeTools() {
        assumeTrue(Age.isInstalled(), "skipped: the program age is not on this machine; install age");
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
    }

    private String keyFile(Age keys) throws IOException {
        return Files.writeString(Files.createTempFile(host.folder(), "key-", ""), keys.identity() + "\n")
                .toString();
    }

    private ProcessBuilder client(String program, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(TestCluster.programs().path(program).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "127.0.0.1",
                        "PGPORT",
                        Integer.toString(host.cluster().server().address().port()),
                        "PGUSER",
                        "homelab",
                        "PGPASSWORD",
                        TestCluster.PASSWORD.reveal()));
        return builder;
    }

    private static void pipe(ProcessBuilder... programs) throws Exception {
        for (Process process : ProcessBuilder.startPipeline(List.of(programs))) {
            assertThat(process.waitFor()).isZero();
        }
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}

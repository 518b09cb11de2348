package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.backup.store.Stored;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;

@Tag("fast")
class ReverificationOrderTest {
    private static final Instant NOW = Instant.parse("2026-06-30T06:00:00Z");
    private static final int STORES = 300;
    private static final List<String> SERVICES = List.of("app", "app-test", "wiki");
    private static final List<String> FLAGS = List.of("", "", "", ":m", ":f", ":u", ":x", ":?");

    /**
     * The notation of a backup is SERVICE:CHECKED:FLAGS. CHECKED is the age of its row in the journal. The flag ?
     * marks a backup without a row. A letter is the first one of a state other than verified; x is expired.
     */
    @ParameterizedTest(name = "{3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | app:30h wiki:40h            | wiki:40h                     | chooses the least recently checked backup",
                "2 | app:30h wiki:40h            | wiki:40h app:30h             | least recently checked first",
                "9 | app:30h wiki:40h            | wiki:40h app:30h             | fewer backups than requested",
                "0 | app:30h                     | ''                           | no backup requested",
                "2 | app:50h app:30h wiki:40h    | app:50h wiki:40h             | two backups of one service, not one of each",
                "2 | app:50h app:45h wiki:40h    | app:50h app:45h              | one service may get all places",
                "9 | ''                          | ''                           | an empty store",
                "9 | app:20h                     | app:20h                      | checked exactly 20 hours ago: due",
                "9 | app:1199m                   | ''                           | one minute less: not due",
                "1 | wiki:30h app:30h            | app:30h                      | equal times: the path decides",
                "3 | c:30h a:30h b:30h           | a:30h b:30h c:30h            | equal times: the path decides, not the input order",
                "2 | app:90h wiki:30h:?          | wiki:30h:? app:90h           | a backup without a row comes first",
                "2 | app:30h:? wiki:40h:? c:90h  | wiki:40h:? app:30h:?         | without rows: the oldest first",
                "9 | wiki:2h:?                   | ''                           | without a row, two hours old: not due",
                "9 | app:30h:x                   | ''                           | expired, file not deleted yet",
                "2 | app:30h:x wiki:25h          | wiki:25h                     | an expired backup takes no place",
                "1 | app:30h:m wiki:40h          | wiki:40h                     | never verified: no priority",
                "1 | app:40h:f wiki:30h          | app:40h:f                    | retries a failed verification",
                "1 | app:40h:u wiki:30h          | app:40h:u                    | retries an inconclusive verification",
                "1 | app:30h:f wiki:40h          | wiki:40h                     | a failed verification has no priority",
                "9 | app:50h:= app:30h:=         | app:30h:=                    | a shared file is verified once",
                "9 | app:50h:= app:2h:=          | ''                           | a shared file was checked lately",
                "9 | app:50h:= app:30h:f=        | app:50h:=                    | a failed verification hides no other of the file",
                "9 | app:50h:f= app:30h:f=       | app:30h:f=                   | all of a file have failed",
                "9 | app:50h:= app:2h            | app:50h:=                    | a file of its own is no shared one",
                "9 | app:50h:= wiki:2h:=         | app:50h:=                    | two services share no file",
                "9 | app:50h:= app:2h:x=         | app:50h:=                    | an expired backup hides no other",
                "2 | _base:50h _globals:40h a:30h | _base:50h _globals:40h      | base backups and globals are treated like other backups"
            })
    void chooses(int count, String stored, String chosen, String sentence) throws Exception {
        List<Named> backups = backups(stored);

        List<StoredBackupStatus> first = first(count, backups);

        assertThat(first.stream().map(one -> name(one, backups)).collect(Collectors.joining(" ")))
                .as(sentence)
                .isEqualTo(chosen);
    }

    @Test
    void doesNotReadAHeldService() throws Exception {
        List<Named> backups = backups("app:90h wiki:30h");

        List<StoredBackupStatus> first = ReverificationOrder.first(
                9,
                List.of("app", "wiki"),
                "app"::equals,
                service -> {
                    assertThat(service).isEqualTo("wiki");
                    return candidates(service, backups);
                },
                NOW);

        assertThat(first).containsExactly(backups.get(1).backup());
    }

    @Test
    void aRowWithoutAFileIsNoBackupToVerify() throws Exception {
        Set<UUID> inJournal = Set.of(UUID.randomUUID());

        assertThat(ReverificationOrder.first(
                        9,
                        List.of("app"),
                        service -> false,
                        service -> new ReverificationOrder.Candidates(List.of(), inJournal, backup -> Optional.empty()),
                        NOW))
                .isEmpty();
    }

    /** The verification itself detects a missing or damaged file. It also checks pinned backups. */
    @Test
    void aMissingFileAndAPinExcludeNoBackup() throws Exception {
        Instant at = NOW.minus(Duration.ofHours(30));
        StoredBackupStatus missing = Stored.holding("app", at, Standing.DAMAGED, 100, Optional.empty());
        StoredBackupStatus pinned = Stored.holding("wiki", at, Standing.VERIFIED, 100, Optional.of("before an update"));

        assertThat(first(9, List.of(known(missing), known(pinned)))).containsExactly(missing, pinned);
    }

    @ParameterizedTest(name = "{5}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "30 | 40 | 50 | 60 | 30 | the journal's row",
                "30 | 21 | 50 | 60 | 30 | the journal's row, even if older than its verification",
                "-  | 30 | 50 | 60 | 30 | row of an older version, no time: the last verification",
                "-  | -  | 50 | 60 | 50 | never verified: time of completion",
                "-  | -  | -  | 60 | 60 | completion unknown: start time"
            })
    void itsAgeIsThatOf(
            @Nullable Integer row,
            @Nullable Integer verified,
            @Nullable Integer finished,
            int begun,
            int age,
            String sentence)
            throws Exception {
        Backup backup =
                backup("app", ago(verified), ago(finished), NOW.minus(Duration.ofHours(begun)), BackupState.VERIFIED);
        StoredBackupStatus stored = new StoredBackupStatus(backup, Standing.VERIFIED, Optional.empty(), ago(row));
        Instant checked = NOW.minus(Duration.ofHours(age));
        StoredBackupStatus older =
                Stored.holding("older", checked.minusSeconds(1), Standing.VERIFIED, 1, Optional.empty());
        StoredBackupStatus younger =
                Stored.holding("younger", checked.plusSeconds(1), Standing.VERIFIED, 1, Optional.empty());

        assertThat(first(9, List.of(known(younger), known(stored), known(older))))
                .as(sentence)
                .containsExactly(older, stored, younger);
    }

    @Test
    void ordersBackupsCheckedAtTheSameMomentByPath() throws Exception {
        Optional<Instant> checked = ago(30);
        StoredBackupStatus first = new StoredBackupStatus(
                backup("app", checked, checked, NOW.minus(Duration.ofHours(60)), BackupState.VERIFIED),
                Standing.VERIFIED,
                Optional.empty(),
                checked);
        StoredBackupStatus second = new StoredBackupStatus(
                backup("app", checked, checked, NOW.minus(Duration.ofHours(50)), BackupState.VERIFIED),
                Standing.VERIFIED,
                Optional.empty(),
                checked);

        assertThat(first(2, List.of(known(second), known(first)))).containsExactly(first, second);
    }

    @Test
    void anUnreadableServiceFailsTheWholeChoice() {
        assertThatThrownBy(() -> ReverificationOrder.first(
                        9,
                        List.of("app"),
                        service -> false,
                        service -> {
                            throw new AccessDeniedException(service);
                        },
                        NOW))
                .isInstanceOf(AccessDeniedException.class);
    }

    @Test
    void invariantsHoldForRandomStores() throws Exception {
        Random random = new Random(20260630);
        int chosen = 0;
        for (int i = 0; i < STORES; i++) {
            List<Named> backups = store(random);
            List<StoredBackupStatus> all = first(1000, backups);
            int count = random.nextInt(6);
            List<Named> shuffled = new ArrayList<>(backups);
            Collections.shuffle(shuffled, random);
            String store = "store " + i + ": " + backups;

            assertThat(new HashSet<>(all)).as(store).hasSameSizeAs(all);
            assertThat(first(1000, shuffled)).as(store + ", in another order").isEqualTo(all);
            assertThat(first(count, backups))
                    .as(store + ", the first " + count)
                    .isEqualTo(all.subList(0, Math.min(count, all.size())));
            assertThat(all).as(store).allSatisfy(one -> {
                assertThat(one.backup().state()).isNotEqualTo(BackupState.EXPIRED);
                assertThat(one.saidAt().or(one.backup().times()::finishedAt).orElseThrow())
                        .isBeforeOrEqualTo(NOW.minus(ReverificationOrder.FRESH));
            });
            chosen += all.size();
        }
        assertThat(chosen).as("the random stores contain due backups").isGreaterThan(STORES);
    }

    private record Named(String name, StoredBackupStatus backup, boolean isInJournal) {}

    private static List<StoredBackupStatus> first(int count, List<Named> backups) throws SQLException, IOException {
        List<String> services =
                backups.stream().map(one -> one.backup().service()).distinct().toList();
        return ReverificationOrder.first(
                count, services, service -> false, service -> candidates(service, backups), NOW);
    }

    private static ReverificationOrder.Candidates candidates(String service, List<Named> backups) {
        List<Named> own = backups.stream()
                .filter(one -> one.backup().service().equals(service))
                .toList();
        return new ReverificationOrder.Candidates(
                own.stream().map(Named::backup).toList(),
                own.stream()
                        .filter(Named::isInJournal)
                        .map(one -> one.backup().backup().identity().eventId())
                        .collect(Collectors.toSet()),
                backup -> name(backup, own).endsWith("=") ? Optional.of("the shared file") : Optional.empty());
    }

    private static Named known(StoredBackupStatus backup) {
        return new Named(backup.id(), backup, true);
    }

    private static String name(StoredBackupStatus backup, List<Named> backups) {
        return backups.stream()
                .filter(named -> named.backup().equals(backup))
                .findFirst()
                .orElseThrow()
                .name();
    }

    private static List<Named> backups(String written) {
        return Arrays.stream(written.split(" "))
                .filter(name -> !name.isEmpty())
                .map(ReverificationOrderTest::named)
                .toList();
    }

    private static Named named(String name) {
        String[] parts = name.split(":", -1);
        Instant checked = NOW.minus(Duration.parse("PT" + parts[1]));
        String flag = parts.length > 2 ? parts[2] : "";
        return flag.equals("?")
                ? new Named(name, holding(parts[0], checked, BackupState.MADE, Optional.empty()), false)
                : new Named(name, holding(parts[0], checked, state(flag), Optional.of(checked)), true);
    }

    private static BackupState state(String flag) {
        return switch (flag) {
            case "", "=" -> BackupState.VERIFIED;
            case "m" -> BackupState.MADE;
            case "f", "f=" -> BackupState.FAILED;
            case "u" -> BackupState.UNVERIFIABLE;
            case "x", "x=" -> BackupState.EXPIRED;
            default -> throw new IllegalArgumentException(flag);
        };
    }

    private static StoredBackupStatus holding(String service, Instant whole, BackupState state, Optional<Instant> row) {
        Backup backup = backup(service, Optional.empty(), Optional.of(whole), whole.minusSeconds(60), state);
        return new StoredBackupStatus(backup, Standing.of(state, false), Optional.empty(), row);
    }

    private static Backup backup(
            String service, Optional<Instant> verified, Optional<Instant> finished, Instant begun, BackupState state) {
        String id = service + "-" + begun;
        return new Backup(
                new Backup.Identity(id, UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)), ""),
                new Backup.Source(service, service, BackupKind.DUMP, "15.0"),
                new Backup.Times(begun, finished, Duration.ofSeconds(60)),
                new Backup.File(Optional.of(service + "/" + id + ".dump.zst"), 25, 100, "00"),
                new Backup.Verification(verified, Duration.ZERO, false),
                new Backup.Result(state, "", List.of()));
    }

    private static Optional<Instant> ago(@Nullable Integer hours) {
        return Optional.ofNullable(hours).map(Duration::ofHours).map(NOW::minus);
    }

    /** Returns random backups. Some are fresh, some are expired, some have no row. */
    private static List<Named> store(Random random) {
        List<Named> backups = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = random.nextInt(20); i > 0; i--) {
            String flag = FLAGS.get(random.nextInt(FLAGS.size()));
            String name = SERVICES.get(random.nextInt(SERVICES.size())) + ":" + random.nextInt(60) + "h";
            if (names.add(name)) {
                backups.add(named(name + flag));
            }
        }
        return backups;
    }
}

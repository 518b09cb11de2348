package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Looks.NOON;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Inodes;
import org.pgsteward.model.Severity;

@Tag("fast")
class HostRulesTest {
    @Test
    void fillingDiskFiresWithTheRemainingTime() {
        HostWatch watch = watch(new DiskRule(), "85%", "95%");
        watch.judge(Looks.host(NOON, 30));

        Condition condition = bad(watch, Looks.host(NOON.plus(Duration.ofHours(4)), 10));

        assertThat(condition.key()).isEqualTo("disk-filling:/backups");
        assertThat(condition.reason())
                .isEqualTo("the disk of /backups (backups, state) is 90% full: 10 MiB of 100 MiB free; at the rate"
                        + " of the last hours it is full in 2 h; alert from 85% on");
        assertThat(condition.remedy()).startsWith("df -h '/backups'\n");
    }

    @Test
    void lastReadingOfTheStoresDiskIsKept() {
        Watches watches = new Watches(ThresholdsFile.read(Optional.empty(), Map.of()));
        assertThat(watches.storeDisk(NOON)).isEmpty();

        watches.host().judge(Looks.host(NOON, 30));
        watches.host().judge(Looks.host(NOON.plusSeconds(60), 29));

        assertThat(watches.storeDisk(NOON)).map(HostObservation.Disk::freeBytes).contains(29L << 20);
        assertThat(watches.storeDisk(NOON.plusSeconds(61))).isEmpty();
    }

    @Test
    void probeReadsTheSpaceOfTheStoresDisk(@TempDir Path folder) {
        HostObservation.Disk disk = new DiskProbe(Map.of(DiskProbe.STORE, folder.resolve("not/yet")))
                .store()
                .orElseThrow();
        assertThat(disk.holds()).containsExactly(DiskProbe.STORE);
        assertThat(disk.freeBytes()).isBetween(1L, disk.totalBytes());
    }

    @ParameterizedTest
    @CsvSource({
        "85%, 95%, 30, 10, critical", // full in 2 h
        "85%, 95%, 12, 10, warning", // full in 20 h
        "85%, off, 30, 10, warning", // critical alerts are off
        "85%, 95%, 60, 20, none" // full in 2 h, but a fifth is free
    })
    void diskThatIsFullWithinTwelveHoursIsCritical(
            String warn, String critical, long freeBefore, long freeNow, String severity) {
        HostWatch watch = watch(new DiskRule(), warn, critical);
        watch.judge(Looks.host(NOON, freeBefore));

        assertThat(watch.judge(Looks.host(NOON.plus(Duration.ofHours(4)), freeNow)).conditions().stream()
                        .flatMap(condition -> condition.severity().stream())
                        .map(Severity::word)
                        .findFirst()
                        .orElse("none"))
                .isEqualTo(severity);
    }

    @Test
    void fullPostgresqlDiskNamesLargeFilesAndNoBackups() {
        HostObservation.Disk disk = new HostObservation.Disk(
                "/var/lib/postgresql/data", List.of(DiskProbe.POSTGRES_DATA), 100, 4, Optional.empty());

        Condition condition = bad(
                watch(new DiskRule(), "85%", "95%"),
                new HostObservation(NOON, List.of(disk), Optional.empty(), "", 0, Map.of(), Optional.empty()));

        assertThat(condition.severity()).contains(Severity.CRITICAL);
        assertThat(condition.reason())
                .startsWith("the disk of /var/lib/postgresql/data (PostgreSQL's data) is 96% full");
        assertThat(condition.remedy()).isEqualTo("""
                        df -h '/var/lib/postgresql/data'
                        pgsteward status   # lists the sizes of databases; PostgreSQL stops when its disk is full, and needs some 20 MB to start
                        docker system df   # lists Docker data; volumes hold databases, so remove none that you do not know""");
    }

    @Test
    void diskWithoutInodesFiresDespiteFreeSpace() {
        HostObservation.Disk disk = new HostObservation.Disk(
                "/backups",
                List.of("backups", DiskProbe.POSTGRES_DATA),
                100,
                50,
                Optional.of(new Inodes(98_304, 4000)));

        Condition condition = bad(
                watch(new DiskRule(), "85%", "95%"),
                new HostObservation(NOON, List.of(disk), Optional.empty(), "", 0, Map.of(), Optional.empty()));

        assertThat(condition.reason())
                .startsWith("the disk of /backups (backups, PostgreSQL's data) has used 96% of its files (inodes): 4000"
                        + " of 98304 are left, regardless of the free space");
        assertThat(condition.remedy()).isEqualTo("""
                        df -i '/backups'
                        du --inodes -x -d 1 '/backups' | sort -n | tail
                        pgsteward backups   # lists the backups; PGSTEWARD_BACKUP_KEEP is the retention policy
                        docker system df   # lists Docker data; volumes hold databases, so remove none that you do not know
                        # PostgreSQL stops when it cannot create a file; each table and each index has one or more""");
    }

    @Test
    void foldersOnOneDiskAreOneDisk(@TempDir Path folder) throws IOException {
        Map<String, Path> folders = new LinkedHashMap<>();
        folders.put("backups", folder.resolve("not/made/yet"));
        folders.put(DiskProbe.POSTGRES_DATA, folder);

        assertThat(new DiskProbe(folders).read()).singleElement().satisfies(disk -> {
            assertThat(disk.path()).isEqualTo(folder.resolve("not/made/yet").toString());
            assertThat(disk.holds()).containsExactly("backups", "PostgreSQL's data");
            assertThat(disk.freeBytes()).isBetween(1L, disk.totalBytes());
        });
    }

    @Test
    void fullDiskThatDoesNotGrowFiresWithoutATime() {
        HostWatch watch = watch(new DiskRule(), "85%", "95%");
        watch.judge(Looks.host(NOON, 10));

        assertThat(bad(watch, Looks.host(NOON.plus(Duration.ofHours(4)), 10)).reason())
                .doesNotContain("at the rate");
    }

    @Test
    void silentFeedFires() {
        HostWatch watch = watch(new FeedRule(), "5m", "1h");
        HostObservation stale = new HostObservation(
                NOON,
                List.of(),
                Optional.of(NOON.minusSeconds(400)),
                "connection refused",
                0,
                Map.of(),
                Optional.empty());

        assertThat(bad(watch, stale).reason())
                .startsWith("pgsteward has received no events from Docker for 6 min 40 s (connection refused)");
        assertThat(watch.judge(Looks.host(NOON, 50)).conditions())
                .singleElement()
                .satisfies(over -> assertThat(over.severity()).isEmpty());
    }

    @Test
    void eachReceiverWithItsOwnQueueIsASubject() {
        HostWatch watch = watch(new OutboxRule(), "20", "off");
        HostObservation look = new HostObservation(
                NOON, List.of(), Optional.empty(), "", 0, Map.of("email", 3, "webhook", 20), Optional.empty());

        MetricWatch.Judged judged = watch.judge(look);

        assertThat(judged.subjects()).containsExactlyInAnyOrder("outbox-growing:email", "outbox-growing:webhook");
        assertThat(judged.conditions())
                .filteredOn(condition -> condition.severity().isPresent())
                .extracting(Condition::reason)
                .containsExactly("20 notifications wait for receiver webhook; none is lost; alert from 20 on");
    }

    @Test
    void aNewerImageThatIsNotInUseIsForInformation() {
        HostWatch watch = watch(new ImageRule(), "1", "off");

        Condition condition = bad(watch, image(Optional.of(new HostObservation.Image("postgres:15-alpine", true))));

        assertThat(condition.severity()).contains(Severity.INFO);
        assertThat(condition.key()).isEqualTo("image-newer:postgresql");
        assertThat(condition.reason()).startsWith("another image postgres:15-alpine was pulled");
        assertThat(watch.judge(image(Optional.empty())).conditions())
                .as("engine reports no image: alert does not resolve")
                .isEmpty();
        assertThat(watch.judge(image(Optional.of(new HostObservation.Image("postgres:15-alpine", false))))
                        .conditions())
                .singleElement()
                .satisfies(over -> assertThat(over.severity()).isEmpty());
    }

    private static HostObservation image(Optional<HostObservation.Image> image) {
        return new HostObservation(NOON, List.of(), Optional.empty(), "", 0, Map.of(), image);
    }

    private static Condition bad(HostWatch watch, HostObservation look) {
        List<Condition> bad = watch.judge(look).conditions().stream()
                .filter(condition -> condition.severity().isPresent())
                .toList();
        assertThat(bad).hasSize(1);
        return bad.get(0);
    }

    private static HostWatch watch(MetricRule<HostObservation> rule, String warn, String critical) {
        rule.use(WrittenLevels.of(warn, critical));
        HostWatch watch = new HostWatch();
        watch.use(List.of(rule));
        return watch;
    }
}

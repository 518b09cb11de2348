package org.pgsteward.monitor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.model.Inodes;
import org.pgsteward.model.Size;

/**
 * Reports disks with backups, state or PostgreSQL's data that are nearly full, in bytes or in inodes. Estimates from
 * the last day when they will be full; less than twelve hours are critical.
 */
final class DiskRule extends MetricRule<HostObservation> {
    /** The shortest time from which the days to come can be estimated. */
    private static final Duration ENOUGH = Duration.ofHours(2);

    /** A disk that is full before the next working day begins cannot wait for it. */
    private static final Duration URGENT = Duration.ofHours(12);

    private static final String KEPT =
            "pgsteward backups   # lists the backups; PGSTEWARD_BACKUP_KEEP is the retention policy";

    DiskRule() {
        super("disk-filling", Unit.PERCENT);
    }

    @Override
    List<Finding> look(HostObservation now, List<HostObservation> past) {
        return now.disks().stream()
                .filter(disk -> disk.totalBytes() > 0)
                .map(disk -> finding(now, disk, past))
                .toList();
    }

    private static Finding finding(HostObservation now, HostObservation.Disk disk, List<HostObservation> past) {
        double percent = percent(disk.freeBytes(), disk.totalBytes());
        double ofFiles = disk.inodes()
                .map(inodes -> percent(inodes.free(), inodes.total()))
                .orElse(0.0);
        return ofFiles > percent
                ? finding(disk, disk.inodes().orElseThrow(), ofFiles)
                : finding(now, disk, percent, past);
    }

    private static double percent(long free, long total) {
        return 100.0 * (total - free) / total;
    }

    private static Finding finding(HostObservation.Disk disk, Inodes inodes, double percent) {
        String says = "the disk of " + disk.path() + " (" + String.join(", ", disk.holds()) + ") has used "
                + Unit.PERCENT.words(percent) + " of its files (inodes): " + inodes.free() + " of " + inodes.total()
                + " are left, regardless of the free space";
        return new Finding(
                disk.path(),
                percent,
                says,
                remedyForFiles(disk),
                Map.of("freeFiles", inodes.free(), "totalFiles", inodes.total()));
    }

    private static Finding finding(
            HostObservation now, HostObservation.Disk disk, double percent, List<HostObservation> past) {
        Optional<Double> untilFull = untilFull(now, disk, past);
        String says = "the disk of " + disk.path() + " (" + String.join(", ", disk.holds()) + ") is "
                + Unit.PERCENT.words(percent) + " full: " + Size.words(disk.freeBytes()) + " of "
                + Size.words(disk.totalBytes()) + " free"
                + untilFull
                        .map(left -> "; at the rate of the last hours it is full in " + Unit.TIME.words(left))
                        .orElse("");
        return new Finding(
                disk.path(),
                percent,
                says,
                remedyForSpace(disk),
                Map.of("freeBytes", disk.freeBytes(), "totalBytes", disk.totalBytes()),
                untilFull.filter(left -> left < URGENT.toSeconds()).isPresent());
    }

    private static String remedyForSpace(HostObservation.Disk disk) {
        String path = Console.word(disk.path());
        List<String> lines = new ArrayList<>(List.of("df -h " + path));
        if (hasOurFolders(disk)) {
            lines.add("du -xh -d 1 " + path + " | sort -h | tail");
            lines.add(KEPT);
        }
        if (hasPostgres(disk)) {
            lines.add(
                    "pgsteward status   # lists the sizes of databases; PostgreSQL stops when its disk is full, and needs some 20 MB to start");
            lines.add(
                    "docker system df   # lists Docker data; volumes hold databases, so remove none that you do not know");
        }
        return String.join("\n", lines);
    }

    private static String remedyForFiles(HostObservation.Disk disk) {
        String path = Console.word(disk.path());
        List<String> lines = new ArrayList<>(List.of("df -i " + path));
        if (hasOurFolders(disk)) {
            lines.add("du --inodes -x -d 1 " + path + " | sort -n | tail");
            lines.add(KEPT);
        }
        lines.add(
                "docker system df   # lists Docker data; volumes hold databases, so remove none that you do not know");
        if (hasPostgres(disk)) {
            lines.add("# PostgreSQL stops when it cannot create a file; each table and each index has one or more");
        }
        return String.join("\n", lines);
    }

    private static boolean hasOurFolders(HostObservation.Disk disk) {
        return !disk.holds().equals(List.of(DiskProbe.POSTGRES_DATA));
    }

    private static boolean hasPostgres(HostObservation.Disk disk) {
        return disk.holds().contains(DiskProbe.POSTGRES_DATA);
    }

    /** Returns the time in seconds; empty while the free space does not shrink. */
    private static Optional<Double> untilFull(
            HostObservation now, HostObservation.Disk disk, List<HostObservation> past) {
        return past.stream()
                .filter(look -> !look.at().plus(ENOUGH).isAfter(now.at()))
                .findFirst()
                .flatMap(look -> look.disks().stream()
                        .filter(then -> then.path().equals(disk.path()) && then.freeBytes() > disk.freeBytes())
                        .findFirst()
                        .map(then -> (double) disk.freeBytes()
                                / (then.freeBytes() - disk.freeBytes())
                                * Duration.between(look.at(), now.at()).toSeconds()));
    }
}

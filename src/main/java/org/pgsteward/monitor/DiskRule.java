package org.pgsteward.monitor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How full the disks are on which backups, state and PostgreSQL's data lie, and when they will be by what the last day saw. */
public final class DiskRule extends FigureRule<HostLook> {
    /** What happened within less says nothing of the days to come. */
    private static final Duration ENOUGH = Duration.ofHours(2);

    public DiskRule() {
        super("disk-filling", Unit.PERCENT);
    }

    @Override
    List<Finding> look(HostLook now, List<HostLook> past) {
        return now.disks().stream()
                .filter(disk -> disk.totalBytes() > 0)
                .map(disk -> finding(now, disk, past))
                .toList();
    }

    private static Finding finding(HostLook now, HostLook.Disk disk, List<HostLook> past) {
        long used = disk.totalBytes() - disk.freeBytes();
        double percent = 100.0 * used / disk.totalBytes();
        String says = "the disk of " + disk.path() + " (" + String.join(", ", disk.holds()) + ") is full to "
                + Unit.PERCENT.words(percent) + ": " + Size.words(disk.freeBytes()) + " of "
                + Size.words(disk.totalBytes()) + " free"
                + untilFull(now, disk, past)
                        .map(left -> ", and at the pace of the last hours nothing in " + Unit.TIME.words(left))
                        .orElse("");
        return new Finding(
                disk.path(),
                percent,
                says,
                remedy(disk),
                Map.of("freeBytes", disk.freeBytes(), "totalBytes", disk.totalBytes()));
    }

    private static String remedy(HostLook.Disk disk) {
        String path = Console.word(disk.path());
        List<String> lines = new ArrayList<>(List.of("df -h " + path));
        if (!disk.holds().equals(List.of(DiskProbe.POSTGRES_DATA))) {
            lines.add("du -xh -d 1 " + path + " | sort -h | tail");
            lines.add("pgsteward backups   # what is kept and why; PGSTEWARD_BACKUP_KEEP says how much");
        }
        if (disk.holds().contains(DiskProbe.POSTGRES_DATA)) {
            lines.add("pgsteward status   # how large each database is; PostgreSQL stops when its disk is full");
            lines.add(
                    "docker system df   # what Docker has that can go; a PostgreSQL that has stopped needs some 20 MB to start");
        }
        return String.join("\n", lines);
    }

    /** Seconds; empty while it does not shrink. */
    private static Optional<Double> untilFull(HostLook now, HostLook.Disk disk, List<HostLook> past) {
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

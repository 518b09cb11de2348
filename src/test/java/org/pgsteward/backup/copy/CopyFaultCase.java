package org.pgsteward.backup.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.pgsteward.backup.copy.CopyFault.Kind;
import org.pgsteward.backup.copy.ends.FaultyLink.Way;

/**
 * One seeded case: everything about it derives from its seed.
 *
 * @param backups the number of backups that the target gets
 * @param before the number of these that it has before the fault
 * @param moment when the fault begins, and how hard it is
 */
record CopyFaultCase(long seed, Kind kind, CopyFault fault, int backups, int before, Moment moment) {
    /** Backups of the host that all cases share. */
    static final int MOST_BACKUPS = 3;

    /**
     * The moment and the strength of a fault.
     *
     * @param step the operation of the place before which it begins, counted from 1
     * @param bytes that still pass, or fit on the disk
     * @param way of the bytes
     * @param passes that run while it lasts
     * @param variant chooses between the forms of a fault
     * @param millis between the step and the kill of a process
     */
    record Moment(int step, int bytes, Way way, int passes, int variant, int millis) {}

    private record Pair(Kind kind, CopyFault fault) {}

    /** Begins with one case of each fault, so that a short run has them all. */
    private static final List<Pair> PAIRS = pairs();

    private static List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        for (int turn = 0; turn < Kind.values().length; turn++) {
            List<CopyFault> faults = List.of(CopyFault.values());
            for (CopyFault fault : faults) {
                List<Kind> kinds =
                        Stream.of(Kind.values()).filter(fault::concerns).toList();
                if (turn < kinds.size()) {
                    pairs.add(new Pair(kinds.get((faults.indexOf(fault) + turn) % kinds.size()), fault));
                }
            }
        }
        // Cases of a folder take a tenth of the time of the others.
        List<Pair> folders =
                pairs.stream().filter(pair -> pair.kind() == Kind.FOLDER).toList();
        pairs.addAll(folders);
        pairs.addAll(folders);
        pairs.addAll(folders);
        return List.copyOf(pairs);
    }

    /** Derives a case. */
    static CopyFaultCase of(long seed) {
        Pair pair = PAIRS.get((int) Math.floorMod(seed, (long) PAIRS.size()));
        // Neighbouring seeds of java.util.Random begin with similar numbers.
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        random.nextLong();
        // Each operation of a program takes a third of a second.
        int most = pair.kind() == Kind.FOLDER || random.nextInt(4) == 0 ? MOST_BACKUPS : 1;
        int backups = 1 + random.nextInt(most);
        int before = random.nextInt(backups);
        // An outage after the last backup would begin too late. Two more operations send RECOVERY.md.
        int operations = 1 + 2 * (backups - before) + (pair.fault() == CopyFault.PROCESS_KILLED ? 2 : 0);
        Moment moment = new Moment(
                1 + random.nextInt(operations),
                random.nextInt(200_000),
                random.nextInt(3) == 0 ? Way.DOWN : Way.UP,
                1 + random.nextInt(3),
                random.nextInt(1000),
                random.nextInt(120));
        return new CopyFaultCase(seed, pair.kind(), pair.fault(), backups, before, moment);
    }

    /** Returns the name of its target, which no other case has. */
    String target() {
        return "t" + seed;
    }

    /** Chooses one of several forms of the fault. */
    int variant(int of) {
        return moment.variant() % of;
    }

    @Override
    public String toString() {
        return "-Dcopy.fault.seed=" + seed + ": " + kind.name().toLowerCase(Locale.ROOT) + ", " + fault.words() + "; "
                + before + " of " + backups + " backups are there before; operation " + moment.step() + ", "
                + moment.bytes() + " bytes " + moment.way() + ", " + moment.passes() + " passes, variant "
                + moment.variant() + ", " + moment.millis() + " ms";
    }
}

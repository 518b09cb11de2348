package org.pgsteward.alert;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Names of the files in {@link Outbox}: {@code <milliseconds>-<sequence>-<id>.json}, in a folder with the receiver's name.
 * They sort in the order in which the notices were put. Not for many threads.
 */
final class NotificationFileNames {
    private static final Pattern NAME = Pattern.compile("([0-9]{13})-([0-9]{6})-[A-Za-z0-9._-]+\\.json");

    private static final String FIRST = "0000000000000-000000";

    private final Clock clock;
    private long lastMillis;
    private int sequence;

    NotificationFileNames(Clock clock) {
        this.clock = clock;
    }

    /**
     * Returns the next name. It sorts after the previous one of this process and after the files that wait, which another
     * process may have put, even if the clock was set back.
     *
     * @param id of the notice, from {@link #idOf}
     * @param waiting files of the same receiver, sorted
     */
    String next(String id, List<Path> waiting) {
        String newest = waiting.isEmpty() ? FIRST : name(waiting.get(waiting.size() - 1));
        long newestMillis = millis(newest);
        long now = Math.max(Math.max(clock.millis(), lastMillis), newestMillis);
        sequence = now == lastMillis ? sequence + 1 : 0;
        if (now == newestMillis) {
            sequence = Math.max(sequence, Integer.parseInt(newest.substring(14, 20)) + 1);
        }
        lastMillis = now;
        return String.format("%013d-%06d-%s.json", now, sequence, id);
    }

    /** Returns a notice's id with each character replaced that a file's name must not have. */
    static String idOf(String notice) {
        return notice.replaceAll("[^A-Za-z0-9._-]", "_");
    }

    static boolean isNotice(Path file) {
        return NAME.matcher(name(file)).matches();
    }

    /** Returns the notice's id, as {@link #idOf} made it. */
    static String id(Path file) {
        String name = name(file);
        return name.substring(FIRST.length() + 1, name.length() - ".json".length());
    }

    static Instant putAt(Path file) {
        return Instant.ofEpochMilli(millis(name(file)));
    }

    static String receiver(Path file) {
        return file.getName(file.getNameCount() - 2).toString();
    }

    private static long millis(String name) {
        return Long.parseLong(name.substring(0, 13));
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }
}

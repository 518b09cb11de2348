package org.pgsteward.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.store.BackupSet;

/**
 * Lines about the backups that are missing from a set. Backups that were not wanted share one line for each reason: a
 * backup of one database lacks all others. Pure.
 */
final class SetMissing {
    /** Limit of the names in that line. */
    private static final int MOST_NAMES = 3;

    private SetMissing() {}

    static List<String> lines(List<BackupSet.Missing> missing) {
        List<String> lines = new ArrayList<>();
        for (BackupSet.Missing one : missing) {
            if (isWanted(one)) {
                lines.add("missing: " + name(one) + ": " + OneLine.of(one.reason(), 500));
            }
        }
        for (String why : List.of(BackupSet.NOT_ASKED, BackupSet.NOT_DUE)) {
            List<BackupSet.Missing> others =
                    missing.stream().filter(one -> is(one, why)).toList();
            if (!others.isEmpty()) {
                lines.add(why + ": " + others.size() + " (" + names(others) + ")");
            }
        }
        return lines;
    }

    /** Returns the number of wanted backups that are missing. */
    static long count(List<BackupSet.Missing> missing) {
        return missing.stream().filter(SetMissing::isWanted).count();
    }

    private static boolean isWanted(BackupSet.Missing one) {
        return !is(one, BackupSet.NOT_ASKED) && !is(one, BackupSet.NOT_DUE);
    }

    private static boolean is(BackupSet.Missing one, String why) {
        return one.reason().startsWith(why + "; ");
    }

    private static String names(List<BackupSet.Missing> others) {
        String names = others.stream()
                .limit(MOST_NAMES)
                .map(one -> OneLine.of(one.service(), 60))
                .collect(Collectors.joining(", "));
        int more = others.size() - MOST_NAMES;
        return more > 0 ? names + " and " + more + " more" : names;
    }

    private static String name(BackupSet.Missing one) {
        return OneLine.of(one.service(), 60) + " (" + one.kind() + ")";
    }
}

package org.pgsteward.overview;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.copy.CopyAlerts;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.model.Count;
import org.pgsteward.model.Elapsed;

/** The words about copies, for the page and for commands. */
public final class CopyTexts {
    private static final Set<String> KINDS = Set.of(CopyAlerts.DAMAGED, CopyAlerts.OVERDUE, CopyAlerts.FAILED);

    private CopyTexts() {}

    /** Returns the name of a target in front of its words. */
    public static String name(CopyStatus status) {
        return "Copies at " + OneLine.of(status.target(), 40);
    }

    /** Returns the state of a target, such as {@code complete to 7 h ago, 3 of 40 verified there}. */
    public static String words(CopyStatus status, Overview overview) {
        long there = there(status);
        if (there == 0) {
            return "none yet" + firing(status, overview);
        }
        String complete = status.newestCompleteSet()
                .map(at -> "complete to " + ago(at, overview))
                .orElse("no complete set yet");
        long damaged = status.count("failed");
        return complete + ", " + status.count("verified") + " of " + there + " verified there"
                + (damaged > 0 ? ", " + Count.words(damaged, "backup") + " failed" : "") + firing(status, overview);
    }

    private static long there(CopyStatus status) {
        return status.count("there") + status.count("verified") + status.count("retained");
    }

    private static String firing(CopyStatus status, Overview overview) {
        List<String> kinds = overview.firing().stream()
                .filter(alert -> isAbout(status.target(), alert))
                .map(alert -> alert.kind().substring("copy-".length()))
                .sorted()
                .toList();
        return kinds.isEmpty() ? "" : "; " + String.join(", ", kinds);
    }

    private static boolean isAbout(String target, Alert alert) {
        return KINDS.contains(alert.kind()) && alert.service().equals(target);
    }

    /** Returns whether an alert about a target fires. */
    public static boolean isTrouble(CopyStatus status, Overview overview) {
        return overview.firing().stream().anyMatch(alert -> isAbout(status.target(), alert));
    }

    /**
     * Returns the number of targets that have the newest verified backup of a service, such as {@code 2 copies} or {@code 1 of
     * 2 copies}; empty without targets.
     */
    public static Optional<String> count(Overview.Service service, Overview overview) {
        List<CopyStatus> targets = overview.host().copies();
        return service.restorableTo().filter(newest -> !targets.isEmpty()).map(newest -> {
            long have = targets.stream()
                    .filter(status -> status.has(service.name(), newest))
                    .count();
            return have == targets.size()
                    ? have + (have == 1 ? " copy" : " copies")
                    : have + " of " + targets.size() + (targets.size() == 1 ? " copy" : " copies");
        });
    }

    /** Returns the copies of a service at each target, in words. */
    public static String details(Overview.Service service, Overview overview) {
        return overview.host().copies().stream()
                .map(status -> OneLine.of(status.target(), 40) + ": " + ofService(status, service.name(), overview))
                .collect(Collectors.joining("; "));
    }

    /** Returns the newest copy of a service at a target, such as {@code of 7 h ago, restored from there: of 3 days ago}. */
    public static String ofService(CopyStatus status, String service, Overview overview) {
        CopyStatus.OfService copies = status.services().get(service);
        if (copies == null || copies.newest().isEmpty()) {
            return "none";
        }
        return "of " + ago(copies.newest().get(), overview)
                + copies.newestVerified()
                        .map(at -> ", verified there: of " + ago(at, overview))
                        .orElse(", none verified there yet");
    }

    /** Returns a sentence about the copies of a target that leave this host without encryption. */
    public static List<String> exposed(Overview overview) {
        return overview.host().exposed().values().stream().sorted().toList();
    }

    private static String ago(Instant at, Overview overview) {
        Duration age = overview.age(at);
        return Elapsed.roughly(age) + " ago";
    }
}

package org.pgsteward.web;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.alert.Incident;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.schedule.NextBackups;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Size;
import org.pgsteward.overview.CopyTexts;
import org.pgsteward.overview.Overview;

/** The state beside that of the services as values of a template. The template escapes them. */
final class HostTexts {
    private static final int NAME = 63;

    /** Limit of the cause of an incident that is over, in UTF-16 units. */
    private static final int CAUSE = 200;

    private final Overview overview;
    private final PageClock clock;

    HostTexts(Overview overview, PageClock clock) {
        this.overview = overview;
        this.clock = clock;
    }

    /** Returns the next backups, the size of the store and the space on its disk; those that are known. */
    List<Map<String, Object>> facts() {
        List<Map<String, Object>> facts = new ArrayList<>();
        NextBackups next = overview.host().next();
        next.earlier().ifPresent(one -> facts.add(due("Next backup", one.at(), name(one.service()) + ", ")));
        String usual = next.earlier().isPresent() ? "By the usual schedule" : "Next backup";
        next.usual().ifPresent(at -> facts.add(due(usual, at, "")));
        overview.storedBytes().ifPresent(bytes -> facts.add(fact("Backups in the store", Size.words(bytes))));
        overview.host()
                .storeDisk()
                .ifPresent(disk -> facts.add(fact(
                        "Free on the store's disk",
                        Size.words(disk.freeBytes()) + " of " + Size.words(disk.totalBytes()))));
        for (CopyStatus copies : overview.host().copies()) {
            String words = CopyTexts.words(copies, overview);
            facts.add(
                    CopyTexts.isTrouble(copies, overview)
                            ? Map.of("name", CopyTexts.name(copies), "words", words, "trouble", true)
                            : fact(CopyTexts.name(copies), words));
        }
        return facts;
    }

    private static String name(String service) {
        return service.equals(Targets.BASE) ? "base backup" : OneLine.of(service, NAME);
    }

    private Map<String, Object> due(String name, Instant at, String service) {
        return Map.of(
                "name",
                name,
                "due",
                clock.when(at),
                "machineDue",
                at.toString(),
                "words",
                service + "in " + Elapsed.roughly(Duration.between(overview.at(), at)));
    }

    private static Map<String, Object> fact(String name, String words) {
        return Map.of("name", name, "words", words);
    }

    /** Returns the newest incidents, those that fire included. */
    List<Map<String, Object>> incidents() {
        return overview.host().incidents().stream().map(this::incident).toList();
    }

    private Map<String, Object> incident(Incident incident) {
        Map<String, Object> words = new LinkedHashMap<>();
        words.put("at", clock.dayAndTime(incident.since()));
        words.put("machineAt", incident.since().toString());
        if (incident.until() == null) {
            words.put("fires", true);
        } else {
            words.put("lasted", Elapsed.roughly(Duration.between(incident.since(), incident.until())));
        }
        words.put("severity", incident.severity().word());
        if (incident.severity() != Severity.INFO) {
            words.put("sign", NoteTexts.sign(incident.severity()));
        }
        words.put("service", OneLine.of(incident.service(), NAME));
        words.put("kind", NoteTexts.kind(incident.kind()));
        words.put("cause", OneLine.of(incident.reason(), CAUSE));
        return words;
    }
}

package org.pgsteward.monitor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.model.Condition;

/**
 * Remembers each container's samples between two rounds, so that the rule sees them in a row. Of several containers of
 * one service, the worst counts. Safe for many threads.
 */
final class MemoryWatch {
    private volatile MemoryRule rule;
    private final Map<Subject, Watched> watched = new HashMap<>();

    MemoryWatch(MemoryRule rule) {
        this.rule = rule;
    }

    /** Uses this rule from now on. Earlier samples still count. */
    void use(MemoryRule next) {
        rule = next;
    }

    private record Subject(String service, String containerId) {
        static Subject of(MemorySample reading) {
            return new Subject(reading.service(), reading.container().id());
        }
    }

    private record Watched(Threshold.Track track, MemorySample last, int missed) {}

    /**
     * Judges one round of samples.
     *
     * @param round a reading of each running container
     * @return one condition for each service with a decision
     */
    public synchronized List<Condition> judge(List<MemorySample> round) {
        Map<String, List<Condition>> decided = new LinkedHashMap<>();
        Set<Subject> seen = new HashSet<>();
        for (MemorySample reading : round) {
            Subject subject = Subject.of(reading);
            seen.add(subject);
            Watched before = watched.get(subject);
            MemoryRule.Judged judged = rule.judge(reading, before == null ? Threshold.Track.START : before.track());
            watched.put(subject, new Watched(judged.track(), reading, 0));
            judged.condition().ifPresent(condition -> add(decided, condition));
        }
        Set<String> held = round.isEmpty() ? Set.of() : miss(seen, round.get(0), decided);
        return decided.values().stream()
                .map(conditions -> Collections.max(conditions, Condition.BY_SEVERITY))
                .filter(condition -> condition.severity().isPresent() || !held.contains(condition.service()))
                .toList();
    }

    private static void add(Map<String, List<Condition>> decided, Condition condition) {
        decided.computeIfAbsent(condition.service(), first -> new ArrayList<>()).add(condition);
    }

    /** Returns the bad conditions of this one round, as if they had lasted for long. The round is not remembered. */
    public List<Condition> glance(List<MemorySample> round) {
        List<Condition> conditions = new ArrayList<>();
        for (MemorySample reading : round) {
            MemoryRule.Judged judged = rule.judge(reading, Threshold.Track.START);
            for (int sample = 1; sample < rule.samples(); sample++) {
                judged = rule.judge(reading, judged.track());
            }
            judged.condition()
                    .filter(condition -> condition.severity().isPresent())
                    .ifPresent(conditions::add);
        }
        return conditions;
    }

    /**
     * Resolves the conditions of containers that no longer run, since they use no memory. This takes as many rounds as
     * firing does, because one sample may fail. An empty round does not count, because then the engine gave no answer
     * at all.
     *
     * @return the services with trouble that is not known to be over yet
     */
    private Set<String> miss(Set<Subject> seen, MemorySample any, Map<String, List<Condition>> decided) {
        Set<String> held = new HashSet<>();
        for (Map.Entry<Subject, Watched> entry : List.copyOf(watched.entrySet())) {
            Subject subject = entry.getKey();
            Watched before = entry.getValue();
            if (seen.contains(subject)) {
                continue;
            }
            if (before.missed() + 1 < rule.samples()) {
                watched.put(subject, new Watched(before.track(), before.last(), before.missed() + 1));
                held.add(subject.service());
                continue;
            }
            watched.remove(subject);
            String name = before.last().container().name();
            add(
                    decided,
                    Condition.well(
                            MemoryRule.KIND,
                            subject.service(),
                            "container " + name + " no longer runs and uses no memory",
                            any.at()));
        }
        return held;
    }
}

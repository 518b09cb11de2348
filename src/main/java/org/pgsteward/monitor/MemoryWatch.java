package org.pgsteward.monitor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Successor;

/** Remembers each service's samples between two rounds, so that the rule sees them in a row. Safe for many threads. */
public final class MemoryWatch implements Successor {
    private final MemoryRule rule;
    private final Map<String, Watched> watched = new HashMap<>();

    public MemoryWatch(MemoryRule rule) {
        this.rule = rule;
    }

    @Override
    public void takeOverFrom(Object before) {
        if (before instanceof MemoryWatch other) {
            Map<String, Watched> seen = other.seen();
            synchronized (this) {
                watched.putAll(seen);
            }
        }
    }

    private synchronized Map<String, Watched> seen() {
        return Map.copyOf(watched);
    }

    private record Watched(MemoryTrack track, Reading last, int missed) {}

    /**
     * What one round of samples says.
     *
     * @param round a reading of each container that runs
     * @return one condition for each service about which something is decided
     */
    public synchronized List<Condition> judge(List<Reading> round) {
        List<Condition> conditions = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Reading reading : round) {
            seen.add(reading.service());
            Watched before = watched.get(reading.service());
            MemoryRule.Judged judged = rule.judge(reading, before == null ? MemoryTrack.START : before.track());
            watched.put(reading.service(), new Watched(judged.track(), reading, 0));
            judged.condition().ifPresent(conditions::add);
        }
        if (!round.isEmpty()) {
            conditions.addAll(gone(seen, round.get(0)));
        }
        return conditions;
    }

    /** What is bad by this one round, as if it had been so for long; nothing is remembered. */
    public List<Condition> glance(List<Reading> round) {
        List<Condition> conditions = new ArrayList<>();
        for (Reading reading : round) {
            MemoryRule.Judged judged = rule.judge(reading, MemoryTrack.START);
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
     * A container that no longer runs uses no memory. It takes as many rounds as firing does, because one sample may
     * fail; and an empty round says nothing, because then the engine gave no answer at all.
     */
    private List<Condition> gone(Set<String> seen, Reading any) {
        List<Condition> over = new ArrayList<>();
        for (String service : List.copyOf(watched.keySet())) {
            Watched before = watched.get(service);
            if (before == null || seen.contains(service)) {
                continue;
            }
            if (before.missed() + 1 < rule.samples()) {
                watched.put(service, new Watched(before.track(), before.last(), before.missed() + 1));
                continue;
            }
            watched.remove(service);
            String name = before.last().container().name();
            over.add(Condition.well(
                    MemoryRule.KIND, service, "container " + name + " runs no longer and uses no memory", any.at()));
        }
        return over;
    }
}

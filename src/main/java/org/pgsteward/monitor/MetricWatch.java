package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the rules in each round. Between rounds it remembers the time for which each metric has been high, and earlier
 * readings: one each half an hour of the last day, and each one of the last hour with an event that a rule counts. Safe
 * for many threads.
 *
 * @param <L> the readings that are judged
 */
class MetricWatch<L extends Observation> {
    private static final Logger LOG = LoggerFactory.getLogger(MetricWatch.class);
    private static final Duration KEPT = Duration.ofHours(24);
    private static final Duration APART = Duration.ofMinutes(30);
    private static final Duration TURNS_KEPT = Duration.ofHours(1);

    /** Limits the memory for a server that never comes to rest. */
    private static final int MOST_TURNS = 60;

    private volatile List<MetricRule<L>> rules = List.of();
    private volatile @Nullable L last;
    private final Deque<L> past = new ArrayDeque<>();
    private final Deque<L> turns = new ArrayDeque<>();
    private final Map<String, Threshold.Track> tracks = new HashMap<>();

    /** The kinds of the rules with a failure that was logged. */
    private final Set<String> failed = ConcurrentHashMap.newKeySet();

    /**
     * Subjects that were reported well. A repetition would be no news, and would cost the alert registry a read of its
     * disk.
     */
    private final Set<String> well = new HashSet<>();

    /** Uses these rules from now on. The time for which a metric has been high continues. */
    final void use(List<MetricRule<L>> levels) {
        rules = List.copyOf(levels);
    }

    /**
     * The result of one round.
     *
     * @param at the time of the readings
     * @param conditions the decided ones, bad or well again
     * @param kinds the kinds that were checked, without those of rules that failed
     * @param subjects the keys of all existing subjects, decided or not
     */
    public record Judged(Instant at, List<Condition> conditions, Set<String> kinds, Set<String> subjects) {}

    /** Returns the readings of the last round; empty before the first one. */
    final Optional<L> last() {
        return Optional.ofNullable(last);
    }

    public synchronized Judged judge(L now) {
        last = now;
        List<Condition> conditions = new ArrayList<>();
        Set<String> kinds = new HashSet<>();
        Set<String> subjects = new HashSet<>();
        List<L> before = before(now);
        for (MetricRule<L> rule : rules) {
            boolean looked = attempt(rule, () -> {
                for (Finding finding : rule.look(now, before)) {
                    judge(rule, finding, now, before).ifPresent(conditions::add);
                    if (!rule.threshold(finding.service()).isOff()) {
                        subjects.add(key(rule, finding));
                    }
                }
            });
            if (looked) {
                kinds.add(rule.kind());
            }
        }
        // A subject is known to be gone only if its kind was checked.
        Predicate<String> gone = key -> !subjects.contains(key) && kinds.contains(kind(key));
        tracks.keySet().removeIf(gone);
        well.removeIf(gone);
        remember(now, before);
        return new Judged(now.at(), List.copyOf(conditions), Set.copyOf(kinds), Set.copyOf(subjects));
    }

    /** Returns the bad conditions of this one round, as if they had lasted for long. The round is not remembered. */
    public List<Condition> glance(L now) {
        List<Condition> conditions = new ArrayList<>();
        for (MetricRule<L> rule : rules) {
            attempt(
                    rule,
                    () -> rule.look(now, List.of()).stream()
                            .flatMap(finding -> glance(rule, finding, now).stream())
                            .forEach(conditions::add));
        }
        return conditions;
    }

    private Optional<Condition> glance(MetricRule<L> rule, Finding finding, L now) {
        Threshold threshold = rule.threshold(finding.service());
        return threshold.isOff()
                ? Optional.empty()
                : threshold
                        .atOnce()
                        .step(Threshold.Track.START, finding.value(), rule.mild(), now.at())
                        .track()
                        .severity()
                        .map(severity -> bad(rule, finding, severity, now));
    }

    /**
     * Runs a rule. Its failure does not keep other rules from running, and is logged once.
     *
     * @return whether the rule succeeded
     */
    private boolean attempt(MetricRule<L> rule, Runnable looking) {
        try {
            looking.run();
            return true;
        } catch (RuntimeException e) {
            if (failed.add(rule.kind())) {
                LOG.warn("the check of {} failed and is skipped; the other checks continue", rule.kind(), e);
            }
            return false;
        }
    }

    private Condition bad(MetricRule<L> rule, Finding finding, Severity severity, L now) {
        return Condition.bad(
                        finding.severity(severity, rule.threshold(finding.service())),
                        rule.kind(),
                        finding.service(),
                        rule.reason(finding, Optional.of(severity)),
                        finding.remedy(),
                        now.at())
                .with(finding.figures());
    }

    private Optional<Condition> judge(MetricRule<L> rule, Finding finding, L now, List<L> before) {
        Threshold threshold = rule.threshold(finding.service());
        if (threshold.isOff()) {
            return Optional.empty();
        }
        String key = key(rule, finding);
        Threshold.Step step =
                threshold.step(tracks.getOrDefault(key, Threshold.Track.START), finding.value(), rule.mild(), now.at());
        tracks.put(key, step.track());
        if (!step.decided()) {
            return Optional.empty();
        }
        Optional<Severity> severity = step.track().severity();
        if (severity.isPresent()) {
            well.remove(key);
            return Optional.of(bad(rule, finding, severity.get(), now));
        }
        return rule.mayResolve(now, before) && well.add(key)
                ? Optional.of(Condition.well(
                        rule.kind(), finding.service(), rule.reason(finding, Optional.empty()), now.at()))
                : Optional.empty();
    }

    /**
     * Returns the remembered readings, the oldest first. Removes readings of the future, which would stay for ever
     * after the clock was set back.
     */
    private List<L> before(L now) {
        past.removeIf(look -> isFuture(look, now) || isOlder(look, KEPT, now));
        turns.removeIf(look -> isFuture(look, now) || isOlder(look, TURNS_KEPT, now));
        return Stream.concat(past.stream(), turns.stream())
                .sorted(Comparator.comparing(Observation::at))
                .toList();
    }

    private void remember(L now, List<L> before) {
        if (past.isEmpty() || !past.getLast().at().plus(APART).isAfter(now.at())) {
            past.addLast(now);
        } else if (rules.stream().anyMatch(rule -> rule.isTurn(now, before.get(before.size() - 1)))) {
            turns.addLast(now);
            if (turns.size() > MOST_TURNS) {
                turns.removeFirst();
            }
        }
    }

    private static boolean isFuture(Observation look, Observation now) {
        return look.at().isAfter(now.at());
    }

    private static boolean isOlder(Observation look, Duration age, Observation now) {
        return look.at().plus(age).isBefore(now.at());
    }

    private String key(MetricRule<L> rule, Finding finding) {
        return rule.kind() + ":" + finding.service();
    }

    private static String kind(String key) {
        return key.substring(0, key.indexOf(':'));
    }
}

package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Size;

/**
 * The WAL that PostgreSQL keeps for replication slots that no program uses. All slots hold the same WAL, so the largest
 * amount counts, not the sum. A lost slot holds nothing, and is an alert because its standby can no longer follow.
 */
final class SlotRule extends MetricRule<DatabaseObservation> {
    private static final int NAMED = 3;

    SlotRule() {
        super("replication-slot-abandoned", Unit.BYTES);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        List<Upkeep.Slot> slots = now.upkeep().slots();
        Optional<Upkeep.Slot> worst = slots.stream()
                .filter(slot -> slot.heldBytes() > 0)
                .findFirst()
                .or(() -> slots.stream().filter(Upkeep.Slot::lost).findFirst());
        if (worst.isEmpty()) {
            return List.of(new Finding(
                    PostgresServer.SERVICE, 0, "no inactive replication slot holds WAL", "", Map.of("slots", 0)));
        }
        boolean lost = slots.stream().anyMatch(Upkeep.Slot::lost);
        double level = threshold(PostgresServer.SERVICE)
                .warn()
                .or(() -> threshold(PostgresServer.SERVICE).critical())
                .orElse(0.0);
        long held = worst.get().heldBytes();
        return List.of(new Finding(
                PostgresServer.SERVICE,
                lost ? Math.max(level, (double) held) : (double) held,
                says(now, past, worst.get(), slots),
                remedy(now, slots),
                Map.of("slots", slots.size(), "heldBytes", held)));
    }

    private static String says(
            DatabaseObservation now, List<DatabaseObservation> past, Upkeep.Slot worst, List<Upkeep.Slot> slots) {
        String others = slots.stream()
                .filter(slot -> !slot.equals(worst))
                .limit(NAMED)
                .map(slot -> slot.name() + (slot.lost() ? " (lost)" : ""))
                .collect(Collectors.joining(", "));
        int more = slots.size() - 1 - NAMED;
        return (worst.heldBytes() > 0
                        ? "replication slot " + worst.name() + " (" + worst.type() + ") holds "
                                + Size.words(worst.heldBytes()) + " of WAL, and no program"
                                + inactive(now, past, worst)
                                + ". PostgreSQL keeps this WAL, and more, until the slot is used or dropped, and stops when its disk is full"
                        : "replication slot " + worst.name() + " (" + worst.type()
                                + ") is lost: PostgreSQL has removed WAL that it needs, so its standby or subscriber cannot continue")
                + (others.isEmpty() ? "" : ". Also inactive: " + others + (more > 0 ? " and " + more + " more" : ""));
    }

    /** Before PostgreSQL 17, the time is that since which each reading has found the slot inactive. */
    private static String inactive(DatabaseObservation now, List<DatabaseObservation> past, Upkeep.Slot slot) {
        Optional<Instant> since = slot.inactiveSince().or(() -> seenSince(past, slot.name()));
        return since.map(at -> Duration.between(at, now.at()))
                .filter(span -> span.toSeconds() > 0)
                .map(span ->
                        " has used it for " + (slot.inactiveSince().isEmpty() ? "at least " : "") + Elapsed.words(span))
                .orElse(" uses it");
    }

    private static Optional<Instant> seenSince(List<DatabaseObservation> past, String name) {
        Optional<Instant> since = Optional.empty();
        for (int i = past.size() - 1; i >= 0; i--) {
            DatabaseObservation look = past.get(i);
            if (look.upkeep().slots().stream().noneMatch(slot -> slot.name().equals(name))) {
                return since;
            }
            since = Optional.of(look.at());
        }
        return since;
    }

    private static String remedy(DatabaseObservation now, List<Upkeep.Slot> slots) {
        String drop = slots.stream()
                .limit(NAMED)
                .map(slot -> now.console().psql("SELECT pg_drop_replication_slot('" + slot.name() + "')"))
                .collect(Collectors.joining("\n"));
        return now.console()
                        .psql("SELECT slot_name, slot_type, database, active, wal_status, restart_lsn"
                                + " FROM pg_replication_slots ORDER BY active, restart_lsn")
                + "\n# Start the standby or subscriber of the slot. If there is none any more, drop the slot:\n" + drop
                + (slots.size() > NAMED
                        ? "\n# All " + slots.size() + " inactive slots, if none of them is needed:\n"
                                + now.console()
                                        .psql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                                                + " WHERE NOT active")
                        : "");
    }
}

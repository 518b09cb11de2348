package org.pgsteward.backup.retention;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupRow;

/** The decisions of retention about the stored backups of one service, without any change to the store. */
public final class PlannedRetention {
    private static final String NO_ROW = "the journal has no row of it";

    private final StoreView holdings;
    private final RetentionSettings keeps;
    private final ShrinkRule shrink;
    private final ZoneId zone;
    private final Clock clock;

    public PlannedRetention(StoreView holdings, RetentionSettings keeps, ShrinkRule shrink, ZoneId zone, Clock clock) {
        this.holdings = holdings;
        this.keeps = keeps;
        this.shrink = shrink;
        this.zone = zone;
        this.clock = clock;
    }

    /**
     * The plan of one service.
     *
     * @param policy empty if the label of the service cannot be parsed, so that all its backups are kept
     * @param decisions by kind, newest first
     * @param unknown the number of backups that are kept only because the journal has no row of them
     */
    public record OfService(
            String service, Optional<RetentionPolicy> policy, List<RetentionPlan.Decision> decisions, int unknown) {
        public long removed() {
            return decisions.stream().filter(decision -> !decision.kept()).count();
        }
    }

    /**
     * Returns the plan of a service.
     *
     * @param judgements the states in the journal, by event id
     */
    public OfService of(String service, ServicePolicies policies, Map<UUID, BackupRow> judgements)
            throws IOException, SQLException {
        Optional<RetentionPolicy> policy = keeps.of(service, policies);
        Map<BackupKind, List<StoredBackupStatus>> byKind = holdings.of(service, judgements).stream()
                .collect(Collectors.groupingBy(StoredBackupStatus::kind, TreeMap::new, Collectors.toList()));
        List<RetentionPlan.Decision> decisions = new ArrayList<>();
        int unknown = 0;
        for (List<StoredBackupStatus> backups : byKind.values()) {
            if (policy.isEmpty()) {
                backups.forEach(backup ->
                        decisions.add(kept(backup, "the label with the policy of the service cannot be parsed")));
                continue;
            }
            for (RetentionPlan.Decision decision :
                    RetentionPlan.of(policy.get(), backups, shrink, zone, clock.instant())) {
                StoredBackupStatus backup = decision.backup();
                boolean known =
                        judgements.containsKey(backup.backup().identity().eventId());
                unknown += decision.kept() || known ? 0 : 1;
                decisions.add(decision.kept() || known ? decision : kept(backup, NO_ROW));
            }
        }
        return new OfService(service, policy, List.copyOf(decisions), unknown);
    }

    private static RetentionPlan.Decision kept(StoredBackupStatus backup, String reason) {
        return new RetentionPlan.Decision(backup, true, List.of(reason));
    }
}

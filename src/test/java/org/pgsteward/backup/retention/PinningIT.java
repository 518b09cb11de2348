package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.NeedsPostgres;

/** Pins and plans with the retention of the daemon. */
@NeedsPostgres
class PinningIT extends OnRetentionHost {
    @Test
    void retentionDoesWhatThePlanSaysAndKeepsThePinnedBackup() throws Exception {
        nights.start("pgsteward.backup.keep", "last=1");
        String database = host.cluster().newDatabase();
        List<Backup> backups = nights.backUpSeveral(database, 4);
        clock.pass(Duration.ofMinutes(1));
        nights.awaitRows();
        Pinning pinning = nights.wiring.pinning();
        pinning.pin(backups.get(0).id(), "", Inventory.of(nights.wiring.store));
        host.cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_log SET pinned = 'before an update' WHERE backup_id = '"
                                + backups.get(1).id() + "'");

        PlannedRetention.OfService plan = plan(database);
        assertThat(plan.decisions())
                .extracting(decision -> decision.backup().id() + " " + decision.kept())
                .containsExactly(
                        backups.get(3).id() + " true",
                        backups.get(2).id() + " false",
                        backups.get(1).id() + " true",
                        backups.get(0).id() + " true");
        assertThat(plan.decisions().get(3).reasons())
                .anyMatch(reason -> reason.startsWith("pinned: by an operator at "));
        assertThat(host.stored(database)).as("the plan removes nothing").hasSize(9);

        nights.retain();
        assertThat(host.stored(database))
                .hasSize(7)
                .contains(backups.get(0).id() + ".dump.zst.pinned")
                .containsAll(RetentionHost.files(backups.get(0), backups.get(1), backups.get(3)));
        assertThat(plan(database).removed()).isZero();

        // The automatic pin is in the journal, and is removed there.
        assertThat(pinning.unpin(backups.get(1).id(), Inventory.of(nights.wiring.store))
                        .ofImageChange())
                .isTrue();
        pinning.unpin(backups.get(0).id(), Inventory.of(nights.wiring.store));
        assertThat(plan(database).removed()).isEqualTo(2);
        nights.retain();
        assertThat(host.stored(database)).containsExactlyInAnyOrderElementsOf(RetentionHost.files(backups.get(3)));
    }

    private PlannedRetention.OfService plan(String database) throws Exception {
        return nights.wiring
                .plannedRetention()
                .of(database, nights.wiring.retentionPolicies().orElseThrow(), nights.wiring.rows.judgements(database));
    }
}

package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.retention.RetentionSettings;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.CopyStatusRows;
import org.pgsteward.model.Backup;

/** The daemon's passes and drills over the target of one case, and the promises that hold after each. */
final class FaultyCopies implements AutoCloseable {
    /** More than the longest pause between two passes. */
    private static final Duration HOUR = Duration.ofMinutes(61);

    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final FaultyHost host;
    private final CopyFaultCase of;
    private final FaultyEnd end;
    private final CopyAlerts alerts;
    private final CopyWatch watch;
    private final AtomicInteger operations = new AtomicInteger();
    private final List<String> failures = new ArrayList<>();
    private Copies copies;
    private String damaged = "";
    private int keeps;
    private long bytesPerSecond;
    private SteppedPlace.Steps steps = operation -> {};

    FaultyCopies(FaultyHost host, CopyFaultCase of, FaultyEnd end) {
        this.host = host;
        this.of = of;
        this.end = end;
        Wiring wiring = host.wiring;
        alerts = new CopyAlerts(wiring.alerts, wiring.reporter, wiring.clock);
        copies = started();
        watch = new CopyWatch(
                targets(),
                wiring.copies.rows(),
                new CopyStatusRows(wiring.server.managementDatabase()),
                alerts,
                target -> copies.lastFailure(target),
                wiring.house,
                wiring.clock);
    }

    String policy() {
        return "last=" + keeps;
    }

    private CopyTargets targets() {
        return new CopyTargets() {
            @Override
            public List<CopyTarget> all() {
                return List.of(CopyingProcess.target(of.target(), policy(), bytesPerSecond));
            }

            @Override
            public CopyPlace place(String target) {
                return new SteppedPlace(end.recipe(), operation -> {
                    operations.incrementAndGet();
                    steps.next(operation);
                });
            }
        };
    }

    /** The copies as a daemon has them after its start. */
    private Copies started() {
        Wiring wiring = host.wiring;
        RetentionSettings unused = new RetentionSettings(wiring.rows, service -> false, service -> Optional.empty());
        return new Copies(
                targets(),
                wiring.copyPass(),
                wiring.copyDrill(),
                alerts,
                unused,
                wiring.house,
                wiring.copies.rows(),
                wiring.clock);
    }

    void restart() {
        copies.close();
        copies = started();
    }

    /** Sets the number of backups that the target keeps. */
    void keep(int count) {
        keeps = count;
    }

    void limit(long bytes) {
        bytesPerSecond = bytes;
    }

    /** Learns of the operations from now on. */
    void before(SteppedPlace.Steps next) {
        operations.set(0);
        steps = next;
    }

    /** Allows a damaged file until it is copied again. */
    void expectDamage(String path) {
        damaged = path;
    }

    int operation() {
        return operations.get();
    }

    /** Begins a pass that is due. */
    void begin() {
        int earlier = operations.get();
        copies.run(null);
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> operations.get() > earlier || !copies.isBusy());
        assertThat(operations.get()).as("a pass begins").isGreaterThan(earlier);
    }

    /** Runs a pass after the longest pause. Returns its failure. */
    Optional<String> pass() throws Exception {
        host.copies.clock.pass(HOUR);
        begin();
        return ended();
    }

    /** Waits for the end of a pass, and returns its failure. No half file may have a final name meanwhile. */
    Optional<String> ended() throws Exception {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> {
            boolean isBusy = copies.isBusy();
            requireWholeFiles(damaged);
            return !isBusy;
        });
        Optional<String> failure = copies.lastFailure(of.target());
        failure.ifPresent(failures::add);
        requireTruth();
        return failure;
    }

    /** Checks some copies. */
    void drill(int count) throws Exception {
        host.copies.awaitRows();
        host.copies.clock.pass(Duration.ofMinutes(1));
        copies.drill(count);
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> !copies.isBusy());
        host.copies.awaitRows();
        watch.report();
    }

    /** Returns the states of the copies in the journal by the ids of their backups. */
    Map<String, String> states() throws Exception {
        host.copies.awaitRows();
        Map<String, String> states = new HashMap<>();
        for (String copy : host.copies.copies(of.target())) {
            states.put(copy.substring(0, copy.indexOf(' ')), copy.substring(copy.indexOf(' ') + 1));
        }
        return states;
    }

    /** Requires that the target has each copy that the journal records as there, whole and with its manifest. */
    void requireTruth() throws Exception {
        Map<String, String> states = states();
        requireWholeFiles(states.containsValue("failed") ? damaged : "");
        assertThat(states.values()).doesNotContain("removed", "retained");
        for (Backup backup : host.backups()) {
            String state = states.getOrDefault(backup.id(), "due");
            if (state.equals("there") || state.equals("verified")) {
                requireThere(backup);
            }
        }
    }

    private void requireThere(Backup backup) throws Exception {
        String path = backup.path().orElseThrow();
        assertThat(end.isWhole(path, stored(path)))
                .as("the journal records the copy of " + backup.id())
                .isTrue();
        Optional<Path> files = end.files();
        if (files.isPresent()) {
            assertThat(files.get().resolve(Store.manifestOf(path)))
                    .hasSameBinaryContentAs(stored(Store.manifestOf(path)));
        }
    }

    private Path stored(String path) {
        return host.copies.host.store().resolve(path);
    }

    /** Requires that each file under the name of a file of the store has its content. */
    private void requireWholeFiles(String exempt) throws IOException {
        Optional<Path> folder = end.files();
        for (String path : folder.isPresent() ? CopyHost.filesIn(folder.get()) : List.<String>of()) {
            if (Files.isRegularFile(stored(path)) && !path.endsWith(".md") && !path.equals(exempt)) {
                Optional<String> found = FaultyFiles.sha256(folder.orElseThrow().resolve(path));
                assertThat(found).as("the file " + path + " there").isEqualTo(FaultyFiles.sha256(stored(path)));
            }
        }
    }

    /** Requires that all backups are there, after three passes at most. */
    void complete() throws Exception {
        for (int i = 0; i < 3 && (pass().isPresent() || !isComplete()); i++) {
            assertThat(failures).hasSizeLessThan(20);
        }
        watch.report();
        assertThat(states().entrySet())
                .as("after " + failures)
                .hasSize(of.backups())
                .allSatisfy(copy -> assertThat(copy.getValue()).isIn("there", "verified"));
        for (Backup backup : host.backups().subList(0, of.backups())) {
            requireThere(backup);
        }
        assertThat(end.leftovers()).isEmpty();
    }

    private boolean isComplete() throws Exception {
        return states().values().stream()
                        .filter(state -> state.equals("there") || state.equals("verified"))
                        .count()
                == of.backups();
    }

    boolean fires(String kind) {
        return alerts.firing(kind, of.target()).isPresent();
    }

    void report() {
        watch.report();
    }

    /** Requires the notifications of a kind: one about its start and one about its end, or none. */
    void requireNotices(String kind, boolean expected) throws Exception {
        assertThat(fires(kind)).isFalse();
        if (expected) {
            awaitNotices(kind, 2);
        }
        List<String> notices = host.copies.host.notices(kind, of.target());
        assertThat(notices).as("failures: " + failures).hasSize(expected ? 2 : 0);
        if (expected) {
            // They are sorted by their times, and a clock that was ahead has dated the first one later.
            assertThat(notices)
                    .anyMatch(notice -> notice.startsWith("firing"))
                    .anyMatch(notice -> notice.startsWith("resolved"));
        }
    }

    /** Waits until the notification about the start of a firing alert is written. */
    void awaitFiring(String kind) throws Exception {
        assertThat(fires(kind)).as(kind + " fires after " + failures).isTrue();
        awaitNotices(kind, 1);
    }

    private void awaitNotices(String kind, int count) throws Exception {
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> host.copies.host.notices(kind, of.target()).size() >= count);
    }

    @Override
    public void close() {
        copies.close();
    }
}

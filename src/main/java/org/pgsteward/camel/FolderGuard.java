package org.pgsteward.camel;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.support.DefaultPollingConsumerPollStrategy;
import org.pgsteward.io.FolderStamp;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.provision.Limits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Poll strategy that skips a folder of requests while it contains too many files, or none that is new. Camel lists a folder
 * completely before it takes the first file, so a program with write access could fill the memory. An alert names the folder
 * until it is within its limit again.
 */
final class FolderGuard extends DefaultPollingConsumerPollStrategy {
    /** Number of files; Camel's list of so many takes 3 MB. */
    static final int MOST = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(FolderGuard.class);

    /** The longest time for which an unchanged folder is skipped. The age of a file may decide whether it is taken. */
    private static final Duration SKIPPED = Duration.ofSeconds(10);

    private final Predicate<Condition> alerts;
    private final Clock clock;

    /** Last alert by folder: whether the folder was too full. Missing until the alerts took one. */
    private final Map<Path, Boolean> raised = new ConcurrentHashMap<>();

    /** The folder of each consumer before its last poll, if that poll found no file. */
    private final Map<Consumer, FolderStamp> empty = Collections.synchronizedMap(new WeakHashMap<>());

    /** @param alerts raises an alert, and returns whether it succeeded */
    FolderGuard(Predicate<Condition> alerts, Clock clock) {
        this.alerts = alerts;
        this.clock = clock;
    }

    @Override
    public boolean begin(Consumer consumer, Endpoint endpoint) {
        if (!(endpoint instanceof FileEndpoint files)) {
            return true;
        }
        Path folder = files.getFile().toPath().toAbsolutePath().normalize();
        if (hasNothingNew(consumer, files, folder)) {
            return false;
        }
        boolean full = isFull(folder);
        Boolean said = raised.get(folder);
        if (said == null || said != full) {
            raise(folder, full);
        }
        if (full) {
            empty.remove(consumer);
        }
        return !full;
    }

    /** Returns whether the folder is the same as before the last poll, which found no file. */
    private boolean hasNothingNew(Consumer consumer, FileEndpoint files, Path folder) {
        if (files.isRecursive() || files.isSendEmptyMessageWhenIdle()) {
            return false;
        }
        try {
            FolderStamp now = FolderStamp.read(folder);
            FolderStamp before = empty.get(consumer);
            if (before != null && now.isUnchangedSince(before, SKIPPED)) {
                return true;
            }
            empty.put(consumer, now);
        } catch (IOException e) {
            // Camel reports the fault of the folder.
            empty.remove(consumer);
        }
        return false;
    }

    @Override
    public void commit(Consumer consumer, Endpoint endpoint, int polledMessages) {
        if (polledMessages > 0) {
            empty.remove(consumer);
        }
    }

    @Override
    public boolean rollback(Consumer consumer, Endpoint endpoint, int retryCounter, Exception cause) throws Exception {
        empty.remove(consumer);
        return super.rollback(consumer, endpoint, retryCounter, cause);
    }

    /** Counts the files, and stops at the limit. */
    private static boolean isFull(Path folder) {
        int count = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (var entry = entries.iterator(); entry.hasNext(); entry.next()) {
                count++;
                if (count > MOST) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Camel reports the fault of the folder.
            return false;
        }
        return false;
    }

    private void raise(Path folder, boolean full) {
        try {
            if (alerts.test(full ? tooMany(folder) : well(folder))) {
                raised.put(folder, full);
            }
        } catch (RuntimeException e) {
            LOG.debug("cannot raise the alert about {}, next try at the next poll: {}", folder, e.getMessage());
        }
    }

    private Condition tooMany(Path folder) {
        LOG.warn("folder {} not read until files are removed: more than {} files, the limit", folder, MOST);
        return Condition.bad(
                        Severity.WARNING,
                        Limits.KIND,
                        folder.toString(),
                        "folder " + folder + " not read: more than " + MOST + " files, the limit. pgsteward processes"
                                + " no request in it",
                        "ls -f '" + folder + "' | head -20   # which program writes them?\nfind '" + folder
                                + "' -maxdepth 1 -type f -name '*.json' -mmin +60 -delete   # requests and answers older"
                                + " than an hour",
                        clock.instant())
                .with(Map.of("limit", MOST));
    }

    private Condition well(Path folder) {
        return Condition.well(Limits.KIND, folder.toString(), "the folder is below the limit again", clock.instant());
    }
}

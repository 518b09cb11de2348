package org.pgsteward.alert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.io.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts notices that other receivers have not taken in time into the outbox of a fallback receiver too. The others keep them,
 * and get them late.
 *
 * <ol>
 *   <li>The delivery of the fallback receiver reads the other outboxes, because the delivery of another one may hang.
 *   <li>Put the notice, then mark it in {@code <state.dir>/taken-over/<receiver>/<id>}, so that a notice that two others
 *       missed is put once. After a kill between the two steps it is put again; the outbox drops it unless it was delivered
 *       meanwhile.
 *   <li>Remove a mark when its notice waits for no other receiver. A mark that the disk does not take is kept in memory.
 * </ol>
 */
final class TakeOver {
    private static final Logger LOG = LoggerFactory.getLogger(TakeOver.class);

    private final Outbox outbox;
    private final Path marks;
    private final Clock clock;
    private final Set<Path> unwritten = new HashSet<>();

    TakeOver(Outbox outbox, Clock clock) {
        this.outbox = outbox;
        this.marks = outbox.stateDir().resolve("taken-over");
        this.clock = clock;
    }

    /**
     * Takes over notices for one fallback receiver.
     *
     * @param others the receivers before it
     * @param after how long a notice may wait for them
     */
    void by(String receiver, List<String> others, Duration after) {
        if (others.isEmpty()) {
            return;
        }
        Path own = marks.resolve(receiver);
        Set<String> waiting = new HashSet<>();
        for (String other : others) {
            for (Path file : outbox.waiting(other)) {
                String id = NotificationFileNames.id(file);
                waiting.add(id);
                Instant putAt = NotificationFileNames.putAt(file);
                if (!putAt.plus(after).isAfter(clock.instant()) && !isMarked(own.resolve(id))) {
                    outbox.read(file).ifPresent(entry -> take(receiver, other, entry, own.resolve(id)));
                }
            }
        }
        forget(own, waiting);
    }

    private void take(String receiver, String other, Outbox.Entry entry, Path mark) {
        try {
            if (!Fallbacks.isAbout(entry.notice(), receiver)) {
                Duration late = Duration.between(entry.putAt(), clock.instant());
                outbox.put(
                        NotificationText.late(
                                entry.notice(),
                                late,
                                "receiver " + other + " has not accepted it, so fallback receiver " + receiver
                                        + " gets it"),
                        List.of(receiver));
                LOG.warn(
                        "fallback receiver {} takes over '{}': receiver {} has not accepted it",
                        receiver,
                        entry.notice().title(),
                        other);
            }
            mark(mark);
        } catch (UncheckedIOException refused) {
            LOG.warn(
                    "fallback receiver {} cannot take over from {}: {}; pgsteward retries",
                    receiver,
                    other,
                    refused.toString());
        }
    }

    private boolean isMarked(Path mark) {
        return unwritten.contains(mark) || Files.exists(mark);
    }

    private void mark(Path mark) {
        try {
            Files.createDirectories(mark.getParent());
            AtomicFile.write(mark, new byte[0]);
        } catch (IOException refused) {
            unwritten.add(mark);
            LOG.debug("{} is in memory only: {}", mark, refused.toString());
        }
    }

    private void forget(Path own, Set<String> waiting) {
        unwritten.removeIf(mark -> !waiting.contains(mark.getFileName().toString()));
        if (!Files.isDirectory(own)) {
            return;
        }
        try (Stream<Path> all = Files.list(own)) {
            for (Path mark : all.toList()) {
                if (!waiting.contains(mark.getFileName().toString())) {
                    Files.deleteIfExists(mark);
                }
            }
        } catch (IOException refused) {
            LOG.debug("cannot remove the marks in {}: {}", own, refused.toString());
        }
    }
}

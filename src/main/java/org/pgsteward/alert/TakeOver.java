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
 * Takeover by a fallback: it copies notifications that other receivers have not acknowledged in time into its own
 * outbox. The others keep them and get them late, once they are available again.
 *
 * <ol>
 *   <li>The fallback reads the others' outboxes, because a receiver that hangs could not hand over anything.
 *   <li>The notification is put into the outbox first, then marked in {@code <state.dir>/taken-over/<receiver>/<id>}.
 *       With the mark, a notification that two others missed is taken over once. After a crash between the two steps it
 *       is put again. The outbox detects the duplicate unless the first copy was delivered meanwhile.
 *   <li>A mark is removed when its notification waits in no outbox any more. A mark that the disk refused is kept in
 *       memory.
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
     * Takes over the notifications that have waited too long.
     *
     * @param others receivers with outboxes to read
     * @param after longest time that a notification may wait there
     */
    void by(String receiver, List<String> others, Duration after) {
        if (others.isEmpty()) {
            return;
        }
        Path own = marks.resolve(receiver);
        Set<String> waiting = new HashSet<>();
        for (String other : others) {
            for (Path file : outbox.waiting(other)) {
                String id = Outbox.id(file);
                waiting.add(id);
                Instant putAt = Outbox.putAt(file);
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
                        NoticeText.late(entry.notice(), late, other + " has not taken it, so you are told"),
                        List.of(receiver));
                LOG.warn(
                        "{} takes over '{}', which {} has not taken",
                        receiver,
                        entry.notice().title(),
                        other);
            }
            mark(mark);
        } catch (UncheckedIOException refused) {
            LOG.warn("{} cannot take over from {}: {}; it is tried again", receiver, other, refused.toString());
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
            LOG.debug("marks in {} stay: {}", own, refused.toString());
        }
    }
}

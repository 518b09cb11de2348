package org.pgsteward.alert;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Notification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that wait for delivery: {@code <state.dir>/outbox/<receiver>/}, one file each. A file is removed only after its
 * receiver has taken the notice. A notice that the disk does not take waits in memory, because the alert about a full disk
 * must be delivered too. Safe for many threads and processes.
 */
public final class Outbox {
    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
    private static final Pattern RECEIVER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** Notices that wait in memory at most, for all receivers together. */
    private static final int MOST_IN_MEMORY = 500;

    private final Path stateDir;
    private final OutboxFolder folder;
    private final NotificationFileNames names;
    private final Supplier<? extends Collection<String>> receivers;
    private final Fallbacks fallbacks;
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

    /** The notices that the disk did not take, by the file that each will have. */
    private final Map<Path, Notification> unwritten = new ConcurrentHashMap<>();

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param receivers returns the configured receivers; asked at each put
     */
    public Outbox(Path stateDir, ObjectMapper json, Clock clock, Supplier<? extends Collection<String>> receivers) {
        this(stateDir, json, clock, receivers, Fallbacks.NONE);
    }

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param receivers returns the configured receivers; asked at each put
     * @param fallbacks selects the receivers that are notified at once
     */
    public Outbox(
            Path stateDir,
            ObjectMapper json,
            Clock clock,
            Supplier<? extends Collection<String>> receivers,
            Fallbacks fallbacks) {
        this.stateDir = stateDir;
        this.folder = new OutboxFolder(stateDir.resolve("outbox"), json);
        this.names = new NotificationFileNames(clock);
        this.receivers = receivers;
        this.fallbacks = fallbacks;
    }

    /** A notice that waits. */
    record Entry(Path file, Instant putAt, Notification notice) {}

    /** Returns whether a receiver may have this name, which is also the name of its folder. */
    public static boolean isReceiverName(String name) {
        return RECEIVER.matcher(name).matches();
    }

    /** Adds a listener that gets the receiver's name after each notice that was put for it. */
    public void whenPut(Consumer<String> listener) {
        listeners.add(listener);
    }

    /** Puts a notice for all receivers that are notified at once. */
    public void put(Notification notice) {
        put(notice, fallbacks.first(notice, receivers.get()));
    }

    /**
     * Puts a notice for these receivers. It is on the disk when this method returns, or in memory if the disk does not take
     * it. A notice that waits already is not put again.
     *
     * @throws UncheckedIOException if memory has no room for a receiver's notice either; the other receivers have it
     */
    public void put(Notification notice, Collection<String> to) {
        if (to.isEmpty()) {
            LOG.warn("cannot send '{}': there is no receiver; set one, such as PGSTEWARD_MAIL_TO", notice.title());
        }
        IOException refusal = null;
        for (String receiver : to) {
            try {
                put(notice, receiver);
                listeners.forEach(listener -> listener.accept(receiver));
            } catch (IOException refused) {
                LOG.warn("cannot put '{}' into the outbox of {}: {}", notice.title(), receiver, refused.toString());
                refusal = refused;
            }
        }
        if (refusal != null) {
            throw new UncheckedIOException("cannot put notification " + notice.id() + " into every outbox", refusal);
        }
    }

    private synchronized void put(Notification notice, String receiver) throws IOException {
        if (!isReceiverName(receiver)) {
            throw new IOException("cannot name a folder after receiver '" + receiver + "'");
        }
        String id = NotificationFileNames.idOf(notice.id());
        List<Path> waiting = readable(receiver, notice);
        if (waiting.stream().anyMatch(file -> NotificationFileNames.id(file).equals(id))) {
            return;
        }
        Path file = folder.of(receiver).resolve(names.next(id, waiting));
        try {
            folder.write(file, notice);
        } catch (IOException refused) {
            // After an interrupt the process ends soon, and its memory with it.
            if (refused instanceof ClosedByInterruptException || unwritten.size() >= MOST_IN_MEMORY) {
                throw refused;
            }
            unwritten.put(file, notice);
            LOG.warn(
                    "cannot save '{}' for receiver {}, so it is sent from memory: {}; check the disk of the state folder",
                    notice.title(),
                    receiver,
                    refused.toString());
        }
    }

    /** Returns the files that wait. An unreadable folder must not keep a notice from its receiver, or from the others. */
    private List<Path> readable(String receiver, Notification notice) {
        try {
            return entries(receiver);
        } catch (UncheckedIOException unreadable) {
            LOG.warn(
                    "cannot read the outbox of {}, so '{}' is added last: {}; check the folder outbox/{} in the state folder",
                    receiver,
                    notice.title(),
                    unreadable.toString(),
                    receiver);
            return inMemory(receiver).sorted().toList();
        }
    }

    /** Returns how many notices wait for this receiver. */
    public int depth(String receiver) {
        return entries(receiver).size();
    }

    /** Returns all receivers for which a notice was ever put. Some may not be configured any more. */
    public Set<String> known() {
        // Memory first: a notice that is written to the disk meanwhile is in the folder by then.
        Set<String> known = unwritten.keySet().stream()
                .map(NotificationFileNames::receiver)
                .collect(Collectors.toCollection(TreeSet::new));
        known.addAll(folder.receivers());
        return known;
    }

    Path stateDir() {
        return stateDir;
    }

    /** Returns the receivers that are configured now. */
    Collection<String> here() {
        return receivers.get();
    }

    /** Returns the notices that wait for this receiver, oldest first. Notices in memory are written to the disk. */
    List<Path> waiting(String receiver) {
        writeDown(receiver);
        List<Path> first = entries(receiver);
        if (first.isEmpty()) {
            return first;
        }
        // A list of a growing folder may show a new file and lack an older one. The second list has each file that is
        // older than the newest file of the first list.
        Path newest = first.get(first.size() - 1);
        return entries(receiver).stream()
                .filter(file -> file.compareTo(newest) <= 0)
                .toList();
    }

    /** The disk may have space again. */
    private synchronized void writeDown(String receiver) {
        for (Map.Entry<Path, Notification> entry : List.copyOf(unwritten.entrySet())) {
            if (NotificationFileNames.receiver(entry.getKey()).equals(receiver)) {
                try {
                    folder.write(entry.getKey(), entry.getValue());
                    unwritten.remove(entry.getKey());
                } catch (IOException refused) {
                    LOG.debug("{} is still in memory only: {}", entry.getKey(), refused.toString());
                    return;
                }
            }
        }
    }

    private List<Path> entries(String receiver) {
        // Memory first: a notice that moves to the disk meanwhile is in both lists, not in neither.
        List<Path> inMemory = inMemory(receiver).toList();
        return Stream.concat(inMemory.stream(), folder.files(receiver).stream())
                .distinct()
                .sorted()
                .toList();
    }

    private Stream<Path> inMemory(String receiver) {
        return unwritten.keySet().stream()
                .filter(file -> NotificationFileNames.receiver(file).equals(receiver));
    }

    /** Reads the notice of a file. Returns nothing if it was delivered already or is unreadable. */
    Optional<Entry> read(Path file) {
        return Optional.ofNullable(unwritten.get(file))
                .or(() -> folder.read(file))
                .map(notice -> new Entry(file, NotificationFileNames.putAt(file), notice));
    }

    /** Removes a notice that its receiver has taken. */
    synchronized void taken(Entry entry) {
        if (unwritten.remove(entry.file()) == null) {
            folder.remove(entry.file());
        }
    }
}

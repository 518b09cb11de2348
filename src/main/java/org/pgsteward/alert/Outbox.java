package org.pgsteward.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
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
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.Notice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices on their way: {@code <state.dir>/outbox/<receiver>/}, one file each, whose names sort in the order in which
 * they were put. A file goes only when its receiver has taken it. What the disk refuses, full as it may be, waits in
 * memory for its receiver or for the disk: that the disk is full must not be what cannot be told. Safe for many threads
 * and processes.
 */
public final class Outbox {
    /** Bytes of a notice's file; one has a twentieth at most. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
    private static final Pattern RECEIVER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern ENTRY = Pattern.compile("([0-9]{13})-([0-9]{6})-[A-Za-z0-9._-]+\\.json");

    private final Path stateDir;
    private final Path folder;
    private final ObjectMapper json;
    private final ObjectReader reader;
    private final Clock clock;
    private final Supplier<? extends Collection<String>> receivers;
    private final Fallbacks fallbacks;
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

    /** More would be no notices any more. */
    private static final int MOST_IN_MEMORY = 500;

    /** What the disk refused to take, by the file that it will be. */
    private final Map<Path, Notice> unwritten = new ConcurrentHashMap<>();

    /** Taken or unreadable, and the disk did not let us remove it: must not be sent again by this process. */
    private final Set<Path> finished = ConcurrentHashMap.newKeySet();

    private long lastMillis;
    private int sequence;

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param receivers who there is, asked at each put
     */
    public Outbox(Path stateDir, ObjectMapper json, Clock clock, Supplier<? extends Collection<String>> receivers) {
        this(stateDir, json, clock, receivers, Fallbacks.NONE);
    }

    /**
     * @param stateDir {@code pgsteward.state.dir}
     * @param receivers who there is, asked at each put
     * @param fallbacks who of them is told at once
     */
    public Outbox(
            Path stateDir,
            ObjectMapper json,
            Clock clock,
            Supplier<? extends Collection<String>> receivers,
            Fallbacks fallbacks) {
        this.stateDir = stateDir;
        this.fallbacks = fallbacks;
        this.folder = stateDir.resolve("outbox");
        this.json = json;
        this.reader = json.readerFor(Notice.class)
                .with(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .with(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);
        this.clock = clock;
        this.receivers = receivers;
    }

    /** A notice that waits. */
    record Entry(Path file, Instant putAt, Notice notice) {}

    /** Whether a receiver may be called so; its name is the name of a folder. */
    public static boolean isReceiverName(String name) {
        return RECEIVER.matcher(name).matches();
    }

    /** Is told the receiver's name after something was put for it. */
    public void whenPut(Consumer<String> listener) {
        listeners.add(listener);
    }

    /** Puts it for every receiver that is to be told at once. */
    public void put(Notice notice) {
        put(notice, fallbacks.first(notice, receivers.get()));
    }

    /**
     * On return the notice waits for each of them, on the disk where that takes it; put twice, it waits once.
     *
     * @throws UncheckedIOException when there is no room for one of them in memory either; the others have it
     */
    public void put(Notice notice, Collection<String> to) {
        if (to.isEmpty()) {
            LOG.warn("there is no receiver to tell '{}'; set one, such as PGSTEWARD_MAIL_TO", notice.title());
        }
        IOException refusal = null;
        for (String receiver : to) {
            try {
                put(notice, receiver);
                listeners.forEach(listener -> listener.accept(receiver));
            } catch (IOException refused) {
                LOG.warn("the outbox of {} did not take '{}': {}", receiver, notice.title(), refused.toString());
                refusal = refused;
            }
        }
        if (refusal != null) {
            throw new UncheckedIOException("notice " + notice.id() + " is not in every outbox", refusal);
        }
    }

    /** How many notices wait for this receiver. */
    public int depth(String receiver) {
        return entries(receiver).size();
    }

    /** Everyone for whom something was ever put, whether they still exist or not. */
    public Set<String> known() {
        Set<String> names =
                unwritten.keySet().stream().map(Outbox::receiver).collect(Collectors.toCollection(TreeSet::new));
        if (!Files.isDirectory(folder)) {
            return names;
        }
        try (Stream<Path> folders = Files.list(folder)) {
            folders.filter(Files::isDirectory)
                    .map(path -> path.getFileName().toString())
                    .forEach(names::add);
            return names;
        } catch (IOException refused) {
            throw new UncheckedIOException(refused);
        }
    }

    Path stateDir() {
        return stateDir;
    }

    /** Who there is now. */
    Collection<String> here() {
        return receivers.get();
    }

    /** What waits for this receiver, oldest first. */
    List<Path> waiting(String receiver) {
        writeDown(receiver);
        List<Path> first = entries(receiver);
        if (first.isEmpty()) {
            return first;
        }
        // A folder that grows while it is read may show the newer of two files and not the older one. Whatever came
        // before
        // one that was seen is there at a second look.
        Path newest = first.get(first.size() - 1);
        return entries(receiver).stream()
                .filter(file -> file.compareTo(newest) <= 0)
                .toList();
    }

    private static String receiver(Path file) {
        return file.getName(file.getNameCount() - 2).toString();
    }

    /** The notice's id, with what a file's name cannot hold replaced. */
    static String id(Path file) {
        String name = file.getFileName().toString();
        return name.substring(21, name.length() - ".json".length());
    }

    static Instant putAt(Path file) {
        return Instant.ofEpochMilli(Long.parseLong(file.getFileName().toString().substring(0, 13)));
    }

    /** The notice in a file. One that cannot be read is set aside and blocks nobody. */
    Optional<Entry> read(Path file) {
        Notice kept = unwritten.get(file);
        if (kept != null) {
            return Optional.of(new Entry(file, putAt(file), kept));
        }
        try {
            Notice notice = notice(BoundedFile.bytes(file, MOST_BYTES));
            return Optional.of(new Entry(file, putAt(file), notice));
        } catch (NoSuchFileException gone) {
            LOG.debug("{} was taken by another process", file);
        } catch (JsonProcessingException torn) {
            setAside(file, torn.getOriginalMessage());
        } catch (BoundedFile.TooLarge foreign) {
            setAside(file, String.valueOf(foreign.getMessage()));
        } catch (IOException refused) {
            throw new UncheckedIOException(file + " cannot be read", refused);
        }
        return Optional.empty();
    }

    /** Reads a notice; a file of an older version has no list of alerts, and a file that lacks anything else is torn. */
    private Notice notice(byte[] content) throws IOException {
        JsonNode document = json.readTree(content);
        if (document instanceof ObjectNode object && !object.has("alerts")) {
            object.putArray("alerts");
        }
        return reader.readValue(document);
    }

    /** It was taken and goes. */
    synchronized void taken(Entry entry) {
        if (unwritten.remove(entry.file()) != null) {
            return;
        }
        finished.add(entry.file());
        try {
            AtomicFile.remove(entry.file());
            finished.remove(entry.file());
        } catch (IOException refused) {
            LOG.warn(
                    "{} was delivered and cannot be removed; it would be sent again after a restart: {}",
                    entry.file(),
                    refused.toString());
        }
    }

    private synchronized void put(Notice notice, String receiver) throws IOException {
        if (!isReceiverName(receiver)) {
            throw new IOException("receiver '" + receiver + "' cannot be the name of a folder");
        }
        String id = notice.id().replaceAll("[^A-Za-z0-9._-]", "_");
        List<Path> waiting = readable(receiver, notice);
        if (waiting.stream().anyMatch(file -> id(file).equals(id))) {
            return;
        }
        // Names grow even if the clock was set back, within this process and after what another one left.
        String newest = waiting.isEmpty()
                ? "0000000000000-000000"
                : waiting.get(waiting.size() - 1).getFileName().toString();
        long newestMillis = Long.parseLong(newest.substring(0, 13));
        long now = Math.max(Math.max(clock.millis(), lastMillis), newestMillis);
        sequence = now == lastMillis ? sequence + 1 : 0;
        if (now == newestMillis) {
            sequence = Math.max(sequence, Integer.parseInt(newest.substring(14, 20)) + 1);
        }
        lastMillis = now;
        Path file = folder.resolve(receiver).resolve(String.format("%013d-%06d-%s.json", now, sequence, id));
        try {
            write(file, notice);
        } catch (IOException refused) {
            // Whoever is interrupted is about to end, and its memory with it.
            if (refused instanceof ClosedByInterruptException || unwritten.size() >= MOST_IN_MEMORY) {
                throw refused;
            }
            unwritten.put(file, notice);
            LOG.warn(
                    "the disk does not take '{}' for {}, which is told all the same: {}; look at the disk of the state"
                            + " folder",
                    notice.title(),
                    receiver,
                    refused.toString());
        }
    }

    /** What waits, as far as can be told: a folder that cannot be read keeps neither this notice from its receiver, nor any other. */
    private List<Path> readable(String receiver, Notice notice) {
        try {
            return entries(receiver);
        } catch (UncheckedIOException unreadable) {
            LOG.warn(
                    "what waits for {} cannot be read, and '{}' is put behind it: {}; look at the folder outbox/{} in"
                            + " the state folder",
                    receiver,
                    notice.title(),
                    unreadable.toString(),
                    receiver);
            return inMemory(receiver).sorted().toList();
        }
    }

    private Stream<Path> inMemory(String receiver) {
        return unwritten.keySet().stream().filter(file -> receiver(file).equals(receiver));
    }

    private void write(Path file, Notice notice) throws IOException {
        Files.createDirectories(file.getParent());
        AtomicFile.write(file, json.writerWithDefaultPrettyPrinter().writeValueAsBytes(notice));
    }

    /** The disk may have room again. */
    private synchronized void writeDown(String receiver) {
        for (Map.Entry<Path, Notice> entry : List.copyOf(unwritten.entrySet())) {
            if (receiver(entry.getKey()).equals(receiver)) {
                try {
                    write(entry.getKey(), entry.getValue());
                    unwritten.remove(entry.getKey());
                } catch (IOException refused) {
                    LOG.debug("{} is still in memory only: {}", entry.getKey(), refused.toString());
                    return;
                }
            }
        }
    }

    private List<Path> entries(String receiver) {
        List<Path> entries = inMemory(receiver).collect(Collectors.toCollection(ArrayList::new));
        Path own = folder.resolve(receiver);
        if (!isReceiverName(receiver) || !Files.isDirectory(own)) {
            return entries.stream().sorted().toList();
        }
        try (Stream<Path> files = Files.list(own)) {
            files.filter(file -> ENTRY.matcher(file.getFileName().toString()).matches())
                    .filter(file -> !finished.contains(file))
                    .forEach(entries::add);
            return entries.stream().distinct().sorted().toList();
        } catch (IOException refused) {
            throw new UncheckedIOException("the outbox of " + receiver + " cannot be read", refused);
        }
    }

    private void setAside(Path file, String why) {
        Path aside = file.resolveSibling(file.getFileName() + ".corrupt");
        LOG.warn("{} cannot be read and is set aside as {}: {}", file, aside.getFileName(), OneLine.of(why, 200));
        try {
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException refused) {
            finished.add(file);
        }
    }
}

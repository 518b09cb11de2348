package org.pgsteward.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.model.Notification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of {@link Outbox}: one folder a receiver, one JSON file a notice. Safe for many threads and processes. */
final class OutboxFolder {
    /** Bytes of a notice's file. The largest notice has a twentieth of it. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(OutboxFolder.class);

    private final Path folder;
    private final ObjectMapper json;
    private final ObjectReader reader;

    /** Delivered or unreadable files that the disk did not remove. This process must not send them again. */
    private final Set<Path> finished = ConcurrentHashMap.newKeySet();

    /** @param folder may be absent */
    OutboxFolder(Path folder, ObjectMapper json) {
        this.folder = folder;
        this.json = json;
        this.reader = json.readerFor(Notification.class)
                .with(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .with(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);
    }

    Path of(String receiver) {
        return folder.resolve(receiver);
    }

    /** Returns the receivers that have a folder. */
    Set<String> receivers() {
        Set<String> names = new TreeSet<>();
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

    /** Returns the files of a receiver that are not finished, in any order. */
    List<Path> files(String receiver) {
        Path own = of(receiver);
        if (!Outbox.isReceiverName(receiver) || !Files.isDirectory(own)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(own)) {
            return files.filter(NotificationFileNames::isNotice)
                    .filter(file -> !finished.contains(file))
                    .toList();
        } catch (IOException refused) {
            throw new UncheckedIOException("cannot read the outbox of " + receiver, refused);
        }
    }

    /**
     * Reads the notice in a file. Returns nothing if another process has taken it. A torn or foreign file is renamed to
     * {@code *.corrupt}, so that it does not hold up the notices behind it.
     *
     * @throws UncheckedIOException if the disk does not let the file be read
     */
    Optional<Notification> read(Path file) {
        try {
            return Optional.of(notice(BoundedFile.bytes(file, MOST_BYTES)));
        } catch (NoSuchFileException gone) {
            LOG.debug("another process delivered {}", file);
        } catch (JsonProcessingException torn) {
            setAside(file, torn.getOriginalMessage());
        } catch (BoundedFile.TooLarge foreign) {
            setAside(file, String.valueOf(foreign.getMessage()));
        } catch (IOException refused) {
            throw new UncheckedIOException("cannot read " + file, refused);
        }
        return Optional.empty();
    }

    /** Reads a notice; a file of an older version has no list of alerts, and a file that lacks anything else is torn. */
    private Notification notice(byte[] content) throws IOException {
        JsonNode document = json.readTree(content);
        if (document instanceof ObjectNode object && !object.has("alerts")) {
            object.putArray("alerts");
        }
        return reader.readValue(document);
    }

    private void setAside(Path file, String why) {
        Path aside = file.resolveSibling(file.getFileName() + ".corrupt");
        LOG.warn("cannot parse {}, which is now {}: {}", file, aside.getFileName(), OneLine.of(why, 200));
        try {
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException refused) {
            finished.add(file);
        }
    }

    void write(Path file, Notification notice) throws IOException {
        Files.createDirectories(file.getParent());
        AtomicFile.write(file, json.writerWithDefaultPrettyPrinter().writeValueAsBytes(notice));
    }

    /** Removes the file of a delivered notice. */
    void remove(Path file) {
        finished.add(file);
        try {
            AtomicFile.remove(file);
            finished.remove(file);
        } catch (IOException refused) {
            LOG.warn(
                    "cannot remove {} after its delivery; a restart would send it again: {}", file, refused.toString());
        }
    }
}

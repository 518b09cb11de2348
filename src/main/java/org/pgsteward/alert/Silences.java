package org.pgsteward.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Active silences, one file each in {@code <state.dir>/silences/}, which the daemon and the commands share. */
public final class Silences {
    /** Size limit of a silence's file, in bytes. */
    private static final int MOST_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Silences.class);
    private static final String ENDING = ".json";

    private final Path folder;
    private final ObjectMapper json;
    private final Clock clock;

    /** @param stateDir {@code pgsteward.state.dir} */
    public Silences(Path stateDir, ObjectMapper json, Clock clock) {
        this.folder = stateDir.resolve("silences");
        this.json = json;
        this.clock = clock;
    }

    /**
     * Starts a silence.
     *
     * @param service name of the service; empty for all services
     * @param kind kind of alert; empty for all kinds
     * @throws IOException if the silence cannot be written; it is then not in force
     */
    public Silence begin(String service, String kind, Duration time, String reason) throws IOException {
        Instant now = clock.instant();
        String id = UUID.randomUUID().toString().substring(0, 6);
        Silence silence = new Silence(id, service, kind, now, now.plus(time), reason);
        AtomicFile.write(Files.createDirectories(folder).resolve(id + ENDING), json.writeValueAsBytes(silence));
        return silence;
    }

    /**
     * Ends the silence with this id.
     *
     * @return whether there was an active silence with this id
     * @throws IOException if its file cannot be removed; the silence is then still in force
     */
    public boolean end(String id) throws IOException {
        Optional<Silence> one =
                active().stream().filter(silence -> silence.id().equals(id)).findFirst();
        if (one.isPresent()) {
            AtomicFile.remove(folder.resolve(one.get().id() + ENDING));
        }
        return one.isPresent();
    }

    /** Returns the active silences, sorted by their end. A file that cannot be read mutes no alert. */
    public List<Silence> active() {
        List<Silence> silences = new ArrayList<>();
        Instant now = clock.instant();
        for (Path file : files()) {
            try {
                Silence silence = json.readValue(BoundedFile.bytes(file, MOST_BYTES), Silence.class);
                if (now.isBefore(silence.until())) {
                    silences.add(silence);
                } else {
                    AtomicFile.remove(file);
                }
            } catch (NoSuchFileException ended) {
                LOG.debug("silence {} has just ended", file);
            } catch (JsonProcessingException torn) {
                LOG.warn(
                        "cannot parse silence {}, which mutes no alert: {}",
                        file,
                        OneLine.of(torn.getOriginalMessage(), 200));
            } catch (IOException refused) {
                LOG.warn("cannot read or remove silence {}: {}", file, refused.toString());
            }
        }
        silences.sort(Comparator.comparing(Silence::until));
        return silences;
    }

    private List<Path> files() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(file -> file.toString().endsWith(ENDING))
                    .sorted()
                    .toList();
        } catch (IOException refused) {
            LOG.warn("cannot read the silences in {}: {}", folder, refused.toString());
            return List.of();
        }
    }
}

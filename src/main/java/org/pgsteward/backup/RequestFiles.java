package org.pgsteward.backup;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.FirstCause;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NoConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests of a program: the file {@code NAME.json} is the request, and {@code NAME.answer.json} beside it is the
 * answer. A request is removed only after its answer is written, so a request that a killed process left is repeated.
 */
public final class RequestFiles {
    private static final Logger LOG = LoggerFactory.getLogger(RequestFiles.class);

    private static final String ENDING = ".json";
    private static final String ANSWER = ".answer.json";

    /** Bytes. A thousand names take half of it. */
    private static final int LARGEST = 64 * 1024;

    private static final int MOST_NAMES = 1000;

    /** Bytes of a file name, without the characters that are added while the file is written. */
    private static final int LONGEST_NAME = 200;

    /** The time that a program gets to finish a request that it writes in place, without a rename. */
    private static final Duration HALF_WRITTEN = Duration.ofSeconds(5);

    private static final Set<String> VERBS = Set.of("backup", "verify");

    private final RequestedBackups asked;
    private final StartupRecovery house;
    private final ObjectMapper json;
    private final Clock clock;

    public RequestFiles(RequestedBackups asked, StartupRecovery house, ObjectMapper json, Clock clock) {
        this.asked = asked;
        this.house = house;
        this.json = json;
        this.clock = clock;
    }

    /**
     * Executes the request of one file and writes its answer.
     *
     * @throws IOException if the answer cannot be written; the request then remains
     */
    public void answer(File file) throws IOException {
        Path request = file.toPath();
        BasicFileAttributes is;
        try {
            is = Files.readAttributes(request, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            // The requesting program has removed its request.
            return;
        }
        Object document;
        try {
            document = BackupReport.of(done(request, is));
        } catch (JacksonException half) {
            if (is.lastModifiedTime().toInstant().plus(HALF_WRITTEN).isAfter(clock.instant())) {
                return;
            }
            document = wrong("the request is not JSON: " + half.getOriginalMessage());
        } catch (Refusal e) {
            // A program that may request a backup need not learn the names of all databases.
            document = wrong(e.line());
        } catch (SQLException e) {
            document = wrong(NoConnection.words(e));
        } catch (InterruptedException e) {
            // pgsteward is stopping. The next process executes the request.
            Thread.currentThread().interrupt();
            return;
        } catch (Throwable e) {
            document = wrong("cannot read or execute the request: " + FirstCause.of(e));
        }
        write(answerTo(request), json.writeValueAsBytes(document));
        Files.deleteIfExists(request);
        OldAnswers.remove(request.resolveSibling("").toAbsolutePath(), ANSWER, clock.instant());
    }

    private List<Backup> done(Path request, BasicFileAttributes is) throws Exception {
        JsonNode wish = read(request, is);
        if (!wish.isObject()
                || wish.size() != 1
                || !VERBS.contains(wish.fieldNames().next())) {
            throw new Refusal("a request is an object with one key, \"backup\" or \"verify\", such as"
                    + " {\"backup\":[\"vikunja\"]} or {\"verify\":[\"*\"]}");
        }
        String verb = wish.fieldNames().next();
        Set<String> names = names(verb, wish.path(verb));
        boolean all = names.contains("*");
        if (verb.equals("verify")) {
            List<StoredBackup> stored = all ? asked.newestOfEach() : asked.stored(names);
            return asked.verifyAll(stored, verified -> {});
        }
        house.order();
        List<BackupTarget> targets = all ? asked.all(BackupKind.DUMP, BackupKind.GLOBALS) : asked.named(names);
        return asked.backUp("request", targets);
    }

    /**
     * Reads a request within limits. Another program wrote the file: a link could lead anywhere, and its size is
     * arbitrary.
     */
    private JsonNode read(Path request, BasicFileAttributes is) throws IOException, Refusal {
        if (!is.isRegularFile()) {
            throw new Refusal("the request is not a regular file; a link is not followed");
        }
        byte[] bytes;
        try (var stream = Files.newInputStream(request, LinkOption.NOFOLLOW_LINKS)) {
            bytes = stream.readNBytes(LARGEST + 1);
        }
        if (bytes.length > LARGEST) {
            throw new Refusal("the request has more than " + LARGEST + " bytes");
        }
        return json.reader()
                .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .with(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                .readTree(bytes);
    }

    private static Set<String> names(String verb, JsonNode list) throws Refusal {
        Set<String> names = new LinkedHashSet<>();
        for (JsonNode name : list) {
            if (name.isTextual() && !name.asText().isBlank()) {
                names.add(name.asText());
            }
        }
        if (!list.isArray() || names.isEmpty() || names.size() > MOST_NAMES || names.size() < list.size()) {
            throw new Refusal(
                    "\"" + verb + "\" takes a list of 1 to " + MOST_NAMES + " different service names, or [\"*\"]");
        }
        return names;
    }

    private static Map<String, Object> wrong(String because) {
        String line = because.lines().findFirst().orElse("no reason given");
        return Map.of("backups", List.of(), "error", line);
    }

    /**
     * Returns the path of the answer. If the name of the answer were too long for the file system, its end is cut off.
     */
    private static Path answerTo(Path request) {
        String name = request.getFileName().toString();
        String kept = name.substring(0, Math.max(0, name.length() - ENDING.length()));
        while (kept.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            kept = kept.substring(0, kept.offsetByCodePoints(kept.length(), -1));
        }
        return request.resolveSibling(kept + ANSWER);
    }

    private static void write(Path answer, byte[] document) throws IOException {
        Path part = answer.resolveSibling("." + UUID.randomUUID() + ".part");
        try {
            AtomicFile.create(part, document);
            // The folder is not synced: it may be on a file system that refuses this, and the request would be repeated
            // forever.
            Files.move(part, answer, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
        LOG.info("answered a request: {}", answer.getFileName().toString().replaceAll("\\p{Cntrl}", "?"));
    }
}

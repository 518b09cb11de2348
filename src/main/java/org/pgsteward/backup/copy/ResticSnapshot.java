package org.pgsteward.backup.copy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A snapshot of the repository with its tags. Only snapshots with pgsteward's tags are read.
 *
 * @param time as restic prints it
 * @param bytes of its content; empty if it was made by a restic before 0.17
 */
record ResticSnapshot(String id, String time, List<String> tags, OptionalLong bytes) {
    /** The tag of each snapshot of a backup. */
    static final String OURS = "pgsteward";

    /** The tag of the snapshots with all manifests. */
    static final String CATALOGUE = "pgsteward-catalogue";

    /** The tag of the snapshots that {@code check} writes. */
    static final String CHECK = "pgsteward-check";

    private static final Comparator<ResticSnapshot> BY_NUMBER =
            Comparator.comparingLong(ResticSnapshot::number).thenComparing(ResticSnapshot::time);

    private static final Pattern ID = Pattern.compile("[0-9a-f]{8,64}");
    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,18}");

    private static final JsonFactory JSON =
            JsonFactory.builder().disable(StreamReadFeature.AUTO_CLOSE_SOURCE).build();

    /** A backup an hour of fifty services, kept for a year, is less than half of it. */
    private static final int MOST = 1_000_000;

    ResticSnapshot {
        tags = List.copyOf(tags);
    }

    /** Returns the tags of a backup. Their number must be complete: a snapshot without one of them does not count. */
    static List<String> tags(String backupId, String path, String form, String sha256, long size) {
        return List.of(
                OURS, "backup=" + encoded(backupId), pathTag(path), "form=" + form, "sha256=" + sha256, "size=" + size);
    }

    static String pathTag(String path) {
        return "path=" + encoded(path);
    }

    /** Returns a text without commas, at which restic splits tags. */
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("%2F", "/")
                .replace("%3A", ":");
    }

    private Optional<String> value(String name) {
        String start = name + "=";
        return tags.stream()
                .filter(tag -> tag.startsWith(start))
                .map(tag -> tag.substring(start.length()))
                .findFirst();
    }

    private Optional<String> decoded(String name) {
        try {
            return value(name).map(text -> URLDecoder.decode(text, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    Optional<String> path() {
        return decoded("path");
    }

    Optional<String> sha256() {
        return value("sha256");
    }

    Optional<String> form() {
        return value("form");
    }

    OptionalLong size() {
        return value("size").filter(DIGITS.asMatchPredicate()).stream()
                .mapToLong(Long::parseLong)
                .findFirst();
    }

    /** Returns whether this is a snapshot of a backup, perhaps an incomplete one. */
    boolean isBackup() {
        return tags.contains(OURS) && value("backup").isPresent();
    }

    /**
     * Returns whether it is a complete copy of a backup. The content of a snapshot ends early if pgsteward was killed while
     * restic read from it.
     */
    boolean isComplete() {
        return isBackup()
                && path().isPresent()
                && sha256().isPresent()
                && form().isPresent()
                && size().isPresent()
                && (bytes.isEmpty() || bytes.getAsLong() == size().getAsLong());
    }

    /** Returns the number of a catalogue. It decides which one is the newest, since a clock may go wrong. */
    long number() {
        return value("number")
                .filter(DIGITS.asMatchPredicate())
                .map(Long::parseLong)
                .orElse(0L);
    }

    /** Returns the catalogues, newest first. */
    static List<ResticSnapshot> catalogues(List<ResticSnapshot> all) {
        return all.stream()
                .filter(snapshot -> snapshot.tags().contains(CATALOGUE))
                .sorted(BY_NUMBER.reversed())
                .toList();
    }

    /** Returns the snapshots of a path, newest first. */
    static Stream<ResticSnapshot> at(String path, List<ResticSnapshot> all) {
        return all.stream()
                .filter(snapshot -> snapshot.isBackup() && snapshot.path().equals(Optional.of(path)))
                .sorted(Comparator.comparing(ResticSnapshot::time).reversed());
    }

    /**
     * Reads the output of {@code restic snapshots --json}.
     *
     * @throws IOException if it is no such list, or too long
     */
    static List<ResticSnapshot> read(InputStream output) throws IOException {
        List<ResticSnapshot> snapshots = new ArrayList<>();
        // The stream stays open: the caller reads it to its end.
        try (JsonParser json = JSON.createParser(output)) {
            JsonToken first = json.nextToken();
            if (first == JsonToken.VALUE_NULL) {
                return snapshots;
            }
            if (first != JsonToken.START_ARRAY) {
                throw new IOException("restic printed no list of snapshots");
            }
            while (json.nextToken() == JsonToken.START_OBJECT) {
                if (snapshots.size() == MOST) {
                    throw new IOException("the repository has more than " + MOST + " snapshots, the limit");
                }
                snapshots.add(one(json));
            }
            return snapshots;
        }
    }

    private static ResticSnapshot one(JsonParser json) throws IOException {
        String id = "";
        String time = "";
        OptionalLong bytes = OptionalLong.empty();
        List<String> tags = new ArrayList<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals("id")) {
                id = json.getValueAsString("");
            } else if (name.equals("time")) {
                time = json.getValueAsString("");
            } else if (name.equals("tags") && value == JsonToken.START_ARRAY) {
                while (json.nextToken() == JsonToken.VALUE_STRING) {
                    tags.add(json.getText());
                }
            } else if (name.equals("summary") && value == JsonToken.START_OBJECT) {
                bytes = bytes(json);
            } else {
                json.skipChildren();
            }
        }
        if (!ID.matcher(id).matches()) {
            throw new IOException("restic printed a snapshot without an id");
        }
        return new ResticSnapshot(id, time, tags, bytes);
    }

    private static OptionalLong bytes(JsonParser json) throws IOException {
        OptionalLong bytes = OptionalLong.empty();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals("total_bytes_processed") && value == JsonToken.VALUE_NUMBER_INT) {
                bytes = OptionalLong.of(json.getLongValue());
            } else {
                json.skipChildren();
            }
        }
        return bytes;
    }
}

package org.pgsteward.backup.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.nio.file.Path;

/** Reads and writes the JSON of the store: manifests, and the documents of backup sets. All sizes are limited. */
final class StoreJson {
    /** Bytes of a manifest or another document; one of ten thousand tables has one million. */
    static final int MOST_BYTES = 4 * 1024 * 1024;

    /** Tables of a database: more do not fit into the memory of a small host. */
    static final int MOST_TABLES = 50_000;

    /** Names and values of a document: two for each table, and some thousands for all else. */
    private static final int MOST_PARTS = 2 * MOST_TABLES + 20_000;

    /** Characters of one text in a document: while it is read, it needs six times the memory. */
    static final int LONGEST_TEXT = 100_000;

    /** What to do about a manifest that pgsteward would not write. */
    static final String REMOVE = "; remove it if another program wrote it";

    /** Most names in a manifest are those of tables, and each stands there once: to remember them takes memory for nothing. */
    private static final JsonFactory PARSERS = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_TEXT)
                    .maxNameLength(LONGEST_TEXT)
                    .build())
            .build();

    private final ObjectMapper mapper;

    /** For lists of many backups. */
    private final ObjectMapper mapperWithoutRows;

    StoreJson(ObjectMapper json) {
        // The manifest is read by other programs too, and has their spelling.
        mapper = json.copy().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
        mapperWithoutRows = mapper.copy().addMixIn(ManifestDocument.class, UnkeptRows.Mixin.class);
    }

    /** Returns a document as the store's files have it. */
    byte[] bytes(Object document) throws IOException {
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(document);
    }

    /** Returns a document on one line. */
    String text(Object document) throws IOException {
        return mapper.writeValueAsString(document);
    }

    /** @throws IOException when it is not as pgsteward writes it; the message names the file */
    <T> T read(Path file, byte[] content, Class<T> type) throws IOException {
        return read(mapper, file, content, type);
    }

    /** Returns a manifest without the rows of tables. They are checked, and need no memory. */
    Manifest readWithoutRows(Path file, byte[] content) throws IOException {
        return read(mapperWithoutRows, file, content, Manifest.class);
    }

    /** The message leaves out what the parser quotes: a file that another program put there may hold a secret. */
    private static <T> T read(ObjectMapper mapper, Path file, byte[] content, Class<T> type) throws IOException {
        try (JsonParser parser = new TokenLimit(PARSERS.createParser(content), MOST_PARTS)) {
            T read = mapper.readValue(parser, type);
            if (read == null) {
                throw new IOException(file + " is not as pgsteward writes it: it is null");
            }
            return read;
        } catch (RuntimeException e) {
            // A time or number that Java has no room for.
            throw new IOException(file + " is not as pgsteward writes it", e);
        } catch (JsonProcessingException e) {
            if (e.getCause() instanceof TokenLimit.TooMany) {
                throw new IOException(file + " has more than " + MOST_PARTS + " names and values, which pgsteward never"
                        + " writes; remove it");
            }
            if (e instanceof StreamConstraintsException || e.getCause() instanceof StreamConstraintsException) {
                throw new IOException(file + " has a text of more than " + LONGEST_TEXT + " characters, which pgsteward"
                        + " never writes; remove it");
            }
            JsonLocation at = e.getLocation();
            throw new IOException(file + " is not as pgsteward writes it"
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        }
    }
}

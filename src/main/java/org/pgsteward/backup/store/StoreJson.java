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
    /**
     * The largest size in bytes of a manifest or another document. A manifest with ten thousand tables has one million.
     */
    static final int MOST_BYTES = 4 * 1024 * 1024;

    /** The largest number of tables of a database. More do not fit into the memory of a small host. */
    static final int MOST_TABLES = 50_000;

    /** The largest number of names and values in a document: two for each table, and some thousands for all others. */
    private static final int MOST_PARTS = 2 * MOST_TABLES + 20_000;

    /** The largest number of characters of one text in a document. It needs six times the memory while it is read. */
    static final int LONGEST_TEXT = 100_000;

    /** The remedy for a manifest that pgsteward would not write. */
    static final String REMOVE = "; remove it if another program wrote it";

    /**
     * Does not cache names. Most names in a manifest are those of tables and occur once, so a cache would waste memory.
     */
    private static final JsonFactory PARSERS = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_TEXT)
                    .maxNameLength(LONGEST_TEXT)
                    .build())
            .build();

    private final ObjectMapper mapper;

    /** The mapper for lists of many backups. */
    private final ObjectMapper mapperWithoutRows;

    StoreJson(ObjectMapper json) {
        // Other programs read the manifest too, in this spelling.
        mapper = json.copy().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
        mapperWithoutRows = mapper.copy().addMixIn(ManifestDocument.class, UnkeptRows.Mixin.class);
    }

    /** Returns a document in the form of the store's files. */
    byte[] bytes(Object document) throws IOException {
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(document);
    }

    /** Returns a document on one line. */
    String text(Object document) throws IOException {
        return mapper.writeValueAsString(document);
    }

    /**
     * Reads a document.
     *
     * @throws IOException if pgsteward never writes such a document; the message names the file
     */
    <T> T read(Path file, byte[] content, Class<T> type) throws IOException {
        return read(mapper, file, content, type);
    }

    /** Returns a manifest without the rows of tables. They are checked and not kept. */
    Manifest readWithoutRows(Path file, byte[] content) throws IOException {
        return read(mapperWithoutRows, file, content, Manifest.class);
    }

    /**
     * Reads a document. Error messages omit the parser's quotation, since a file from another program may contain a
     * secret.
     */
    private static <T> T read(ObjectMapper mapper, Path file, byte[] content, Class<T> type) throws IOException {
        try (JsonParser parser = new TokenLimit(PARSERS.createParser(content), MOST_PARTS)) {
            T read = mapper.readValue(parser, type);
            if (read == null) {
                throw new IOException(file + " is not in pgsteward's format: it is null");
            }
            return read;
        } catch (RuntimeException e) {
            // A time or number out of Java's range.
            throw new IOException(file + " is not in pgsteward's format", e);
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
            throw new IOException(file + " is not in pgsteward's format"
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        }
    }
}

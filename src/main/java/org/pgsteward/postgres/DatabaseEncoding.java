package org.pgsteward.postgres;

/** The encodings of databases that a connection can read. */
public final class DatabaseEncoding {
    /**
     * The condition that the encoding of database {@code d} can be converted to UTF8, the encoding of pgsteward's
     * connections.
     */
    public static final String CONVERTIBLE = """
            (d.encoding IN (pg_catalog.pg_char_to_encoding('SQL_ASCII'), pg_catalog.pg_char_to_encoding('UTF8'))
             OR EXISTS (SELECT FROM pg_catalog.pg_conversion AS c
                         WHERE c.condefault AND c.conforencoding = d.encoding
                           AND c.contoencoding = pg_catalog.pg_char_to_encoding('UTF8')))
            """;

    private DatabaseEncoding() {}
}

package org.pgsteward.backup.restore;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.StoredFile;

/** The header of an archive. Pure. */
final class ArchiveHeader {
    private static final Pattern DATABASE = Pattern.compile(";\\s+dbname: (.*)", Pattern.DOTALL);

    private ArchiveHeader() {}

    /** Returns the reason why the archive does not belong to its manifest; empty if it does. */
    static Optional<String> contradiction(String list, StoredFile file) {
        String database = file.manifest().source().database();
        // The archive has the bytes of the name with which the dump was requested, in any encoding of the database.
        String expected = RestorePlan.oneLine(
                new String(database.getBytes(StandardCharsets.UTF_8), TableOfContents.charset(file)));
        return list.lines()
                .map(DATABASE::matcher)
                .filter(Matcher::matches)
                .map(header -> header.group(1))
                .findFirst()
                .filter(named -> !named.equals(expected))
                .map(named ->
                        "its archive is a dump of database " + named + ", but its manifest names database " + database);
    }
}

package org.pgsteward.backup.restore;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.backup.store.StoredFile;

/** What an archive says of itself. Pure. */
final class ArchiveHeader {
    private static final Pattern DATABASE = Pattern.compile(";\\s+dbname: (.*)", Pattern.DOTALL);

    private ArchiveHeader() {}

    /** Returns why the archive is not the one of which its manifest speaks. */
    static Optional<String> contradiction(String list, StoredFile file) {
        String database = file.manifest().source().database();
        // The name's bytes are those by which we asked for it, whichever the database's encoding is.
        String expected = RestorePlan.oneLine(
                new String(database.getBytes(StandardCharsets.UTF_8), TableOfContents.charset(file)));
        return list.lines()
                .map(DATABASE::matcher)
                .filter(Matcher::matches)
                .map(header -> header.group(1))
                .findFirst()
                .filter(named -> !named.equals(expected))
                .map(named -> "its archive is a dump of database " + named + ", and its manifest says " + database);
    }
}

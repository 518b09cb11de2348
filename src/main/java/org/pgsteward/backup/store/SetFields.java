package org.pgsteward.backup.store;

import java.io.IOException;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.pgsteward.model.BackupKind;

/**
 * The allowed values in the document of a backup set. Another program may have written any content into the store. The
 * id becomes the name of a file that is written and removed. Pure.
 */
final class SetFields {
    private static final Pattern PATH = Pattern.compile(Fields.FILE + "/" + Fields.FILE);

    /** The memory of a member beside its characters. */
    private static final int EACH = 200;

    private SetFields() {}

    /**
     * Checks the values of a set.
     *
     * @param id the name of the document
     * @throws IOException if a value is missing, or pgsteward never writes such a value; the message names the field
     */
    static void check(BackupSet set, String id) throws IOException {
        Fields.require("id", set.id(), id.equals(set.id()));
        Fields.text("asked", set.asked(), Fields.LONGEST);
        Fields.time("started_at", set.startedAt());
        if (set.closedAt() != null) {
            Fields.time("closed_at", set.closedAt());
        }
        for (BackupSet.Member member : Fields.present("members", set.members())) {
            check(Fields.present("members", member));
        }
        for (BackupSet.Missing missing : Fields.present("missing", set.missing())) {
            check(Fields.present("missing", missing));
        }
        BackupSet.Newest base = set.base();
        if (base != null) {
            Fields.matches("backup_id", base.backupId(), Fields.FILE);
            Fields.text("state", base.state(), Fields.LONGEST);
            Fields.time("started_at", base.startedAt());
        }
    }

    /** Returns the needed memory, in characters. */
    static long size(BackupSet set) {
        long size = EACH;
        for (BackupSet.Member member : set.members()) {
            size += EACH
                    + ManifestSize.texts(
                            member.service(),
                            member.database(),
                            member.kind(),
                            member.backupId(),
                            member.state(),
                            member.path());
        }
        for (BackupSet.Missing missing : set.missing()) {
            size += EACH + ManifestSize.texts(missing.service(), missing.database(), missing.kind(), missing.reason());
        }
        return size;
    }

    private static void check(BackupSet.Member member) throws IOException {
        Fields.name("service", member.service());
        Fields.name("database", member.database());
        kind(member.kind());
        Fields.matches("backup_id", member.backupId(), Fields.FILE);
        Fields.text("state", member.state(), Fields.LONGEST);
        Fields.matches("path", member.path(), PATH);
        Fields.time("started_at", member.startedAt());
    }

    private static void check(BackupSet.Missing missing) throws IOException {
        Fields.name("service", missing.service());
        Fields.name("database", missing.database());
        kind(missing.kind());
        Fields.require("reason", missing.reason(), missing.reason() != null);
    }

    private static void kind(String word) throws IOException {
        Fields.require(
                "kind",
                word,
                Arrays.stream(BackupKind.values()).anyMatch(kind -> kind.word().equals(word)));
    }
}

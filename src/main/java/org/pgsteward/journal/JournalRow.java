package org.pgsteward.journal;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Expiry;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.JournalEntry;
import org.pgsteward.model.Login;

/**
 * One row on its way to its table.
 *
 * @param table the name of the statement that writes it: {@code activity}, {@code backup}, {@code copy}, {@code
 *     expiry}, {@code image-change} or {@code login}
 * @param columns the statement's parameters by name; times in ISO 8601
 */
public record JournalRow(String table, Map<String, @Nullable Object> columns) {
    /** The width of the column {@code user_activity.action}. */
    private static final int ACTION_CHARACTERS = 100;

    /** The longest text of a program that is kept of a failed copy. */
    private static final int ERROR_CHARACTERS = 2000;

    /**
     * Adds the parameters that a row from an older pgsteward lacks in the spool and that its statement requires. A
     * parameter with its previous name gets the present one.
     */
    public JournalRow {
        Map<String, @Nullable Object> complete = new LinkedHashMap<>(columns);
        if (table.equals("backup")) {
            complete.putIfAbsent("set_id", null);
            complete.putIfAbsent("dump_seconds", null);
            complete.putIfAbsent("verify_seconds", null);
            complete.putIfAbsent("verification", complete.remove("proof"));
            complete.putIfAbsent("said_at", null);
            complete.putIfAbsent("caveat", null);
            complete.putIfAbsent("image", null);
        }
        columns = Collections.unmodifiableMap(complete);
    }

    /** Returns the row for {@code entry}. */
    public static JournalRow of(JournalEntry entry) {
        if (entry instanceof Activity activity) {
            return of(activity);
        } else if (entry instanceof Backup backup) {
            return of(backup);
        } else if (entry instanceof BackupCopy copy) {
            return of(copy);
        } else if (entry instanceof Expiry expiry) {
            return of(expiry);
        } else if (entry instanceof ImageChange change) {
            return of(change);
        }
        return of((Login) entry);
    }

    /**
     * Returns whether an older pgsteward left this row in the spool. Provisioning now writes {@code service_configs}
     * itself.
     */
    boolean isObsolete() {
        return table.equals("enrolment");
    }

    /**
     * Returns the row with the time of its recording. Other rows than those of backups and copies need none: they are
     * recorded once.
     */
    JournalRow saidAt(Instant at) {
        if (!table.equals("backup") && !table.equals("copy")) {
            return this;
        }
        Map<String, @Nullable Object> dated = new LinkedHashMap<>(columns);
        dated.put("said_at", at.toString());
        return new JournalRow(table, dated);
    }

    private static JournalRow of(Activity activity) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("service", cut(activity.service(), 50));
        columns.put("action", cut(activity.action(), ACTION_CHARACTERS));
        columns.put("user", cut(activity.user(), 100));
        columns.put("at", activity.at().toString());
        columns.put("event_id", activity.eventId().toString());
        return new JournalRow("activity", columns);
    }

    private static JournalRow of(Backup backup) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("service", cut(backup.service(), 50));
        columns.put("kind", backup.kind().word());
        columns.put("path", backup.path().orElse(null));
        columns.put("started_at", backup.times().startedAt().toString());
        columns.put("success", backup.state() == BackupState.MADE || backup.state() == BackupState.VERIFIED);
        columns.put("id", backup.id());
        columns.put("state", backup.state().word());
        columns.put("finished_at", text(backup.times().finishedAt()));
        columns.put("verified_at", text(backup.verification().at()));
        columns.put("size_bytes", backup.file().sizeBytes());
        columns.put("source_bytes", backup.file().sourceBytes());
        columns.put(
                "sha256",
                backup.file().sha256().isEmpty() ? null : backup.file().sha256());
        columns.put("server_version", backup.source().serverVersion());
        columns.put("error", backup.error().isEmpty() ? null : backup.error());
        columns.put("event_id", backup.identity().eventId().toString());
        columns.put(
                "set_id",
                backup.identity().setId().isEmpty() ? null : backup.identity().setId());
        columns.put("dump_seconds", seconds(backup.times().dumpTime()));
        columns.put("verify_seconds", seconds(backup.verification().took()));
        columns.put("verification", verification(backup));
        columns.put("caveat", backup.caveats().isEmpty() ? null : String.join("\n", backup.caveats()));
        columns.put(
                "image",
                backup.source().image().isEmpty() ? null : backup.source().image());
        return new JournalRow("backup", columns);
    }

    private static JournalRow of(BackupCopy copy) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("service", cut(copy.source().service(), 50));
        columns.put("kind", copy.source().kind().word());
        columns.put("id", copy.source().backupId());
        columns.put("backup_event_id", copy.source().eventId().toString());
        columns.put("path", copy.source().path());
        columns.put("started_at", copy.source().startedAt().toString());
        columns.put("target", copy.target());
        columns.put("state", copy.state().word());
        columns.put("size_bytes", copy.sizeBytes());
        columns.put("copied_at", text(copy.copiedAt()));
        columns.put("checked_at", text(copy.checkedAt()));
        columns.put("verified_at", text(copy.verifiedAt()));
        columns.put("error", copy.error().isEmpty() ? null : cut(copy.error(), ERROR_CHARACTERS));
        columns.put("event_id", copy.eventId().toString());
        columns.put("said_at", null);
        return new JournalRow("copy", columns);
    }

    private static JournalRow of(Expiry expiry) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("event_id", expiry.eventId().toString());
        return new JournalRow("expiry", columns);
    }

    private static JournalRow of(ImageChange change) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("service", change.service());
        columns.put("reason", change.reason());
        columns.put("at", change.at().toString());
        return new JournalRow("image-change", columns);
    }

    private static JournalRow of(Login login) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("service", cut(login.service(), 50));
        columns.put("user", cut(login.user(), 100));
        columns.put("address", login.address().isEmpty() ? null : login.address());
        columns.put("first_seen", login.firstSeen().toString());
        columns.put("last_seen", login.lastSeen().toString());
        columns.put("event_id", login.eventId().toString());
        return new JournalRow("login", columns);
    }

    /** Returns the source of the verification: the stored file, or only the stream that was encrypted into it. */
    private static @Nullable String verification(Backup backup) {
        return backup.state() == BackupState.VERIFIED
                ? "file"
                : backup.verification().inStream() ? "stream" : null;
    }

    /** Returns null for a time that was not measured, so that the row does not overwrite a measured one. */
    private static @Nullable String seconds(Duration time) {
        return time.isZero() ? null : BigDecimal.valueOf(time.toMillis(), 3).toPlainString();
    }

    private static @Nullable String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }

    private static String cut(String text, int characters) {
        return text.codePointCount(0, text.length()) <= characters
                ? text
                : text.substring(0, text.offsetByCodePoints(0, characters));
    }
}

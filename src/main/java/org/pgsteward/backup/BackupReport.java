package org.pgsteward.backup;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;

/** The document that {@code backup --json} and {@code verify --json} print. */
public record BackupReport(List<Line> backups) {
    /** The new name of a key by the previous one, which the document has for one more version. */
    public static final Map<String, String> RENAMED = Map.of("proof", "verification");

    /** One backup. Durations are decimal seconds, sizes are bytes. */
    public record Line(
            String service,
            @JsonProperty("backup_id") String backupId,
            String kind,
            String state,
            @Nullable String path,
            @JsonProperty("size_bytes") long sizeBytes,
            @JsonProperty("source_bytes") long sourceBytes,
            @Nullable String sha256,
            @JsonProperty("dump_seconds") double dumpSeconds,
            @JsonProperty("verify_seconds") double verifySeconds,
            @Nullable String verification,
            @Nullable String error,
            List<String> caveats,
            boolean unchanged) {
        /** Returns {@code verification}, for the previous name of its key. */
        @JsonProperty("proof")
        @Nullable
        String proof() {
            return verification;
        }

        /**
         * Returns whether the backup was verified only while it was made, since this host cannot decrypt the stored
         * file.
         */
        @JsonIgnore
        public boolean isVerifiedInStream() {
            return STREAM.equals(verification);
        }
    }

    /**
     * The value of {@code verification} for a backup that was verified before it was encrypted. This host cannot decrypt the
     * file.
     */
    private static final String STREAM = "stream";

    public static BackupReport of(List<Backup> backups) {
        return new BackupReport(backups.stream()
                .map(backup -> new Line(
                        backup.service(),
                        backup.id(),
                        backup.kind().word(),
                        backup.state().word(),
                        backup.path().orElse(null),
                        backup.file().sizeBytes(),
                        backup.file().sourceBytes(),
                        backup.file().sha256().isEmpty() ? null : backup.file().sha256(),
                        seconds(backup.times().dumpTime()),
                        seconds(backup.verification().took()),
                        backup.state() == BackupState.VERIFIED
                                ? "file"
                                : backup.verification().inStream() ? STREAM : null,
                        backup.error().isEmpty() ? null : backup.error(),
                        backup.caveats(),
                        isUnchanged(backup)))
                .toList());
    }

    /** Returns 0 if each backup is verified, from its file or before its encryption, otherwise 1. */
    public int exitCode() {
        return backups.stream().allMatch(BackupReport::isVerified) ? 0 : 1;
    }

    private static boolean isVerified(Line line) {
        return line.state().equals(BackupState.VERIFIED.word())
                || (line.state().equals(BackupState.MADE.word()) && STREAM.equals(line.verification()));
    }

    /** Returns whether the backup took over the verification of an earlier one, whose file it shares. */
    private static boolean isUnchanged(Backup backup) {
        return backup.state() == BackupState.VERIFIED
                && backup.verification()
                        .at()
                        .filter(at -> at.isBefore(backup.times().startedAt()))
                        .isPresent();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}

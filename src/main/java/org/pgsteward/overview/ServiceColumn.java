package org.pgsteward.overview;

import java.time.Duration;
import java.util.Optional;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Size;
import org.pgsteward.monitor.DatabaseMetrics;

/**
 * The columns of the table of services, in their order. The status page and {@code status} take their headings and the
 * words of their cells from here, so that both show the same.
 */
public enum ServiceColumn {
    SERVICE("Service", false),
    STATE("State", false),
    RESTORE_POINT("Can be restored to", false),
    NEWEST_RUN("Newest run", false),
    RESTORE_TIME("Restore takes", true),
    DATABASE("Database", true),
    SESSIONS("Sessions", true),
    BACKUP("Backup", true),
    MEMORY("Memory", true),
    DAYS("Backups of " + BackupDays.DAYS + " days", false);

    /** Text of a database without a backup that could be restored. */
    public static final String NO_VERIFIED_BACKUP = "no verified backup";

    private final String heading;
    private final boolean number;

    ServiceColumn(String heading, boolean number) {
        this.heading = heading;
        this.number = number;
    }

    public String heading() {
        return heading;
    }

    /** Returns whether the cells hold figures, which are aligned to the right. */
    public boolean isNumber() {
        return number;
    }

    /** Returns the words of a service's cell; empty if there is nothing to show. They may contain external text. */
    public Optional<String> text(Overview.Service service, Overview overview) {
        return switch (this) {
            case SERVICE -> Optional.of(RowTexts.name(service));
            case STATE -> Optional.of(RowTexts.state(service, overview).words()).filter(words -> !words.isEmpty());
            case RESTORE_POINT ->
                service.restorableTo()
                        .map(at -> Elapsed.roughly(overview.age(at)) + " ago")
                        .or(() -> needsBackup(service) ? Optional.of(NO_VERIFIED_BACKUP) : Optional.empty());
            case NEWEST_RUN ->
                service.backups()
                        .map(BackupHistory::lastState)
                        .map(state -> state.equals(BackupState.EXPIRED.word()) ? "removed" : state)
                        .or(() -> service.isDatabase() ? Optional.of("none") : Optional.empty());
            case RESTORE_TIME ->
                service.backups().flatMap(BackupHistory::restores).map(ServiceColumn::seconds);
            case DATABASE ->
                service.database().map(DatabaseMetrics.Figure::sizeBytes).map(Size::words);
            case SESSIONS ->
                service.database().map(DatabaseMetrics.Figure::connections).map(String::valueOf);
            case BACKUP ->
                service.backups()
                        .map(BackupHistory::sizeBytes)
                        .filter(size -> size > 0)
                        .map(Size::words);
            case MEMORY -> service.memory().map(ServiceColumn::percent);
            case DAYS -> service.days().isEmpty() ? Optional.empty() : Optional.of(DayTexts.summary(service.days()));
        };
    }

    private static boolean needsBackup(Overview.Service service) {
        return service.isDatabase() || service.backups().isPresent();
    }

    /** Returns the words of a duration; {@code < 1 s} for less than a second. */
    public static String seconds(Duration span) {
        return span.toMillis() < 1000 ? "< 1 s" : Elapsed.words(span);
    }

    private static String percent(Memory memory) {
        long percent = Math.round(memory.ratio() * 100);
        return (percent < 1 ? "< 1" : Long.toString(percent)) + " %";
    }
}

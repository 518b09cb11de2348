package org.pgsteward.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The daily results of each service's backups. */
public final class BackupDays {
    /** The number of days that are read, today included. */
    public static final int DAYS = 30;

    /** Ended runs, each with its result as the ordinal of an {@link Outcome}, from best to worst. */
    private static final String OUTCOMES = """
            SELECT service_name, started_at,
                   CASE WHEN %s THEN 0
                        WHEN state = 'expired' AND (verified_at IS NOT NULL OR verification = 'stream') THEN 1
                        WHEN state IN ('made', 'unverifiable', 'expired') THEN 2
                        ELSE 3
                   END
              FROM public.backup_log
             WHERE started_at >= ? AND state <> 'running'
            """.formatted(BackupRows.IS_VERIFIED);

    private BackupDays() {}

    /** The best result of a day's runs. */
    public enum Outcome {
        /** Verified, and still in the store. */
        KEPT,
        /** Verified, and removed since by the retention policy. */
        REMOVED,
        /** Made, and not verified. */
        UNVERIFIED,
        FAILED,
        /** No run. */
        NONE
    }

    /**
     * Returns each service's outcomes for the days up to {@code now}, oldest first. Omits a service without a row.
     *
     * @param connection a connection to the management database
     * @param zone the time zone in which a day begins at midnight
     */
    public static Map<String, List<Outcome>> read(Connection connection, Instant now, ZoneId zone) throws SQLException {
        LocalDate first = now.atZone(zone).toLocalDate().minusDays(DAYS - 1L);
        Map<String, List<Outcome>> days = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(OUTCOMES)) {
            statement.setObject(1, first.atStartOfDay(zone).toInstant().atOffset(ZoneOffset.UTC));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    LocalDate day = rows.getObject(2, OffsetDateTime.class)
                            .atZoneSameInstant(zone)
                            .toLocalDate();
                    Outcome outcome = Outcome.values()[rows.getInt(3)];
                    // After the clock was set back, earlier runs lie in the future. They count as today's.
                    int index = (int) Math.min(DAYS - 1L, ChronoUnit.DAYS.between(first, day));
                    List<Outcome> outcomes = days.computeIfAbsent(
                            rows.getString(1), unseen -> new ArrayList<>(Collections.nCopies(DAYS, Outcome.NONE)));
                    if (outcome.compareTo(outcomes.get(index)) < 0) {
                        outcomes.set(index, outcome);
                    }
                }
            }
        }
        return days;
    }
}

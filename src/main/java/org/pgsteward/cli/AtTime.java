package org.pgsteward.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import org.pgsteward.model.Refusal;

/**
 * A point in time as an operator writes it: ISO 8601 with an offset, or local time in the configured zone. A date alone
 * means the end of that day.
 */
final class AtTime {
    private AtTime() {}

    /** @throws Refusal if the text is not a time, with the accepted forms */
    static Instant parse(String text, ZoneId zone) {
        return parse("--at", text, zone);
    }

    /**
     * @param option for the message
     * @throws Refusal if the text is not a time, with the accepted forms
     */
    static Instant parse(String option, String text, ZoneId zone) {
        String iso = text.strip().replaceFirst("(?<=\\d) (?=\\d)", "T");
        try {
            if (iso.matches("\\d{4}-\\d\\d-\\d\\d")) {
                return LocalDate.parse(iso)
                        .plusDays(1)
                        .atStartOfDay(zone)
                        .toInstant()
                        .minusMillis(1);
            }
            if (iso.matches(".*T.*(Z|[+-]\\d\\d(:?\\d\\d)?)")) {
                return OffsetDateTime.parse(iso).toInstant();
            }
            return LocalDateTime.parse(iso).atZone(zone).toInstant();
        } catch (DateTimeException e) {
            throw new Refusal(option + " '" + text + "' is not a time: write 2026-01-31T03:00:00Z, or"
                    + " '2026-01-31 03:00' for local time (" + zone + ")");
        }
    }
}

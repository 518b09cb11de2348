package org.pgsteward.backup.dump;

import java.time.Duration;
import java.time.Instant;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;

/** Decides whether a new dump has the content of a stored backup, and whether that backup has to be verified again. Pure. */
final class UnchangedRule {
    /** Nights are not equally long, and a verification of yesterday at this time counts as one day old. */
    private static final Duration TOLERANCE = Duration.ofHours(12);

    /** The verifications of unchanged databases spread over this number of days at the end of their time. */
    private static final int SPREAD = 3;

    private UnchangedRule() {}

    /**
     * Returns whether a restore of the stored backup has the content and all checked properties of the new dump. The size of
     * the database does not count: it also changes without a change of the content.
     */
    static boolean isSame(Manifest made, Manifest stored) {
        return !made.file().contentSha256().isEmpty()
                && made.file().contentSha256().equals(stored.file().contentSha256())
                && made.file().sourceBytes() == stored.file().sourceBytes()
                && made.file().recipients().equals(stored.file().recipients())
                && made.source().kind().equals(stored.source().kind())
                && made.source().service().equals(stored.source().service())
                && made.source().database().equals(stored.source().database())
                && made.source().owner().equals(stored.source().owner())
                && made.run().serverVersion().equals(stored.run().serverVersion())
                && made.run().clientVersion().equals(stored.run().clientVersion())
                && made.contents().extensions().equals(stored.contents().extensions())
                && made.contents().rows().equals(stored.contents().rows())
                && withoutSize(made).equals(withoutSize(stored));
    }

    private static DatabaseEnvironment withoutSize(Manifest manifest) {
        return manifest.contents().surroundings().with(0);
    }

    /**
     * Returns whether the shared file has to be restored again, so that no verification gets older than {@code days}. Services
     * become due on different days, since all of them were verified in the same first night.
     */
    static boolean isDue(String service, Instant verifiedAt, int days, Instant now) {
        if (verifiedAt.isAfter(now.plus(TOLERANCE))) {
            // The clock was ahead then. The next verification would otherwise wait for that time.
            return true;
        }
        int earlier = Math.floorMod(service.hashCode(), Math.min(SPREAD, days));
        return !verifiedAt
                .plus(Duration.ofDays(days - earlier))
                .minus(TOLERANCE)
                .isAfter(now);
    }
}

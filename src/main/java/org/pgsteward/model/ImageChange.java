package org.pgsteward.model;

import java.time.Instant;

/**
 * A service's container came back with another image. The schema may be upgraded from here on, and only a dump of before
 * leads back.
 *
 * @param fromImage the name of the image that it had
 * @param fromImageId the digest of what that name meant; empty where it was never seen
 * @param toImage the name of the image that it has now
 * @param toImageId the digest of what that name means now
 * @param at when the change was seen
 */
public record ImageChange(
        String service, String fromImage, String fromImageId, String toImage, String toImageId, Instant at)
        implements JournalEntry {
    /** Enough of a digest to know it by, as {@code docker images} shows it. */
    private static final int SHORT_ID = 12;

    /** Why a backup of before is kept, in one line: {@code before app:1 (0123456789ab) became app:2 at …}. */
    public String reason() {
        return "before " + words(fromImage, fromImageId) + " became " + words(toImage, toImageId) + " at " + at;
    }

    private static String words(String image, String imageId) {
        String digits = imageId.substring(imageId.indexOf(':') + 1);
        return digits.isEmpty() ? image : image + " (" + digits.substring(0, Math.min(SHORT_ID, digits.length())) + ")";
    }
}

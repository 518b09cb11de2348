package org.pgsteward.model;

import java.time.Instant;

/**
 * A change of the image of a service's container. The new version may upgrade the database's schema, and then only a
 * dump from before the change allows a return to the old version.
 *
 * @param fromImage the name of the previous image
 * @param fromImageId the digest of that name; empty if it was never recorded
 * @param toImage the name of the new image
 * @param toImageId the digest of that name now
 * @param at when the change was seen
 */
public record ImageChange(
        String service, String fromImage, String fromImageId, String toImage, String toImageId, Instant at)
        implements JournalEntry {
    /** The number of hexadecimal digits of a digest that {@code docker images} shows. */
    private static final int SHORT_ID = 12;

    /**
     * Returns why a backup from before the change is kept, in one line:
     * {@code before app:1 (0123456789ab) became app:2 at …}.
     */
    public String reason() {
        return "before the change from " + words(fromImage, fromImageId) + " to " + words(toImage, toImageId) + " at "
                + at;
    }

    private static String words(String image, String imageId) {
        String digits = imageId.substring(imageId.indexOf(':') + 1);
        return digits.isEmpty() ? image : image + " (" + digits.substring(0, Math.min(SHORT_ID, digits.length())) + ")";
    }
}

package org.pgsteward.provision;

import java.sql.SQLException;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Activity;
import org.pgsteward.model.ImageChange;

/** Reports that a service runs another image, with the last verified backup of the previous image. */
final class ImageChanges {
    private final Tables tables;

    ImageChanges(Tables tables) {
        this.tables = tables;
    }

    void report(ImageChange change, ProvisionFindings findings) {
        findings.row(change);
        findings.row(Activity.ours(change.service(), "image changed", change.at()));
        String backup;
        try {
            backup = tables.history()
                    .lastVerified(change.service(), change.at())
                    .map(last -> "last verified backup of the previous image: " + last.path() + ", which is kept")
                    .orElse("there is no verified backup of the previous image");
        } catch (SQLException e) {
            backup = "last verified backup of the previous image: unknown, since PostgreSQL does not answer";
        }
        findings.inform(
                "image-changed",
                change.service(),
                change.service() + " changed its image from " + change.fromImage() + " (" + digest(change.fromImageId())
                        + ") to " + change.toImage() + " (" + digest(change.toImageId()) + "); " + backup);
    }

    private static String digest(String imageId) {
        String hex = imageId.replaceFirst("^sha256:", "");
        return hex.substring(0, Math.min(12, hex.length()));
    }
}

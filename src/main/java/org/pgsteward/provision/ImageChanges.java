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
        String verified;
        try {
            verified = tables.history()
                    .lastVerified(change.service(), change.at())
                    .map(backup -> "last proved backup before that: " + backup.path() + ", which is kept")
                    .orElse("there is no proved backup of before that");
        } catch (SQLException e) {
            verified = "the last proved backup before that is not known, since PostgreSQL does not answer";
        }
        findings.inform(
                "image-changed",
                change.service(),
                change.service() + " went from " + change.fromImage() + " (" + digest(change.fromImageId()) + ") to "
                        + change.toImage() + " (" + digest(change.toImageId()) + "); " + verified);
    }

    private static String digest(String imageId) {
        String hex = imageId.replaceFirst("^sha256:", "");
        return hex.substring(0, Math.min(12, hex.length()));
    }
}

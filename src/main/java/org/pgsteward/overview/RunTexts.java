package org.pgsteward.overview;

import org.pgsteward.journal.ServiceHistory;

/** Words of one run of a backup, the same as those of the daily results. */
public final class RunTexts {
    private RunTexts() {}

    public static String words(ServiceHistory.Run run) {
        return switch (run.state()) {
            case VERIFIED -> "verified";
            case MADE -> run.verified() ? "verified" : "made, not verified";
            case EXPIRED -> (run.verified() ? "verified" : "made, not verified") + ", removed since";
            case UNVERIFIABLE, FAILED, RUNNING -> run.state().word();
        };
    }
}

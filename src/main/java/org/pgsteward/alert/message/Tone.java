package org.pgsteward.alert.message;

import org.pgsteward.model.Notification;

/**
 * Urgency of a notification in each service's own scale. A coloured sign serves services that show text only; a colour
 * is RGB. ntfy's priority is 1 to 5 (2 makes no sound, 3 is the usual, 5 rings long; docs.ntfy.sh/publish, "Message
 * priority"). Gotify's is 0 to 10 (from 1 an icon, from 4 a sound, from 8 also a vibration; the Android application's
 * README).
 */
enum Tone {
    OVER("🟢", 0x2E7D32, 3, 4),
    INFO("🔵", 0x1565C0, 2, 2),
    WARNING("🟠", 0xEF6C00, 4, 5),
    CRITICAL("🔴", 0xC62828, 5, 8);

    private final String symbol;
    private final int colour;
    private final int ntfy;
    private final int gotify;

    Tone(String symbol, int colour, int ntfy, int gotify) {
        this.symbol = symbol;
        this.colour = colour;
        this.ntfy = ntfy;
        this.gotify = gotify;
    }

    static Tone of(Notification notice) {
        if (MessageText.isResolved(notice)) {
            return OVER;
        }
        return switch (notice.severity()) {
            case "critical" -> CRITICAL;
            case "warning" -> WARNING;
            default -> INFO;
        };
    }

    String symbol() {
        return symbol;
    }

    int colour() {
        return colour;
    }

    int ntfy() {
        return ntfy;
    }

    int gotify() {
        return gotify;
    }
}

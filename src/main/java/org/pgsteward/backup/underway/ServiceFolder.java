package org.pgsteward.backup.underway;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.pgsteward.io.Sha256;

/** The name of a service in file names: of its backup folder, its lock and its records. Pure. */
public final class ServiceFolder {
    /** The name of the store's own file. */
    public static final String RECOVERY_CARD = "RECOVERY.md";

    /**
     * The limit of a name, in characters. Twice this, the time and the endings must fit the column for paths, which has
     * 255 characters in the seed's schema.
     */
    private static final int LONGEST = 100;

    private static final int KEPT_OF_LONG = 80;

    private ServiceFolder() {}

    /**
     * Returns the folder's name for a service. Letters, digits, dot, dash and underscore stand for themselves. All
     * other characters are escaped as in a URL, so that no name leads out of the store and no two services share a
     * folder. A name that becomes too long for the journal's column by escaping keeps its beginning, and a hash
     * replaces the rest. The name of the store's own file is escaped, too.
     */
    public static String name(String service) {
        StringBuilder name = new StringBuilder();
        for (byte b : service.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c < 128
                    && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || (c == '.' && name.length() > 0));
            name.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
        }
        if (name.toString().equals(RECOVERY_CARD)) {
            return "%52" + name.substring(1);
        }
        if (name.length() <= LONGEST) {
            return name.toString();
        }
        byte[] hash = Sha256.digest().digest(service.getBytes(StandardCharsets.UTF_8));
        return name.substring(0, KEPT_OF_LONG) + "~" + HexFormat.of().formatHex(hash, 0, 8);
    }
}

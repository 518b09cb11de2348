package org.pgsteward.backup.store;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;

/** The memory that a manifest needs, without the rows of tables. Pure. */
final class ManifestSize {
    /** The largest number of characters of a manifest. */
    private static final int MOST = 1_000_000;

    /** The memory of a text beside its characters. */
    private static final int EACH = 50;

    private ManifestSize() {}

    /**
     * Checks the size of a manifest.
     *
     * @throws IOException if the manifest is larger than that of any backup
     */
    static void check(Manifest manifest) throws IOException {
        long size = of(manifest);
        if (size > MOST) {
            throw new IOException("it is larger than the manifest of any backup: " + size + " characters");
        }
    }

    /** Returns the number of its characters. Characters outside of Latin-1 count twice, as in memory. */
    static long of(Manifest manifest) {
        DatabaseEnvironment database = manifest.contents().surroundings();
        return texts(
                        manifest.identity().backupId(),
                        manifest.identity().eventId(),
                        manifest.identity().setId(),
                        manifest.source().service(),
                        manifest.source().database(),
                        manifest.source().owner(),
                        manifest.source().image(),
                        manifest.source().kind(),
                        manifest.file().name(),
                        manifest.file().sha256(),
                        manifest.file().contentSha256(),
                        manifest.run().serverVersion(),
                        manifest.run().clientVersion(),
                        manifest.file().verification(),
                        database.encoding(),
                        database.provider(),
                        database.collate(),
                        database.ctype(),
                        database.locale(),
                        database.icuRules(),
                        database.tablespace(),
                        database.powers())
                + list(manifest.file().recipients())
                + map(manifest.contents().extensions())
                + list(manifest.caveats())
                + list(database.roles())
                + map(database.schemas())
                + map(database.settings())
                + list(database.tablespaces())
                + losses(database.losses());
    }

    private static long losses(Losses losses) {
        return list(losses.filledViews())
                + list(losses.privileges())
                + list(losses.sessionChecks())
                + list(losses.systemObjects())
                + list(losses.sessionViews())
                + losses.extensionObjects().stream()
                        .mapToLong(object -> EACH + texts(object.name(), object.extension()))
                        .sum()
                + losses.extensionTables().stream()
                        .mapToLong(table -> EACH + texts(table.name(), table.extension()))
                        .sum();
    }

    /** Returns the number of characters of some texts. */
    static long texts(String... texts) {
        long sum = 0;
        for (String text : texts) {
            sum += text(text);
        }
        return sum;
    }

    private static long list(Collection<String> texts) {
        return texts == null
                ? 0
                : texts.stream().mapToLong(text -> EACH + text(text)).sum();
    }

    /** Returns the number of characters of all keys and values, and the memory of each text beside them. */
    static long map(Map<String, String> texts) {
        return texts == null ? 0 : list(texts.keySet()) + list(texts.values());
    }

    private static long text(String text) {
        if (text == null) {
            return 0;
        }
        return text.chars().allMatch(c -> c < 256) ? text.length() : 2L * text.length();
    }
}

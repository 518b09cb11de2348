package org.pgsteward.backup.store;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;

/** How much memory a manifest needs, without the rows of tables. Pure. */
final class ManifestSize {
    /** Characters of one. */
    private static final int MOST = 1_000_000;

    /** What a text needs beside its characters. */
    private static final int EACH = 50;

    private ManifestSize() {}

    /** @throws IOException when it is larger than that of any backup */
    static void check(Manifest manifest) throws IOException {
        long size = of(manifest);
        if (size > MOST) {
            throw new IOException("it describes more than a backup has: " + size + " characters");
        }
    }

    /** Returns its characters; those outside of Latin-1 count twice, as they do in memory. */
    static long of(Manifest manifest) {
        Surroundings database = manifest.contents().surroundings();
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
                        manifest.run().serverVersion(),
                        manifest.run().clientVersion(),
                        manifest.file().proof(),
                        database.encoding(),
                        database.provider(),
                        database.collate(),
                        database.ctype(),
                        database.locale(),
                        database.icuRules(),
                        database.tablespace(),
                        database.powers())
                + list(manifest.file().sealedTo())
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

    /** Returns the characters of some texts. */
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

    /** The same with what each text needs beside its characters. */
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

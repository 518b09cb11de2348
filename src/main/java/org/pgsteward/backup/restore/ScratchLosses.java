package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.pgsteward.backup.store.Losses;
import org.pgsteward.backup.store.Manifest;

/** The contents of a database that its restore into a scratch cluster left empty or lost. */
final class ScratchLosses {
    private ScratchLosses() {}

    /** Returns the contents that are missing after a restore, one line each. */
    static List<String> of(Manifest manifest, ScratchSite site) throws IOException, InterruptedException {
        Losses losses = manifest.contents().surroundings().losses();
        List<String> lost =
                new ArrayList<>(new MaterializedViews(site, ScratchDatabase.NAME).emptied(losses.filledViews()));
        if (!losses.extensionTables().isEmpty()) {
            Set<String> there =
                    Set.of(site.ask(ScratchDatabase.NAME, ExtensionTables.NAMES).split("\u001e", -1));
            List<String> tables = losses.extensionTables().stream()
                    .map(Losses.ExtensionTable::name)
                    .filter(there::contains)
                    .toList();
            lost.addAll(ExtensionTables.lost(losses.extensionTables(), ScratchRows.count(tables, site.cluster())));
        }
        lost.addAll(ExtensionObjects.lost(losses.extensionObjects(), site, ScratchDatabase.NAME));
        lost.addAll(TextSearchExpressions.lost(manifest, site, ScratchDatabase.NAME));
        return lost;
    }
}

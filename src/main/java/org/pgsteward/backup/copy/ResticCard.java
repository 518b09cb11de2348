package org.pgsteward.backup.copy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.backup.store.ShellWord;

/** The lines by which an operator without pgsteward reads backups from a repository of restic. Pure. */
final class ResticCard {
    private static final String TEXT =
            "You need `restic`. Put the address of the repository into `RESTIC_REPOSITORY` and its password into"
                    + " `RESTIC_PASSWORD`, and export both, with the variables that its storage needs, such as"
                    + " `AWS_ACCESS_KEY_ID`. The line below checks them. The other lines read each plain dump from its"
                    + " snapshot; `restic snapshots --tag pgsteward` lists the snapshots of older backups.";

    private ResticCard() {}

    /** @param snapshots of the repository */
    static CardOrigin of(List<ResticSnapshot> snapshots) {
        Map<String, ResticSnapshot> newest = new HashMap<>();
        for (ResticSnapshot snapshot : snapshots) {
            Optional<String> path = snapshot.path();
            if (path.isPresent() && snapshot.isComplete()) {
                newest.merge(
                        path.get(), snapshot, (one, other) -> one.time().compareTo(other.time()) >= 0 ? one : other);
            }
        }
        return CardOrigin.streamed(TEXT, path -> command(path, newest.get(path)), "restic cat config > /dev/null");
    }

    private static String command(String path, @Nullable ResticSnapshot snapshot) {
        String form = snapshot == null ? ResticContent.PLAIN : snapshot.form().orElse(ResticContent.PLAIN);
        String file = ShellWord.of("/" + ResticContent.name(path, form));
        String dump = "restic dump "
                + (snapshot == null ? "--tag " + ShellWord.of(ResticSnapshot.pathTag(path)) + " latest" : snapshot.id())
                + " " + file;
        if (form.equals(ResticContent.PLAIN)) {
            return dump;
        }
        // This host could not decrypt the file, so the repository has it as it is in the store.
        return dump + (path.endsWith(".age") ? " | age -d -i \"${AGE_KEY:-key.txt}\"" : "") + " | zstd -dc";
    }
}

package org.pgsteward.backup.restore;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.model.BackupKind;

/**
 * The rules for the caveats of a dump: the contents that its restore refuses or loses. A night reports them for each
 * backup, and a restore reports its own by the same rules. Pure.
 */
public final class RestoreCaveats {
    private static final int MOST = 20;

    /** The limit of one caveat, in characters. */
    private static final int LONGEST = 300;

    private RestoreCaveats() {}

    /** Returns the reason why a dump with these extensions is refused, with the next step. */
    static Optional<String> forbidden(Collection<String> extensions, Set<String> allowed) {
        Set<String> forbidden = new TreeSet<>(extensions);
        forbidden.removeAll(allowed);
        return forbidden.isEmpty()
                ? Optional.empty()
                : Optional.of("the dump needs extensions that are not allowed: " + String.join(", ", forbidden)
                        + "; if you trust them, add them to PGSTEWARD_EXTENSIONS_ALLOWED");
    }

    /**
     * Returns the reason why a database is not given to its owner.
     *
     * @param code the code in it that would run with the owner's powers over the cluster; empty if there is none, or if
     *     the owner has no powers
     */
    static Optional<String> powerful(String database, String owner, String code) {
        return code.isEmpty()
                ? Optional.empty()
                : Optional.of("cannot give database " + database + " to role " + owner + ": it contains " + code
                        + ", which would run with the role's powers over the cluster; RECOVERY.md in the store has the"
                        + " commands that restore it by hand");
    }

    /** Returns the caveat of tables and indexes in tablespaces of their own. */
    static Optional<String> tablespaces(Collection<String> tablespaces) {
        return tablespaces.isEmpty()
                ? Optional.empty()
                : Optional.of("a restore puts tables and indexes of "
                        + (tablespaces.size() == 1 ? "tablespace " : "the tablespaces ")
                        + String.join(", ", tablespaces) + " into the default tablespace of the database");
    }

    /** Returns the caveat of objects of PostgreSQL or of extensions whose privileges differ from the original ones. */
    private static Optional<String> privileges(Collection<String> objects) {
        return objects.isEmpty()
                ? Optional.empty()
                : Optional.of("privileges on objects of PostgreSQL itself or of extensions are not restored: "
                        + String.join(", ", objects));
    }

    /** Returns the caveat of objects in PostgreSQL's own schemas, which no restore recovers. */
    static Optional<String> systemObjects(Collection<String> objects) {
        return objects.isEmpty()
                ? Optional.empty()
                : Optional.of("dumps do not contain objects in PostgreSQL's own schemas: " + String.join(", ", objects)
                        + "; move them into another schema");
    }

    /**
     * Returns the caveat of materialized views that a restore may fill with other rows, because it fills them in a
     * session of its own.
     */
    static Optional<String> sessionViews(Collection<String> views) {
        return views.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "a restore may fill materialized views with other rows than they have now, because their queries"
                                + " depend on the session (SESSION_USER, current_setting, row security): "
                                + String.join(", ", views));
    }

    /** Returns the caveat of constraints that a restore may violate, because it logs in as a role of its own. */
    private static Optional<String> sessionChecks(Collection<String> constraints) {
        return constraints.isEmpty()
                ? Optional.empty()
                : Optional.of("a restore may refuse rows, because another role is its SESSION_USER: "
                        + String.join(", ", constraints));
    }

    /**
     * Returns all known caveats of a dump.
     *
     * @param allowed the extensions that a dump may bring
     * @param lost the contents that a restore leaves empty or loses, as the verification found them; the unread
     *     databases of a base backup; empty before the verification
     */
    public static List<String> of(Manifest manifest, Set<String> allowed, List<String> lost) {
        List<String> caveats = new ArrayList<>();
        forbidden(manifest.contents().extensions().keySet(), allowed)
                .ifPresent(why -> caveats.add("a restore refuses it: " + why));
        powerful(
                        manifest.source().database(),
                        manifest.source().owner(),
                        manifest.contents().surroundings().powers())
                .ifPresent(why -> caveats.add("a restore refuses it: " + why));
        tablespaces(manifest.contents().surroundings().tablespaces()).ifPresent(caveats::add);
        privileges(manifest.contents().surroundings().losses().privileges()).ifPresent(caveats::add);
        systemObjects(manifest.contents().surroundings().losses().systemObjects())
                .ifPresent(caveats::add);
        sessionViews(manifest.contents().surroundings().losses().sessionViews()).ifPresent(caveats::add);
        sessionChecks(manifest.contents().surroundings().losses().sessionChecks())
                .ifPresent(caveats::add);
        String when = manifest.source().kind().equals(BackupKind.BASE.word()) ? "" : "after a restore ";
        lost.forEach(what -> caveats.add(when + what));
        List<String> shown = new ArrayList<>();
        caveats.stream()
                .limit(MOST)
                .forEach(caveat ->
                        shown.add(caveat.length() <= LONGEST ? caveat : caveat.substring(0, LONGEST - 3) + "..."));
        if (caveats.size() > MOST) {
            shown.add((caveats.size() - MOST) + " more");
        }
        return List.copyOf(shown);
    }
}

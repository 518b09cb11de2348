package org.pgsteward.provision;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Secret;
import org.pgsteward.provision.DatabaseUrl.Parts;

/**
 * One entry of the catalogue: by which variables an application says where its database is, or what is to be known of
 * its images.
 *
 * @param application its usual name
 * @param images the repositories of its images, without a registry; {@code caution} is said of them however the
 *     database is asked for
 * @param when variables that must have these values for it to be PostgreSQL at all
 * @param whenPresent variables that must have these values if they are there
 * @param unless variables by which one knows that it is something else
 * @param url the variable that holds a whole address, or all of it but the login
 * @param host the variables that hold it in parts
 * @param defaults what the application takes for a variable that is not there
 * @param fileSuffix what is behind a variable's name when it names a file with the value; {@code _FILE} where not given
 * @param filePrefix what is before the path when the variable itself may name a file
 * @param caution what cannot work, in one line
 */
record Application(
        String application,
        Set<String> images,
        Map<String, String> when,
        Map<String, String> whenPresent,
        List<String> unless,
        @Nullable String url,
        @Nullable String host,
        @Nullable String user,
        @Nullable String password,
        @Nullable String database,
        Map<String, String> defaults,
        String fileSuffix,
        @Nullable String filePrefix,
        @Nullable String caution) {

    /** What the file leaves out arrives as null. */
    Application {
        images = images == null ? Set.of() : Set.copyOf(images);
        when = when == null ? Map.of() : Map.copyOf(when);
        whenPresent = whenPresent == null ? Map.of() : Map.copyOf(whenPresent);
        unless = unless == null ? List.of() : List.copyOf(unless);
        defaults = defaults == null ? Map.of() : Map.copyOf(defaults);
        fileSuffix = fileSuffix == null ? "_FILE" : fileSuffix;
        if (application == null || application.isBlank()) {
            throw new IllegalArgumentException("an entry has no 'application'");
        }
        boolean parts = host != null && user != null && password != null && database != null;
        if (url == null && !parts && (images.isEmpty() || caution == null)) {
            throw new IllegalArgumentException("entry '" + application + "' has neither 'url', nor 'host', 'user',"
                    + " 'password' and 'database', nor 'images' with a 'caution'");
        }
    }

    /**
     * The database of ours that it asks for; empty when it asks for none, or does not say enough.
     *
     * @throws RefusedClaim when a file that holds a part of it cannot be read
     */
    Optional<DatabaseUrl> read(Variables variables, Predicate<String> ours) {
        return names(variables, ours)
                .flatMap(names -> new Parts(
                                names.host(),
                                names.user(),
                                names.password()
                                        .or(() -> variables.get(password, this).map(Secret::new)),
                                names.database())
                        .whole());
    }

    /**
     * The same, of the password only what stands in the address itself; empty unless the host is ours. That is asked
     * before anything else is read: what another server's clients keep in files is nothing for us.
     */
    Optional<Parts> names(Variables variables, Predicate<String> ours) {
        if (!onPostgres(variables)) {
            return Optional.empty();
        }
        Parts place = place(variables);
        return place.host()
                .filter(ours)
                .map(here -> new Parts(
                        Optional.of(here),
                        place.user().or(() -> variables.name(user, this)),
                        place.password(),
                        place.database().or(() -> variables.name(database, this))));
    }

    /** Where it says that its database is, whether it uses PostgreSQL or not; empty unless the host is {@code ours}. */
    Optional<Parts> place(Variables variables, Predicate<String> ours) {
        if ((url == null && host == null)
                || unless.stream().anyMatch(variable -> variables.get(variable).isPresent())) {
            return Optional.empty();
        }
        Parts place = place(variables);
        return place.host().filter(ours).map(here -> place);
    }

    /** Whether no variable says that it uses another kind of database. */
    boolean mayUsePostgres(Variables variables) {
        return Stream.concat(when.entrySet().stream(), whenPresent.entrySet().stream())
                .allMatch(wanted -> is(variables, wanted, true));
    }

    /** A variable that keeps it from using PostgreSQL, and the value that it should have. */
    Optional<Map.Entry<String, String>> unmet(Variables variables) {
        return Stream.concat(
                        when.entrySet().stream().filter(wanted -> !is(variables, wanted, false)),
                        whenPresent.entrySet().stream().filter(wanted -> !is(variables, wanted, true)))
                .min(Map.Entry.comparingByKey());
    }

    /** The first variable that its login lacks; empty where it lacks none. */
    String missing(Parts place, Variables variables) {
        return Stream.of(
                        lacking(place.user().isPresent(), user, variables),
                        lacking(place.password().isPresent(), password, variables),
                        lacking(place.database().isPresent(), database, variables))
                .flatMap(Optional::stream)
                .findFirst()
                .orElse("");
    }

    private Optional<String> lacking(boolean known, @Nullable String variable, Variables variables) {
        return known || (variable != null && variables.isNamed(variable, this))
                ? Optional.empty()
                : Optional.of(variable == null ? "the login in " + url : variable);
    }

    /** An address that is not PostgreSQL's leaves nothing to the parts. */
    private Parts place(Variables variables) {
        return variables
                .get(url, this)
                .map(address -> DatabaseUrl.partsOf(address).orElse(Parts.NONE))
                .orElseGet(() -> Parts.of(variables.get(host, this).orElse(null), null, null, null));
    }

    /** The variable that an operator will look for. */
    String variable(Variables variables) {
        return url != null && (host == null || variables.get(url, this).isPresent()) ? url : String.valueOf(host);
    }

    private boolean onPostgres(Variables variables) {
        return when.entrySet().stream().allMatch(wanted -> is(variables, wanted, false))
                && whenPresent.entrySet().stream().allMatch(wanted -> is(variables, wanted, true))
                && unless.stream().allMatch(variable -> variables.get(variable).isEmpty());
    }

    private static boolean is(Variables variables, Map.Entry<String, String> wanted, boolean orAbsent) {
        return variables
                .get(wanted.getKey())
                .map(wanted.getValue()::equalsIgnoreCase)
                .orElse(orAbsent);
    }
}

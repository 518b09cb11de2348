package org.pgsteward.provision;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Secret;
import org.pgsteward.provision.DatabaseUrl.Parts;

/**
 * One entry of the catalogue: the variables in which an application names its database, or a caution about its images.
 *
 * @param application its usual name
 * @param source the document that describes the variables, with its version
 * @param images the repositories of its images, without a registry; {@code caution}, {@code extensions} and {@code locale}
 *     apply to them, however the database is requested
 * @param generic whether other applications have the same variables. Then only {@code images} show that a container with
 *     incomplete variables is this application
 * @param when variables that must be set to one of these values, or the application does not use PostgreSQL
 * @param whenPresent variables that must have one of these values if they are set
 * @param unless variables that are set only where the application uses something else
 * @param url the variable with a whole address, or with an address that lacks only the login
 * @param host the variable with the host, where {@code host}, {@code user}, {@code password} and {@code database} hold
 *     the address in parts
 * @param further variables with the names of further databases of the same role
 * @param defaults the application's own values for variables that are not set
 * @param fileSuffix the end of the name of a variable that names a file with the value; {@code _FILE} where not given
 * @param filePrefix the text before the path where the variable itself may name a file
 * @param extensions extensions that the application needs and cannot create itself
 * @param locale the locale that its database must have
 * @param pool the size of its connection pool
 * @param caution a use that cannot work, in one line
 */
record Application(
        String application,
        @Nullable String source,
        Set<String> images,
        boolean generic,
        Map<String, Values> when,
        Map<String, Values> whenPresent,
        List<String> unless,
        @Nullable String url,
        @Nullable String host,
        @Nullable String user,
        @Nullable String password,
        @Nullable String database,
        List<String> further,
        Map<String, String> defaults,
        String fileSuffix,
        @Nullable String filePrefix,
        Set<String> extensions,
        @Nullable String locale,
        @Nullable Pool pool,
        @Nullable String caution) {

    /**
     * The size of a connection pool.
     *
     * @param variable that sets it
     * @param size in connections, if the variable is not set
     */
    record Pool(String variable, int size) {}

    /** The values of a variable, one of which it must have; in JSON one text, or a list. The first one is the usual one. */
    record Values(List<String> values) {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        static Values of(@JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY) List<String> values) {
            return new Values(List.copyOf(values));
        }

        boolean include(String value) {
            return values.stream().anyMatch(value::equalsIgnoreCase);
        }

        String usual() {
            return values.get(0);
        }
    }

    /** Replaces the null of each field that the file omits. */
    Application {
        images = images == null
                ? Set.of()
                : images.stream().map(Catalogue::repository).collect(Collectors.toUnmodifiableSet());
        when = when == null ? Map.of() : Map.copyOf(when);
        whenPresent = whenPresent == null ? Map.of() : Map.copyOf(whenPresent);
        unless = unless == null ? List.of() : List.copyOf(unless);
        further = further == null ? List.of() : List.copyOf(further);
        defaults = defaults == null ? Map.of() : Map.copyOf(defaults);
        extensions = extensions == null ? Set.of() : Set.copyOf(extensions);
        fileSuffix = fileSuffix == null ? "_FILE" : fileSuffix;
        if (application == null || application.isBlank()) {
            throw new IllegalArgumentException("an entry has no 'application'");
        }
        boolean parts = host != null && user != null && password != null && database != null;
        boolean aboutImages = !images.isEmpty() && (caution != null || locale != null || !extensions.isEmpty());
        if (url == null && !parts && !aboutImages) {
            throw new IllegalArgumentException(
                    "entry '" + application + "' lacks its variables: set 'url', or all of"
                            + " 'host', 'user', 'password' and 'database', or 'images' with a 'caution', 'locale' or 'extensions'");
        }
    }

    /**
     * Returns the database of the managed server that the application asks for. Empty if it asks for none, or if its
     * variables are incomplete.
     *
     * @throws RefusedClaim if a file with a part of the address cannot be read
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
     * Returns the parts of the address, but a password only if it stands in the address itself. Empty unless the host
     * is {@code ours}. The host is tested before any file is read: files of another server's clients do not concern
     * pgsteward.
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

    /** Returns the entry for a container with another image. Of generic variables, only the names are certain there. */
    Application ofAnyImage() {
        return generic
                ? new Application(
                        application,
                        source,
                        images,
                        true,
                        when,
                        whenPresent,
                        unless,
                        url,
                        host,
                        user,
                        password,
                        database,
                        List.of(),
                        Map.of(),
                        fileSuffix,
                        filePrefix,
                        Set.of(),
                        null,
                        null,
                        null)
                : this;
    }

    /** Returns whether the entry is a variable with a whole address, which may be any application's. */
    boolean isAnyAddress() {
        return url != null && host == null && when.isEmpty() && whenPresent.isEmpty();
    }

    /** Returns the names of the further databases that the application uses. */
    Set<String> furtherDatabases(Variables variables) {
        Set<String> names = new LinkedHashSet<>();
        further.forEach(variable -> variables.name(variable, this).ifPresent(names::add));
        return names;
    }

    /** Returns the size of the connection pool; empty if it is unknown. */
    OptionalInt poolSize(Variables variables) {
        if (pool == null) {
            return OptionalInt.empty();
        }
        String size = variables.get(pool.variable()).orElse(String.valueOf(pool.size()));
        return size.matches("\\d{1,6}") ? OptionalInt.of(Integer.parseInt(size)) : OptionalInt.empty();
    }

    /**
     * Returns whether {@code repository} has images of the application. A mirror's path before it does not matter. An official image
     * has one name only, which others have as their second one: {@code redmine}, {@code sameersbn/redmine}.
     *
     * @param repository as {@link Catalogue#repository} returns it
     */
    boolean isImage(String repository) {
        return images.stream()
                .anyMatch(known -> repository.equals(known)
                        || repository.endsWith((known.contains("/") ? "/" : "library/") + known));
    }

    /**
     * Returns the location of the database, even if the application does not use PostgreSQL; empty unless the host is
     * {@code ours}.
     */
    Optional<Parts> place(Variables variables, Predicate<String> ours) {
        if ((url == null && host == null)
                || unless.stream().anyMatch(variable -> variables.get(variable).isPresent())) {
            return Optional.empty();
        }
        Parts place = place(variables);
        return place.host().filter(ours).map(here -> place);
    }

    /** Returns whether no variable selects another kind of database. */
    boolean mayUsePostgres(Variables variables) {
        return Stream.concat(when.entrySet().stream(), whenPresent.entrySet().stream())
                .allMatch(wanted -> is(variables, wanted, true));
    }

    /** Returns a variable that keeps the application from using PostgreSQL, with the value that it should have. */
    Optional<Map.Entry<String, Values>> unmet(Variables variables) {
        return Stream.concat(
                        when.entrySet().stream().filter(wanted -> !is(variables, wanted, false)),
                        whenPresent.entrySet().stream().filter(wanted -> !is(variables, wanted, true)))
                .min(Map.Entry.comparingByKey());
    }

    /** Returns the first variable that the login lacks; empty text where it lacks none. */
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

    /**
     * Returns the location from the address, or else from the host. If the address is not PostgreSQL's, the host does
     * not count.
     */
    private Parts place(Variables variables) {
        return variables
                .get(url, this)
                .map(address -> DatabaseUrl.partsOf(address).orElse(Parts.NONE))
                .orElseGet(() -> Parts.of(variables.get(host, this).orElse(null), null, null, null));
    }

    /** Returns the variable that an operator will look for. */
    String variable(Variables variables) {
        return url != null && (host == null || variables.get(url, this).isPresent()) ? url : String.valueOf(host);
    }

    private boolean onPostgres(Variables variables) {
        return when.entrySet().stream().allMatch(wanted -> is(variables, wanted, false))
                && whenPresent.entrySet().stream().allMatch(wanted -> is(variables, wanted, true))
                && unless.stream().allMatch(variable -> variables.get(variable).isEmpty());
    }

    private static boolean is(Variables variables, Map.Entry<String, Values> wanted, boolean orAbsent) {
        return variables.get(wanted.getKey()).map(wanted.getValue()::include).orElse(orAbsent);
    }
}

package org.pgsteward.provision;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Container;

/**
 * A container's variables. Each value is in the clear, or in a file that another variable names. Names with two underscores
 * are read in any case, as Gitea and .NET read them.
 */
final class Variables {
    /** The prefix with which the images of LinuxServer and Jellystat read a variable from a file. */
    private static final String FILE_PREFIX = "FILE__";

    private final Map<String, String> environment;
    private final Map<String, String> sections;
    private final Optional<SecretsFolder> secrets;

    private Variables(Map<String, String> environment, Optional<SecretsFolder> secrets) {
        this.environment = environment;
        this.sections = environment.entrySet().stream()
                .filter(variable -> variable.getKey().contains("__"))
                .collect(Collectors.toMap(
                        variable -> variable.getKey().toLowerCase(Locale.ROOT),
                        Map.Entry::getValue,
                        (one, other) -> one));
        this.secrets = secrets;
    }

    /** Returns the variables with their files, as far as the files are in the secrets folder too. */
    static Variables of(Container container, SecretsFolder secrets) {
        return new Variables(container.environment(), Optional.of(secrets));
    }

    /** Returns only the values in the clear. */
    static Variables inTheClear(Container container) {
        return new Variables(container.environment(), Optional.empty());
    }

    /** Returns the value in the clear; empty if it is not set, or blank. */
    Optional<String> get(String variable) {
        return Optional.ofNullable(environment.getOrDefault(variable, sections.get(variable.toLowerCase(Locale.ROOT))))
                .filter(value -> !value.isBlank());
    }

    /**
     * Returns the value of {@code variable} as {@code application} would get it.
     *
     * @throws RefusedClaim naming both, if the value is in a file that pgsteward may not read
     */
    Optional<String> get(@Nullable String variable, Application application) {
        if (variable == null) {
            return Optional.empty();
        }
        Optional<Named> file = file(variable, application);
        return file.isPresent()
                ? secrets.map(folder ->
                        folder.readFor(file.get().variable(), file.get().path()).reveal())
                : get(variable).or(() -> byDefault(variable, application));
    }

    /** Returns the application's own value. A value such as {@code $DB_USER} is that of the other variable. */
    private Optional<String> byDefault(String variable, Application application) {
        Optional<String> value = Optional.ofNullable(application.defaults().get(variable));
        return value.filter(text -> text.startsWith("$")).isPresent()
                ? name(value.get().substring(1), application)
                : value;
    }

    /** Returns the value as the name of a database or a role, which every role can see. */
    Optional<String> name(@Nullable String variable, Application application) {
        Optional<Named> file = variable == null ? Optional.empty() : file(variable, application);
        return file.isPresent()
                ? secrets.map(folder ->
                        folder.readNameFor(file.get().variable(), file.get().path()))
                : get(variable, application);
    }

    /** Returns whether {@code variable} has a value, in the clear, in a file or by default. Reads no file. */
    boolean isNamed(String variable, Application application) {
        return file(variable, application).isPresent()
                || get(variable).isPresent()
                || application.defaults().containsKey(variable);
    }

    private record Named(String variable, String path) {}

    /** Returns the file with the value, if the variable itself does not hold it. */
    private Optional<Named> file(String variable, Application application) {
        Optional<String> written = get(variable);
        if (written.isPresent()) {
            return Optional.ofNullable(application.filePrefix())
                    .filter(written.get()::startsWith)
                    .map(prefix -> new Named(variable, written.get().substring(prefix.length())));
        }
        return Stream.of(variable + application.fileSuffix(), FILE_PREFIX + variable)
                .flatMap(naming -> get(naming).map(path -> new Named(naming, path)).stream())
                .findFirst();
    }

    /** Returns every variable that holds a whole address with a host that is {@code ours}, by name. */
    SortedMap<String, DatabaseUrl> addresses(Predicate<String> ours) {
        SortedMap<String, DatabaseUrl> addresses = new TreeMap<>();
        environment.forEach((variable, value) -> DatabaseUrl.parse(value)
                .filter(address -> ours.test(address.host()))
                .ifPresent(address -> addresses.put(variable, address)));
        return addresses;
    }
}

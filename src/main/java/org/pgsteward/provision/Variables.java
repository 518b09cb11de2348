package org.pgsteward.provision;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Container;

/** A container's variables. Each value is in the clear, or in a file that another variable names. */
final class Variables {
    private final Map<String, String> environment;
    private final Optional<SecretsFolder> secrets;

    private Variables(Map<String, String> environment, Optional<SecretsFolder> secrets) {
        this.environment = environment;
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
        return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isBlank());
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
                : get(variable)
                        .or(() -> Optional.ofNullable(application.defaults().get(variable)));
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
        String naming = variable + application.fileSuffix();
        return get(naming).map(path -> new Named(naming, path));
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

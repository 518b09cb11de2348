package org.pgsteward.provision;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Container;

/** A container's variables: each in the clear, or in a file that another variable names. */
final class Variables {
    private final Map<String, String> environment;
    private final Optional<SecretsFolder> secrets;

    private Variables(Map<String, String> environment, Optional<SecretsFolder> secrets) {
        this.environment = environment;
        this.secrets = secrets;
    }

    /** With the files, as far as they lie in our own folder too. */
    static Variables of(Container container, SecretsFolder secrets) {
        return new Variables(container.environment(), Optional.of(secrets));
    }

    /** What is said in the clear and nothing else. */
    static Variables inTheClear(Container container) {
        return new Variables(container.environment(), Optional.empty());
    }

    /** In the clear; empty when it is not set, or to nothing. */
    Optional<String> get(String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isBlank());
    }

    /**
     * The value of {@code variable} in the way in which {@code application} would come by it.
     *
     * @throws RefusedClaim when it stands in a file that is not ours to read, naming both
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

    /** The same for what everybody will see: the name of a database or a role. */
    Optional<String> name(@Nullable String variable, Application application) {
        Optional<Named> file = variable == null ? Optional.empty() : file(variable, application);
        return file.isPresent()
                ? secrets.map(folder ->
                        folder.readNameFor(file.get().variable(), file.get().path()))
                : get(variable, application);
    }

    /** Whether there is a value for {@code variable}, in the clear, in a file or by default; no file is read. */
    boolean isNamed(String variable, Application application) {
        return file(variable, application).isPresent()
                || get(variable).isPresent()
                || application.defaults().containsKey(variable);
    }

    private record Named(String variable, String path) {}

    /** The file that holds the value, if it does not stand in the variable itself. */
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

    /** Every variable that holds a whole address whose host is {@code ours}, by name. */
    SortedMap<String, DatabaseUrl> addresses(Predicate<String> ours) {
        SortedMap<String, DatabaseUrl> addresses = new TreeMap<>();
        environment.forEach((variable, value) -> DatabaseUrl.parse(value)
                .filter(address -> ours.test(address.host()))
                .ifPresent(address -> addresses.put(variable, address)));
        return addresses;
    }
}

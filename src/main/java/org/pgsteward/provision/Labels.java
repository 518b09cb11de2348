package org.pgsteward.provision;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;

/** The labels of a container by which its operator controls the enrolment. Pure. */
record Labels(Container container) {
    static final String PASSWORD_FILE = "pgsteward.password-file";

    private static final String ENABLE = "pgsteward.enable";
    private static final String SERVICE = "pgsteward.service";
    private static final String DATABASE = "pgsteward.database";
    private static final String USER = "pgsteward.user";
    private static final String EXTENSIONS = "pgsteward.extensions";
    private static final String FURTHER = "pgsteward.further-databases";
    private static final String LOCALE = "pgsteward.locale";
    private static final String CONNECTIONS = "pgsteward.connections";

    private static final List<String> CLAIMING =
            List.of(ENABLE, SERVICE, DATABASE, USER, EXTENSIONS, FURTHER, LOCALE, CONNECTIONS);

    /** More databases in one container than any known application has. */
    static final int MOST_FURTHER = 8;

    /** More connections than a server for a host of services can have. */
    private static final int MOST_CONNECTIONS = 1_000;

    /** The names that PostgreSQL accepts on Linux: {@code C}, {@code de_DE.UTF-8}, {@code C.UTF-8}. */
    private static final Pattern LOCALE_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.@-]{0,62}");

    /** Returns whether the operator excluded the container from enrolment. */
    boolean isSwitchedOff() {
        return container.label(ENABLE).filter("false"::equalsIgnoreCase).isPresent();
    }

    /** Returns whether a label other than {@link #PASSWORD_FILE} claims a database. */
    boolean claim() {
        return CLAIMING.stream().anyMatch(label -> container.label(label).isPresent());
    }

    Optional<String> passwordFile() {
        return container.label(PASSWORD_FILE);
    }

    Optional<String> database() {
        return container.label(DATABASE);
    }

    Optional<String> user() {
        return container.label(USER);
    }

    /** @throws RefusedClaim with one line if one of them cannot be the name of an extension */
    Set<String> extensions() {
        return Names.extensions(container.label(EXTENSIONS).orElse(""), service());
    }

    /**
     * Returns the further databases, without doubles.
     *
     * @throws RefusedClaim with one line if there are too many
     */
    Set<String> furtherDatabases() {
        Set<String> further = Stream.of(container.label(FURTHER).orElse("").split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .limit(MOST_FURTHER + 1L)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (further.size() > MOST_FURTHER) {
            throw refused("the label " + FURTHER + " names more than " + MOST_FURTHER + " databases; remove some");
        }
        return further;
    }

    /** @throws RefusedClaim with one line if the label cannot be the name of a locale */
    Optional<String> locale() {
        Optional<String> locale = container.label(LOCALE).map(String::strip);
        locale.filter(name -> !LOCALE_NAME.matcher(name).matches()).ifPresent(name -> {
            throw refused("the label " + LOCALE + " has '" + Names.printable(name)
                    + "', which is not the name of a locale; use one such as C or de_DE.UTF-8");
        });
        return locale;
    }

    /** @throws RefusedClaim with one line if the label is not a number of connections */
    OptionalInt connections() {
        Optional<String> label = container.label(CONNECTIONS).map(String::strip);
        if (label.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!label.get().matches("[1-9]\\d{0,3}") || Integer.parseInt(label.get()) > MOST_CONNECTIONS) {
            throw refused("the label " + CONNECTIONS + " has '" + Names.printable(label.get())
                    + "', which is not a number from 1 to " + MOST_CONNECTIONS + "; correct the label");
        }
        return OptionalInt.of(Integer.parseInt(label.get()));
    }

    private RefusedClaim refused(String problem) {
        return new RefusedClaim("cannot enrol service '" + Names.printable(service()) + "': " + problem);
    }

    /** Returns the name of the service: by label, else by compose, else the container's name. */
    String service() {
        return container.label(SERVICE).or(container::composeService).orElse(container.name());
    }
}

package org.pgsteward.provision;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.model.Container;

/** The labels of a container by which its operator controls the enrolment. Pure. */
record Labels(Container container) {
    static final String PASSWORD_FILE = "pgsteward.password-file";

    private static final String ENABLE = "pgsteward.enable";
    private static final String SERVICE = "pgsteward.service";
    private static final String DATABASE = "pgsteward.database";
    private static final String USER = "pgsteward.user";
    private static final String EXTENSIONS = "pgsteward.extensions";

    private static final List<String> CLAIMING = List.of(ENABLE, SERVICE, DATABASE, USER, EXTENSIONS);

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

    /** Returns the name of the service: by label, else by compose, else the container's name. */
    String service() {
        return container.label(SERVICE).or(container::composeService).orElse(container.name());
    }
}

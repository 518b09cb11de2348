package org.pgsteward.camel.copies;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The operations of a target, as the header {@code operation} of a message names them. */
enum Operation {
    BEGIN,
    PUT,
    COMMIT,
    GET,
    HAS,
    REMOVE,
    REMOVE_SOME,
    LIST,
    MANIFESTS,
    CHECK,
    RECOVERY;

    /** The header with the operation. */
    static final String HEADER = "operation";

    /** The variable with the {@link org.pgsteward.backup.copy.Outgoing} of a {@code put}. */
    static final String FILE = "file";

    /** The variable with the paths of {@code remove_some}. */
    static final String PATHS = "paths";

    /** The variable with the folder of {@code manifests}. */
    static final String FOLDER = "folder";

    /** The variable with the number of copies that the journal records, for {@code begin}. */
    static final String COPIES = "copies";

    /** The variable with the name of the target, for {@code recovery}. */
    static final String TARGET = "target";

    /** The variable in which {@code copy:} puts its result. A route without it may use any other component. */
    static final String ANSWER = "answer";

    /** The result of an operation that returns none. */
    static final String DONE = "done";

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Operation> of(String word) {
        return Arrays.stream(values())
                .filter(operation -> operation.word().equals(word))
                .findFirst();
    }
}

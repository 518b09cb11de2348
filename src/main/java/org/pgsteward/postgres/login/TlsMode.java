package org.pgsteward.postgres.login;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The values of libpq's {@code sslmode}, with libpq's meaning. */
public enum TlsMode {
    DISABLE,
    ALLOW,
    PREFER,
    REQUIRE,
    VERIFY_CA,
    VERIFY_FULL;

    /**
     * Parses a setting.
     *
     * @throws IllegalArgumentException with {@code key} and the allowed values if {@code value} is none of them
     */
    public static TlsMode parse(String key, String value) {
        for (TlsMode mode : values()) {
            if (mode.word().equals(value.strip())) {
                return mode;
            }
        }
        throw new IllegalArgumentException(key + " is '" + value + "', not one of "
                + Arrays.stream(values()).map(TlsMode::word).collect(Collectors.joining(", ")));
    }

    /** Returns the mode in libpq's spelling, such as {@code verify-full}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    boolean needsTls() {
        return compareTo(REQUIRE) >= 0;
    }

    boolean needsRoot() {
        return compareTo(VERIFY_CA) >= 0;
    }
}

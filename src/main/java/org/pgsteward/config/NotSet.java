package org.pgsteward.config;

/** A setting is needed and not set. */
public final class NotSet extends IllegalArgumentException {
    private final String key;

    NotSet(String key, String message) {
        super(message);
        this.key = key;
    }

    public String key() {
        return key;
    }
}

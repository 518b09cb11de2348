package org.pgsteward.config;

/** Error about a required setting without a value. */
public final class NotSet extends IllegalArgumentException {
    private final String key;

    private NotSet(String key, String message) {
        super(message);
        this.key = key;
    }

    static NotSet of(Setting<?> setting) {
        String variable = setting.variable();
        return new NotSet(
                setting.name(),
                setting.name() + " is not set: set " + variable + ", or " + variable
                        + "_FILE to the path of a file that contains it");
    }

    public String key() {
        return key;
    }
}

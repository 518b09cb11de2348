package org.pgsteward.model;

/**
 * Something that is made anew when its settings change, and then knows what the one before it had seen: how long a level
 * has lasted does not begin again because somebody moved that level.
 *
 * @param <T> what it may follow
 */
public interface Successor<T> {
    /** Takes over what {@code before} remembers. */
    void follow(T before);

    /** What it may follow. */
    Class<T> predecessor();

    /** The same where {@code before} may be something else, which leaves it without a past. */
    default void takeOverFrom(Object before) {
        if (predecessor().isInstance(before)) {
            follow(predecessor().cast(before));
        }
    }
}

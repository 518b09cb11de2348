package org.pgsteward.model;

/**
 * Something that is made anew when its settings change, and then knows what the one before it had seen: how long a level
 * has lasted does not begin again because somebody moved that level.
 */
public interface Successor {
    /** Takes over what {@code before} remembers, if it is of the same kind. */
    void takeOverFrom(Object before);
}

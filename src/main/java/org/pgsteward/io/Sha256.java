package org.pgsteward.io;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash by which files and names are compared. */
public final class Sha256 {
    private Sha256() {}

    /**
     * Returns a new digest.
     *
     * @throws IllegalStateException if this Java runtime lacks SHA-256, which the specification requires
     */
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }
}
